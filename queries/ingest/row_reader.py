"""Cells turned into rows, quickly: what a column's cell means is worked out once for each spelling of it."""

from __future__ import annotations

from typing import Any

import orjson

from queries.ingest.cells import RowRefused
from queries.ingest.columns import COLUMNS, Column, Kind, Row, check_row, read_row
from queries.ingest.field_names import Cells

_REMEMBERED = 50_000
_TEXTS = frozenset({str, type(None)})
_Memo = dict[Any, Any]


class RowReader:
    """Reads rows of one kind of events as `read_row` does; both say the same of every row."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._plain: list[tuple[str, Column, _Memo]] = [(c.key, c, {}) for c in COLUMNS[kind] if not c.data]
        self._data = [c for c in COLUMNS[kind] if c.data]
        self._data_keys = [c.key for c in self._data]
        self._data_memo: _Memo = {}

    def read(self, line_number: int, cells: Cells) -> Row:
        """The row of these cells. Raises: RowRefused."""
        try:
            return self._read(line_number, cells)
        except RowRefused:
            # In the order of the columns: of several faults that one is named which comes first.
            return read_row(self._kind, line_number, cells)

    def _read(self, line_number: int, cells: Cells) -> Row:
        values: dict[str, Any] = {}
        get = cells.get
        for key, column, memo in self._plain:
            cell = get(key)
            if cell is None or cell == "":
                value: Any = ""
            elif type(cell) is str:
                value = memo.get(cell)
                if value is None:
                    value = column.read(key, cell)
                    if len(memo) >= _REMEMBERED:
                        memo.clear()
                    memo[cell] = value
            else:
                value = column.read(key, cell)
            if value != "":
                values[key] = value
            elif column.required:
                raise RowRefused("A value is missing.", key)
        data, told = self._data_of(tuple(map(get, self._data_keys)))
        if self._kind == "attribution":
            # What goes together is put into the data there, and not into what is remembered.
            return check_row(self._kind, line_number, values, dict(data))
        return check_row(self._kind, line_number, values, data, told)

    def _data_of(self, raw: tuple[Any, ...]) -> tuple[dict[str, Any], str]:
        # Numbers are not remembered: 1, 1.0 and true are the same key.
        is_text = _TEXTS.issuperset(map(type, raw))
        if is_text:
            known = self._data_memo.get(raw)
            if known is not None:
                return known  # type: ignore[no-any-return]
        data: dict[str, Any] = {}
        for column, cell in zip(self._data, raw, strict=True):
            if cell is None or cell == "":
                continue
            value = column.read(column.key, cell)
            if value != "":
                data[column.key] = value if isinstance(value, str | int | float) else str(value)
        made = data, orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        if is_text:
            if len(self._data_memo) >= _REMEMBERED:
                self._data_memo.clear()
            self._data_memo[raw] = made
        return made
