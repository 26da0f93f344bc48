"""Lines of a CSV or NDJSON file turned into cells by column."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Literal

import orjson

from queries.ingest.columns import (
    COLUMNS,
    DATA_COLUMN,
    KINDS,
    Kind,
    RowRefused,
    kind_of,
    names_of,
    normalised,
    printable,
)
from queries.ingest.imports import ImportRefused, Refusal
from queries.ingest.lines import LONGEST_LINE, Lines

Format = Literal["csv", "ndjson"]
FORMATS: tuple[Format, ...] = ("csv", "ndjson")

Cells = dict[str, Any]
_DELIMITERS = (",", ";", "\t")
_TOO_LONG = f"The line is longer than {LONGEST_LINE // 1024} KiB."
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


class EventFile:
    """A file of events; `open()` finds out format and kind from its first line where they are not given.

    Iterating gives (line number, width of the line in bytes, cells or Refusal), blank lines left out.
    """

    def __init__(self, lines: Lines, *, kind: Kind | None = None, file_format: Format | None = None) -> None:
        self.kind = kind
        self.format = file_format
        self._lines = iter(lines)
        self._first: tuple[int, bytes | None] | None = None
        self._read: Callable[[bytes], Cells]

    def open(self) -> Kind:
        """The kind of the events, after reading the first line.

        Raises: ImportRefused when the file as a whole cannot be understood.
        """
        first = self._next_line()
        if first is None:
            raise ImportRefused("The file is empty.")
        number, line = first
        if line is None:
            raise ImportRefused(f"Line {number}: {_TOO_LONG} This is not a file of events.")
        if line.startswith(_UTF_16):
            raise ImportRefused("The file is UTF-16: save it as UTF-8.")
        if line.startswith(_COMPRESSED):
            raise ImportRefused("The file is compressed or a workbook: unpack it, or save it as CSV.")
        line = line.removeprefix(b"\xef\xbb\xbf")
        if self.format is None:
            self.format = "ndjson" if line.lstrip().startswith(b"{") else "csv"
        if self.format == "csv":
            kind, self._read = self._open_csv(number, line)
        else:
            kind, self._read = self._open_ndjson(number, line)
            self._first = (number, line)
        return kind

    def __iter__(self) -> Iterator[tuple[int, int, Cells | Refusal]]:
        while (found := self._take()) is not None:
            number, line = found
            if line is None:
                yield number, 0, Refusal(number, _TOO_LONG)
                continue
            try:
                yield number, len(line), self._read(line)
            except UnicodeDecodeError:
                yield number, len(line), Refusal(number, "The line is not valid UTF-8.")
            except RowRefused as refused:
                yield number, len(line), Refusal(number, refused.reason, refused.detail)

    def _take(self) -> tuple[int, bytes | None] | None:
        if self._first is not None:
            found, self._first = self._first, None
            return found
        return self._next_line()

    def _next_line(self) -> tuple[int, bytes | None] | None:
        for number, line in self._lines:
            if line is None or line.strip():
                return number, line
        return None

    def _open_csv(self, number: int, line: bytes) -> tuple[Kind, Callable[[bytes], Cells]]:
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ImportRefused(f"Line {number} is not valid UTF-8: save the file as UTF-8.") from None
        delimiter = max(_DELIMITERS, key=lambda sign: (text.count(sign), sign == ","))
        try:
            header = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            raise ImportRefused(f"Line {number}: the names of the columns cannot be read.") from None
        self.kind = kind = self.kind or kind_of(header)
        if kind is None:
            raise ImportRefused(
                "The columns do not tell listener from attribution events: name the kind. "
                f"The first line begins: {printable(text)}"
            )
        keys = _known(header, kind, "column")
        _require(keys, kind)

        def read(line: bytes) -> Cells:
            try:
                values = next(
                    csv.reader([line.decode("utf-8").rstrip("\r\n")], delimiter=delimiter, strict=True)
                )
            except csv.Error:
                # A line is a row: a line break inside quotes would let one lost quote swallow the rows after it.
                raise RowRefused("The quotes in this line do not match.") from None
            if len(values) != len(keys):
                raise RowRefused(
                    "The line has another number of values than the header.",
                    f"{len(values)}, not {len(keys)}",
                )
            return _flat(dict(zip(keys, values, strict=True)), kind)

        return kind, read

    def _open_ndjson(self, number: int, line: bytes) -> tuple[Kind, Callable[[bytes], Cells]]:
        try:
            first = orjson.loads(line)
        except orjson.JSONDecodeError:
            first = None
        if isinstance(first, dict):
            self.kind = self.kind or kind_of(first)
            if self.kind is not None:
                # The first object stands for a header: a name nobody knows ends the import before it begins.
                _known(list(first), self.kind, "field")
        kind = self.kind
        if kind is None:
            raise ImportRefused(
                f"Line {number} does not tell listener from attribution events: name the kind."
            )
        names = names_of(kind)

        def read(line: bytes) -> Cells:
            try:
                values = orjson.loads(line)
            except orjson.JSONDecodeError:
                line.decode("utf-8")
                raise RowRefused("The line is not valid JSON.") from None
            if not isinstance(values, dict):
                raise RowRefused("The line is not a JSON object.")
            cells: Cells = {}
            for name, value in values.items():
                key = names.get(name) or names.get(normalised(name))
                if key is None:
                    raise RowRefused("A field is not known.", printable(name))
                if key in cells:
                    raise RowRefused("Two fields mean the same.", key)
                cells[key] = value
            return _flat(cells, kind)

        return kind, read


def _known(header: list[str], kind: Kind, noun: str) -> list[str]:
    names = names_of(kind)
    keys = [names.get(normalised(name)) for name in header]
    unknown = [printable(name.strip()) for name, key in zip(header, keys, strict=True) if key is None]
    if unknown:
        other = next(other for other in KINDS if other != kind)
        hint = f" They are those of {other} events." if kind_of(header) == other else ""
        shown = ", ".join(repr(name) + _meant(name, names) for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ImportRefused(
            f"Unknown {noun}{'s' if len(unknown) > 1 else ''} {shown}{more} for {kind} events; "
            f"nothing was imported.{hint} `podboard import columns` lists the names that are understood."
        )
    known = [key for key in keys if key is not None]
    twice = next((key for key in known if known.count(key) > 1), None)
    if twice is not None:
        same = [name for name, key in zip(header, known, strict=True) if key == twice]
        raise ImportRefused(f"Two {noun}s mean {twice}: {', '.join(repr(name) for name in same)}.")
    return known


def _meant(name: str, names: dict[str, str]) -> str:
    near = get_close_matches(normalised(name), names, n=1, cutoff=0.8)
    return f" ({near[0]}?)" if near else ""


def _require(keys: list[str], kind: Kind) -> None:
    """Returns if rows under these columns can be events at all; the data object may hold what has no column."""
    if DATA_COLUMN[kind] in keys:
        return
    absent = [column.key for column in COLUMNS[kind] if column.required and column.key not in keys]
    if kind == "listener" and not {"episode_id", "episode_guid"} & set(keys):
        absent.insert(0, "episode_id")
    if absent:
        raise ImportRefused(
            f"There is no column {' and no column '.join(absent)}, which {kind} events need; nothing was imported."
        )


def _flat(cells: Cells, kind: Kind) -> Cells:
    """The cells with those of the data object among them."""
    data = cells.pop(DATA_COLUMN[kind], None)
    if data is None or data == "":
        return cells
    if isinstance(data, str):
        try:
            data = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise RowRefused("The data is not a JSON object.", DATA_COLUMN[kind]) from None
    if not isinstance(data, dict):
        raise RowRefused("The data is not a JSON object.", DATA_COLUMN[kind])
    names = names_of(kind)
    for name, value in data.items():
        key = names.get(name)
        if key is None or key == DATA_COLUMN[kind]:
            raise RowRefused("A field is not known.", f"{DATA_COLUMN[kind]}.{printable(name)}")
        if cells.get(key) not in (None, "", value):
            raise RowRefused("Two fields mean the same.", key)
        cells[key] = value
    return cells
