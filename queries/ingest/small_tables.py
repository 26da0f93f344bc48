"""Tables of a few columns that are read whole: CSV, NDJSON and Parquet, plain or packed, their names mapped if told.

For what is counted in thousands (points of curves, ad units, bookings); events of any number are read by `rows` and
`parquet`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Any, BinaryIO, Literal

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from queries.ingest.batches import BatchDone
from queries.ingest.cells import RowRefused, printable
from queries.ingest.columns import Column, normalised
from queries.ingest.csv_rows import LINE_BREAK, OTHER_QUOTES, ROW_LINES, lines_more
from queries.ingest.imports import REFUSED_BY_RULE, ImportRefused, ImportType, broken_rule, refuse
from queries.ingest.lines import BYTE_ORDER_MARK
from queries.ingest.meanings import meanings, not_there, notes_of, remember_meanings
from queries.ingest.packing import unpacked
from queries.ingest.parquet_rows import MAGIC, ParquetRows, open_parquet, plain_cell
from queries.ingest.rows import AN_ARRAY, Format, is_list
from queries.ingest.tally import Refusal
from queries.ingest.twice import refuse_twice
from queries.session import Actor
from queries.statements import ask

LARGEST = 64 * 1024 * 1024
_MOST_ROWS = 1_000_000
"""Of Parquet, in which rows that are alike take no room; of the others the size of the file is the bound.
Its texts may be as much as such a file, once they are read."""
TOLD_EVERY = 2_000
"""Rows between two words about how far the reading is."""
_DELIMITERS = (",", ";", "\t")
_OTHER_WIDTH = "The line has another number of values than the header."
Values = dict[str, Any]
Line = tuple[int, Values]
Rows = Iterator[tuple[int, Values | RowRefused]]


@dataclass(frozen=True, slots=True)
class SmallTable:
    """What the files of one import hold: its name in the memory of columns, its rows in words, its columns."""

    kind: Literal["retention", "ad_unit", "booking"]
    import_type: ImportType
    rows: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> dict[str, str]:
        """Every accepted name of a column with its key."""
        return {name: column.key for column in self.columns for name in (column.key, *column.aliases)}


@dataclass(frozen=True, slots=True)
class SmallFile:
    """The lines that were understood, those that were not, the hash of the file, and what is to be said of it."""

    began: float
    """`monotonic` before it was read."""
    sha256: str
    lines: list[Line]
    refusals: list[Refusal]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """How a file is to be read: its format, what its columns mean, and whose file it is, which remembers that.

    `afresh`: what was remembered before is forgotten.
    """

    file_format: Format | None = None
    columns: Mapping[str, str] | None = None
    source_name: str | None = None
    afresh: bool = False


def read_small(
    actor: Actor, source: BinaryIO, table: SmallTable, name: str, told: Told, *, record: bool,
    batch_done: BatchDone = lambda *_: None,
) -> SmallFile:  # fmt: skip
    """The rows of a file. What its columns mean is remembered for the source when it is told and `record`ed.

    `batch_done` hears while they are read how many there were, and how many bytes of the file they take, were all rows
    as long.
    Raises: ImportRefused when the file as a whole cannot be understood; that is recorded as an import that failed.
    """
    began, sha256 = monotonic(), None
    try:
        with unpacked(source) as plain:
            content = plain.read(LARGEST + 1)
            size = source.tell() if source.seekable() else len(content)
        if len(content) > LARGEST:
            raise ImportRefused(f"The file is larger than {LARGEST // 1024 // 1024} MiB.")
        sha256 = hashlib.sha256(content).hexdigest()
        lines, refusals, names = list[Line](), list[Refusal](), set[str]()
        last, rows = _rows(content, table, told.file_format, _meanings(actor, table, told), names)
        for count, (number, read) in enumerate(_judged(rows, table), 1):
            if isinstance(read, RowRefused):
                refusals.append(Refusal(number, read.reason, read.detail))
            else:
                lines.append((number, read))
            if count % TOLD_EVERY == 0:
                batch_done(count, size * number // last)
        batch_done(len(lines) + len(refusals), size)
    except ImportRefused as refused:
        if not record:
            raise
        refuse(
            actor, table.import_type, name, refused, began=began, sha256=sha256, source_name=told.source_name
        )  # fmt: skip
    absent = not_there(told.columns, names)
    if record:
        there = {name: key for name, key in (told.columns or {}).items() if name not in absent}
        remember_meanings(actor, told.source_name, table.kind, there or None, afresh=told.afresh)
    return SmallFile(began, sha256, lines, refusals, tuple(notes_of(absent)))


def add_rows(
    connection: Connection, name: str, rows: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """What the statement says of each row, and the rows that a rule of the database itself refuses.

    Readers refuse what the rules would; this holds where a rule knows more than its reader, and costs a savepoint.
    Only then the rows are halved until those at fault stand alone, so that the others are stored.
    """
    try:
        with connection.begin_nested():
            return ask(connection, name, rows=orjson.dumps(rows).decode()), []
    except (IntegrityError, DataError) as error:
        if len(rows) == 1:
            return [], [Refusal(rows[0]["line_number"], REFUSED_BY_RULE, broken_rule(error))]
    middle = len(rows) // 2
    said, refusals = add_rows(connection, name, rows[:middle])
    said_after, refusals_after = add_rows(connection, name, rows[middle:])
    return said + said_after, refusals + refusals_after


def _meanings(actor: Actor, table: SmallTable, told: Told) -> dict[str, str]:
    means = meanings(actor, told.source_name, table.kind, told.columns, afresh=told.afresh)
    return table.names | {normalised(name): table.names.get(key, key) for name, key in means.items()}


def _judged(rows: Rows, table: SmallTable) -> Rows:
    for number, cells in rows:
        if isinstance(cells, RowRefused):
            yield number, cells
            continue
        try:
            yield number, _values(cells, table)
        except RowRefused as refused:
            yield number, refused


def _values(cells: Values, table: SmallTable) -> Values:
    values: Values = {}
    for column in table.columns:
        cell = cells.get(column.key)
        value = "" if cell is None or cell == "" else column.read(column.key, cell)
        if value != "":
            values[column.key] = value
        elif column.required:
            raise RowRefused("A value is missing.", column.key)
    return values


def _rows(
    content: bytes, table: SmallTable, file_format: Format | None, names: Mapping[str, str], seen: set[str]
) -> tuple[int, Rows]:
    """The number of the last row, and the rows by their numbers; `seen` gets the names that they have.

    Raises, from them too: ImportRefused.
    """
    if not content.strip():
        raise ImportRefused("The file is empty.")
    if file_format == "parquet" or (file_format is None and content.startswith(MAGIC)):
        return _parquet(content, table, names, seen)
    lines = content.removeprefix(BYTE_ORDER_MARK).splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if file_format != "csv" and numbered[0][1].lstrip().startswith(b"[") and is_list(content):
        raise ImportRefused(AN_ARRAY)
    if file_format == "ndjson" or (file_format is None and numbered[0][1].lstrip().startswith(b"{")):
        return numbered[-1][0], ((number, _object(line, names, seen)) for number, line in numbered)
    return numbered[-1][0], _csv(numbered, table, names, seen)


def _csv(
    numbered: list[tuple[int, bytes]], table: SmallTable, names: Mapping[str, str], seen: set[str]
) -> Rows:
    number, first = numbered[0]
    try:
        header = first.decode("utf-8")
    except UnicodeDecodeError:
        raise ImportRefused(f"Line {number} is not valid UTF-8: save the file as UTF-8.") from None
    delimiter = max(_DELIMITERS, key=lambda sign: (header.count(sign), sign == ","))
    cells = _cells(first, delimiter)
    if isinstance(cells, RowRefused):
        raise ImportRefused(f"Line {number}: the names of the columns cannot be read.")
    keys = _keys(cells, table, names)
    seen.update(cells)
    rows = iter(range(1, len(numbered)))
    for place in rows:
        number, line = numbered[place]
        read = _cells(line, delimiter)
        if isinstance(read, RowRefused):
            following = [found + b"\n" for _, found in numbered[place + 1 : place + 1 + ROW_LINES]]
            more = (
                lines_more(line + b"\n", following, delimiter, len(keys))
                if read.reason == OTHER_QUOTES
                else 0
            )
            for _ in islice(rows, more):
                pass
            yield number, RowRefused(LINE_BREAK) if more else read
        elif len(read) != len(keys):
            yield number, RowRefused(_OTHER_WIDTH, f"{len(read)}, not {len(keys)}")
        else:
            yield number, {key: cell.strip() for key, cell in zip(keys, read, strict=True) if key}


def _cells(line: bytes, delimiter: str) -> list[str] | RowRefused:
    try:
        return next(csv.reader([line.decode("utf-8")], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        return RowRefused("The line is not valid UTF-8.")
    except csv.Error:
        return RowRefused(OTHER_QUOTES)


def _object(line: bytes, names: Mapping[str, str], seen: set[str]) -> Values | RowRefused:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return RowRefused("The line is not valid JSON in UTF-8.")
    if not isinstance(found, dict):
        return RowRefused("The line is not a JSON object.")
    try:
        refuse_twice(line, found)
    except RowRefused as refused:
        return refused
    cells: Values = {}
    seen.update(found)
    for name, value in found.items():
        key = names.get(normalised(name))
        if key is None:
            return RowRefused("A field is not known.", printable(name))
        if key in cells:
            return RowRefused("Two fields mean the same.", key)
        cells |= {key: value} if key else {}
    return cells


def _parquet(content: bytes, table: SmallTable, names: Mapping[str, str], seen: set[str]) -> tuple[int, Rows]:
    import pyarrow as pa

    source = io.BytesIO(content)
    file = open_parquet(source)
    header, count = file.schema_arrow.names, file.metadata.num_rows
    keys = _keys(header, table, names)
    seen.update(header)
    if count > _MOST_ROWS:
        raise ImportRefused(f"The file has more than {_MOST_ROWS:,} rows.")
    for field, key in zip(file.schema_arrow, keys, strict=True):
        if key and pa.types.is_nested(field.type):
            raise ImportRefused(
                f"The column {printable(field.name)} of the Parquet file holds lists or objects."
            )
    return count, _parquet_rows(ParquetRows(file, source, keys))


def _parquet_rows(rows: ParquetRows) -> Rows:
    size = 0
    for _, values in rows:
        read = _parquet_row(rows.keys, values)
        if not isinstance(read, RowRefused):
            size += sum(len(value) for value in read.values() if isinstance(value, str))
        if size > LARGEST:
            # A few bytes may stand for as much, and all of it is kept.
            raise ImportRefused(f"The file has more than {LARGEST // 1024 // 1024} MiB of texts.")
        yield rows.row, read


def _parquet_row(keys: list[str], values: tuple[Any, ...]) -> Values | RowRefused:
    try:
        return {key: plain_cell(value) for key, value in zip(keys, values, strict=True)}
    except UnicodeDecodeError:
        return RowRefused("The line is not valid UTF-8.")
    except RowRefused as refused:
        return refused


def _keys(header: list[str], table: SmallTable, names: Mapping[str, str]) -> list[str]:
    """The keys of these names; empty for one that is to be left out. Raises: ImportRefused."""
    keys = [names.get(normalised(name)) for name in header]
    wrong = [printable(name) for name, key in zip(header, keys, strict=True) if key is None]
    known = [key for key in keys if key is not None]
    absent = [column.key for column in table.columns if column.required and column.key not in known]
    twice = [key for key in known if key and known.count(key) > 1]
    if wrong or absent or twice:
        what = (
            f"{wrong[0]!r} is not known" if wrong
            else f"there is no column {absent[0]}" if absent
            else f"two columns mean {twice[0]}"
        )  # fmt: skip
        raise ImportRefused(
            f"{table.rows} have the columns {', '.join(column.key for column in table.columns)}; {what}. "
            "Say what a column means with --map."
        )
    return known
