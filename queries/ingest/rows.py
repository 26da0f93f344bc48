"""Lines of a CSV or NDJSON file turned into cells by column."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Literal

import orjson

from queries.ingest.cells import RowRefused, printable
from queries.ingest.columns import DATA_COLUMN, Kind, kind_of, normalised
from queries.ingest.csv_rows import LINE_BREAK, OTHER_QUOTES, ROW_BYTES, ROW_LINES, lines_more
from queries.ingest.field_names import Cells, field_reader, flat, known_columns, meant, require_columns
from queries.ingest.imports import ImportRefused
from queries.ingest.lines import TOO_LONG, Lines
from queries.ingest.tally import Refusal
from queries.ingest.twice import refuse_twice_in_line

Format = Literal["csv", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "ndjson", "parquet")

_Numbered = tuple[int, bytes | None]
_DELIMITERS = (",", ";", "\t")
AHEAD_LINES = 1_000
"""So many lines of NDJSON are looked at for one that tells its kind, or as many as make AHEAD_BYTES."""
AHEAD_BYTES = 1024 * 1024
AN_ARRAY = (
    "The file is one JSON array; NDJSON is wanted, one object a line: `jq -c '.[]' FILE` writes it so. "
    "Nothing was imported."
)


class EventFile:
    """A file of events; `open()` finds out format and kind from its first lines where they are not given.

    Iterating gives (line number, width of the line in bytes, cells or Refusal), blank lines left out.
    """

    def __init__(
        self, lines: Lines, *, kind: Kind | None = None, file_format: Format | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.format = file_format
        self._told = {normalised(name): key for name, key in (columns or {}).items()}
        self._source = lines
        self._lines = iter(lines)
        self._first: _Numbered | None = None
        self._looked: list[_Numbered] | None = None
        self._header: list[str] | None = None
        self._delimiter = ","
        self._read: Callable[[bytes], Cells]

    def open(self) -> Kind:
        """The kind of the events, after reading the first line; of NDJSON, where it tells nothing, some more.

        Raises: ImportRefused when the file as a whole cannot be understood.
        """
        first = self._next_line()
        if first is None:
            raise ImportRefused("The file is empty.")
        number, line = first
        begins = (self._source.beginning if line is None else line).strip()
        told = self.kind
        if self.format == "ndjson" or (self.format is None and begins.startswith(b"{")):
            self.format = "ndjson"
            if self._is_array(begins):
                raise ImportRefused(AN_ARRAY)
        else:
            try:
                kind, self._read = self._open_csv(number, line)
            except ImportRefused:
                if self.format is None and self._is_array(begins):
                    raise ImportRefused(AN_ARRAY) from None
                if self.format == "csv" or not (is_list(begins) or self._goes_on_with_objects()):
                    raise
                # A bad first line of NDJSON is no header either.
                self.kind, self.format = told, "ndjson"
            else:
                self.format = "csv"
                return kind
        self._first = first
        kind = self._kind_of_objects(first)
        self._read = _object_reader(kind, self._told)
        return kind

    def names(self) -> tuple[set[str], int]:
        """The names of columns or fields; and of how many lines they are, where the file goes on with other lines.

        To be asked once it is open, before its lines are read.
        """
        if self._header is not None:
            return set(self._header), 0
        lines = [line for line in (self._first, *self._ahead()) if line is not None]
        found = {name for _, line in lines for name in _names_in(line) or ()}
        return found, 0 if self._source.is_seen_whole else lines[-1][0]

    def _ahead(self) -> list[_Numbered]:
        """The lines after the first, as far as they are looked at before their turn; blank ones left out."""
        if self._looked is None:
            self._looked = [
                (number, line)
                for number, line in self._source.ahead(AHEAD_LINES, AHEAD_BYTES)
                if line is None or line.strip()
            ]
        return self._looked

    def _goes_on_with_objects(self) -> bool:
        ahead = self._ahead()
        return bool(ahead) and _names_in(ahead[0][1]) is not None

    def _is_array(self, begins: bytes) -> bool:
        """Whether a file that begins so is one array, on one line or many, rather than has a bad first line."""
        if not begins.startswith(b"["):
            return False
        if is_list(begins):
            return not self._ahead()
        inside = begins[1:].lstrip()
        return not inside or (inside.startswith(b"{") and not self._goes_on_with_objects())

    def _first_lines(self, first: _Numbered) -> Iterator[_Numbered]:
        """The first line, and then, where anybody asks, those ahead."""
        yield first
        yield from self._ahead()

    def _kind_of_objects(self, first: _Numbered) -> Kind:
        """The kind that the first object tells whose names are known. Raises: ImportRefused when none does."""
        told, fault = self.kind, None
        for _, line in self._first_lines(first):
            names = _names_in(line)
            kind = None if names is None else told or kind_of(meant(names, self._told))
            if names is None or kind is None:
                continue
            self.kind = self.kind or kind
            try:
                known_columns(names, kind, "field", self._told)
            except ImportRefused as refused:
                # One such line is a bad row; where all are so, what they mean is to be told.
                fault = fault or refused
                continue
            self.kind = kind
            return kind
        if fault is not None:
            raise fault
        if told is None:
            raise ImportRefused(
                "No line at the beginning tells listener from attribution events: say which with --kind, "
                "and what the fields mean with --map."
            )
        return told

    def sha256(self) -> str:
        """Hash of the whole file, the rest of which is read now."""
        return self._source.sha256()

    @property
    def position(self) -> tuple[int, str]:
        """How many lines were read, and their SHA-256."""
        return self._source.number, self._source.sha256_so_far()

    def reached(self, source: BinaryIO) -> int:
        """How many bytes of the file underneath the lines so far take."""
        return self._source.reached(source)

    def __iter__(self) -> Iterator[tuple[int, int, Cells | Refusal]]:
        while (found := self._take()) is not None:
            number, line = found
            if line is None:
                yield number, 0, Refusal(number, TOO_LONG)
                continue
            try:
                yield number, len(line), self._read(line)
            except UnicodeDecodeError:
                yield number, len(line), Refusal(number, "The line is not valid UTF-8.")
            except RowRefused as refused:
                if refused.reason == OTHER_QUOTES and (more := self._lines_more(line)):
                    reached = [next(self._lines)[0] for _ in range(more)][-1]
                    yield reached, len(line), Refusal(number, LINE_BREAK)
                    continue
                yield number, len(line), Refusal(number, refused.reason, refused.detail)

    def _lines_more(self, line: bytes) -> int:
        """How many lines after one of CSV, whose quotes do not match, belong to its row."""
        following = [found for _, found in self._source.ahead(ROW_LINES, ROW_BYTES)]
        return lines_more(line, following, self._delimiter, len(self._header or ()))

    def _take(self) -> _Numbered | None:
        if self._first is not None:
            found, self._first = self._first, None
            return found
        return self._next_line()

    def _next_line(self) -> _Numbered | None:
        for number, line in self._lines:
            if line is None or line.strip():
                return number, line
        return None

    def _open_csv(self, number: int, line: bytes | None) -> tuple[Kind, Callable[[bytes], Cells]]:
        if line is None:
            raise ImportRefused(f"Line {number}: {TOO_LONG} This is not a file of events.")
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ImportRefused(f"Line {number} is not valid UTF-8: save the file as UTF-8.") from None
        delimiter = max(_DELIMITERS, key=lambda sign: (text.count(sign), sign == ","))
        try:
            header = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            raise ImportRefused(f"Line {number}: the names of the columns cannot be read.") from None
        self.kind = kind = self.kind or kind_of(meant(header, self._told))
        if kind is None:
            raise ImportRefused(
                "The columns do not tell listener from attribution events: say which with --kind, and what they mean "
                "with --map. "
                f"The first line begins: {printable(text)}"
            )
        keys = known_columns(header, kind, "column", self._told)
        require_columns(keys, kind)
        self._header, self._delimiter = header, delimiter
        has_data = DATA_COLUMN[kind] in keys or "" in keys
        is_plain = re.compile(r'[^"\r\0]*').fullmatch

        def read(line: bytes) -> Cells:
            text = line.decode("utf-8").rstrip("\r\n")
            if is_plain(text):
                values = text.split(delimiter)
            else:
                try:
                    values = next(csv.reader([text], delimiter=delimiter, strict=True))
                except csv.Error:
                    # A line is a row: a line break inside quotes would let one lost quote swallow the rows after it.
                    raise RowRefused(OTHER_QUOTES) from None
            if len(values) != len(keys):
                raise RowRefused(
                    "The line has another number of values than the header.",
                    f"{len(values)}, not {len(keys)}",
                )
            cells: Cells = dict(zip(keys, values, strict=True))
            return flat(cells, kind) if has_data else cells

        return kind, read


def _object_reader(kind: Kind, told: Mapping[str, str]) -> Callable[[bytes], Cells]:
    """Reads a line of NDJSON into cells. What it returns raises RowRefused and UnicodeDecodeError."""
    cells_of = field_reader(kind, told)

    def read(line: bytes) -> Cells:
        try:
            values = orjson.loads(line)
        except orjson.JSONDecodeError:
            line.decode("utf-8")
            raise RowRefused("The line is not valid JSON.") from None
        if not isinstance(values, dict):
            raise RowRefused("The line is not a JSON object.")
        refuse_twice_in_line(line, values)
        return cells_of(values)

    return read


def _names_in(line: bytes | None) -> list[str] | None:
    """The names in a line that is a JSON object."""
    found = _json(line or b"")
    return list(found) if isinstance(found, dict) else None


def is_list(text: bytes) -> bool:
    """Whether a text is one JSON array."""
    return isinstance(_json(text), list)


def _json(line: bytes) -> Any:
    """What a line holds; None where it is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
