"""Lines of a CSV or NDJSON file turned into cells by column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, BinaryIO, Literal

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
from queries.ingest.lines import TOO_LONG, Lines
from queries.ingest.twice import refuse_twice_in_line

Format = Literal["csv", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "ndjson", "parquet")

Cells = dict[str, Any]
_Numbered = tuple[int, bytes | None]
_DELIMITERS = (",", ";", "\t")
AHEAD_LINES = 1_000
"""So many lines of NDJSON are looked at for one that tells its kind, or as many as make AHEAD_BYTES."""
AHEAD_BYTES = 1024 * 1024
AN_ARRAY = (
    "The file is one JSON array; NDJSON is wanted, one object a line: `jq -c '.[]' FILE` writes it so. "
    "Nothing was imported."
)


OTHER_QUOTES = "The quotes in this line do not match."
LINE_BREAK = "A line break inside quotes is not read: a row is one line."
ROW_LINES = 20
ROW_BYTES = 16 * 1024
"""So many lines after one whose quotes are open, and bytes of them, are looked at for the one that closes them."""


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


def lines_more(line: bytes, following: Iterable[bytes | None], delimiter: str, width: int) -> int:
    """How many of the lines that follow one of CSV, ends and all, make a row of so many values with it; 0 for a quote
    that was lost, after which each line is judged by itself."""
    so_far = [line]
    for more in following:
        if more is None:
            break
        so_far.append(more)
        # A line without a quote closes none.
        if b'"' in more and (values := _values(b"".join(so_far), delimiter)):
            return len(so_far) - 1 if len(values) == width else 0
        if len(_values(more, delimiter)) == width:
            break
    return 0


def _values(text: bytes, delimiter: str) -> list[str]:
    """The values of a row of CSV, on one line or several; none where it is no row."""
    try:
        lines = io.StringIO(text.decode("utf-8"), newline="")
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        return []


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


def field_reader(kind: Kind, told: Mapping[str, str] | None = None) -> Callable[[Mapping[str, Any]], Cells]:
    """Reads the fields of an object into cells. What it returns raises RowRefused."""
    names = _names(kind, told or {})

    def read(values: Mapping[str, Any]) -> Cells:
        cells: Cells = {}
        for name, value in values.items():
            key = names.get(name)
            if key is None:
                key = names.get(normalised(name))
            if key is None:
                raise RowRefused("A field is not known.", printable(name))
            if not key:
                continue
            if key in cells:
                raise RowRefused("Two fields mean the same.", key)
            cells[key] = value
        return flat(cells, kind)

    return read


def meant(header: list[str], columns: Mapping[str, str]) -> list[str]:
    """The names with those that were told to mean a column replaced by it."""
    told = {normalised(name): key for name, key in columns.items()}
    return [told.get(normalised(name)) or name for name in header]


def _names(kind: Kind, told: Mapping[str, str]) -> dict[str, str]:
    """Every name with the key it means; a name may be told by any of those a column is known by."""
    own = names_of(kind)
    return {**own, **{normalised(name): own.get(means, means) for name, means in told.items()}}


def known_columns(header: list[str], kind: Kind, noun: str, columns: Mapping[str, str]) -> list[str]:
    """The keys of these names; empty for one that is to be left out."""
    names = _names(kind, columns)
    keys = [names.get(normalised(name)) for name in header]
    unknown = [printable(name.strip()) for name, key in zip(header, keys, strict=True) if key is None]
    if unknown:
        other = next(other for other in KINDS if other != kind)
        hint = f" They are those of {other} events." if kind_of(header) == other else ""
        shown = ", ".join(repr(name) + _meant(name, names) for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ImportRefused(
            f"Unknown {noun}{'s' if len(unknown) > 1 else ''} {shown}{more} for {kind} events; "
            f"nothing was imported.{hint} `podboard import columns` lists the names that are understood, and "
            "--map says what another one means."
        )
    known = [key for key in keys if key is not None]
    twice = next((key for key in known if key and known.count(key) > 1), None)
    if twice is not None:
        same = [name for name, key in zip(header, known, strict=True) if key == twice]
        raise ImportRefused(f"Two {noun}s mean {twice}: {', '.join(repr(name) for name in same)}.")
    return known


def _meant(name: str, names: dict[str, str]) -> str:
    near = get_close_matches(normalised(name), names, n=1, cutoff=0.8)
    return f" ({near[0]}?)" if near else ""


def require_columns(keys: list[str], kind: Kind) -> None:
    """Returns if rows under these columns can be events at all; the data object may hold what has no column."""
    if DATA_COLUMN[kind] in keys:
        return
    absent = [column.key for column in COLUMNS[kind] if column.required and column.key not in keys]
    if kind == "attribution" and not {"campaign_id", "promo_code"} & set(keys):
        absent.append("campaign_id")
    if kind == "listener" and not {"episode_id", "episode_guid"} & set(keys):
        absent.insert(0, "episode_id")
    if absent:
        raise ImportRefused(
            f"There is no column {' and no column '.join(absent)}, which {kind} events need; nothing was imported."
        )


def flat(cells: Cells, kind: Kind) -> Cells:
    """The cells with those of the data object among them."""
    cells.pop("", None)
    data = cells.pop(DATA_COLUMN[kind], None)
    if data is None or data == "":
        return cells
    if isinstance(data, str):
        text = data
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise RowRefused("The data is not a JSON object.", DATA_COLUMN[kind]) from None
        if isinstance(data, dict):
            refuse_twice_in_line(text.encode(), data)
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
