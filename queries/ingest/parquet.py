"""Events in a Parquet file, row by row as if they stood in lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import SEEK_END
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.ingest.cells import RowRefused, found, printable
from queries.ingest.columns import Kind, kind_of
from queries.ingest.field_names import Cells, flat, known_columns, meant, require_columns
from queries.ingest.imports import BrokenOff, ImportRefused, Refusal
from queries.ingest.lines import LONGEST_LINE

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
BROKEN = "The Parquet file is broken or cut off."
_BEYOND = "A time or duration lies beyond any calendar."
_TOO_LONG = f"A value is longer than {LONGEST_LINE // 1024} KiB."
_MIB = 1024 * 1024
LARGEST_PART = 256 * _MIB
"""Bytes, unpacked, of one column in one row group: writers make a few dozen MiB, and to read it takes five times it."""
_ANY_PART = 32 * _MIB
"""As much may one have whatever its cells are: one that is too long costs its row alone then."""
_AT_ONCE, _FEWEST_AT_ONCE = 5_000, 10
_READ = 1024 * 1024
_ID_BYTES = 16
_UNREADABLE = b"\xff"


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Stands for a value that is not read: a time that no calendar of ours reaches, a text without end.

    `shown` says which.
    """

    shown: str
    reason: str = _BEYOND


class ParquetFile:
    """A Parquet file of events; rows are numbered from 1. It has to be a file that can be read at any place.

    `zone`: whose clock times are of that name no zone; without it they are refused.
    """

    def __init__(
        self, source: BinaryIO, *, kind: Kind | None = None, columns: Mapping[str, str] | None = None,
        zone: ZoneInfo | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self._told = columns or {}
        self._zone = zone
        self._source = source
        self._row = 0
        self._group = 0
        self._sha256 = ""
        self._size = 0
        self._keys: list[str] = []
        self._used: list[str] = []
        self._file: pq.ParquetFile

    def open(self) -> Kind:
        """The kind of the events. Raises: ImportRefused when the file as a whole cannot be understood."""
        # Half a second of importing, for those who bring such a file only.
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._sha256 = whole_hash(self._source)
        self._size = self._source.seek(0, SEEK_END)
        self._source.seek(0)
        try:
            self._file = pq.ParquetFile(self._source)
        except (pa.ArrowException, OSError):
            raise BrokenOff(BROKEN) from None
        header = self._file.schema_arrow.names
        self.kind = kind = self.kind or kind_of(meant(header, self._told))
        if kind is None:
            raise ImportRefused(
                "The columns do not tell listener from attribution events: say which with --kind, and what they mean "
                "with --map."
            )
        self._keys = known_columns(header, kind, "column", self._told)
        require_columns(self._keys, kind)
        refuse_zones(self._file.schema_arrow, self._keys)
        self._used = [name for name, key in zip(header, self._keys, strict=True) if key]
        self._file = to_be_read(self._file, self._source, self._used)
        return kind

    def names(self) -> tuple[set[str], int]:
        """The names of the columns, which are those of all rows."""
        return set(self._file.schema_arrow.names), 0

    @property
    def position(self) -> tuple[int, str]:
        """How many rows were read, and the SHA-256 of the whole file."""
        return self._row, self._sha256

    def reached(self, _source: BinaryIO) -> int:
        """How many bytes of the file the rows so far take, were all rows as long."""
        rows: int = self._file.metadata.num_rows
        return self._size * self._row // max(1, rows)

    def __iter__(self) -> Iterator[tuple[int, int, Cells | Refusal]]:
        import pyarrow as pa

        assert self.kind is not None  # noqa: S101 (open() was called; this tells mypy)
        keys = [key for key in self._keys if key]
        try:
            for batch in self._batches():
                found = [batch.column(name) for name in self._used]
                columns = [values_of(column, key) for key, column in zip(keys, found, strict=True)]
                width = sum(map(_width, found))
                for values in zip(*columns, strict=True):
                    self._row += 1
                    try:
                        cells = {
                            key: plain_cell(value, self._zone)
                            for key, value in zip(keys, values, strict=True)
                        }
                        yield self._row, width, flat(cells, self.kind)
                    except UnicodeDecodeError:
                        yield self._row, width, Refusal(self._row, "The line is not valid UTF-8.")
                    except RowRefused as refused:
                        yield self._row, width, Refusal(self._row, refused.reason, refused.detail)
        except (pa.ArrowException, OSError):
            # Somewhere after it: rows are read some thousands at once.
            raise BrokenOff(
                f"The Parquet file is broken in row group {self._group + 1:,}, after row {self._row:,}."
            ) from None

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """The rows some thousands at once, group by group: what stands before a broken one is read."""
        for group in range(self._file.metadata.num_row_groups):
            self._group = group
            # What is left out is not read either: it costs neither a row nor memory.
            rows = _rows_at_once(self._file, group, self._used)
            yield from self._file.iter_batches(batch_size=rows, row_groups=[group], columns=self._used)


def is_unpacked(source: BinaryIO) -> bool:
    """Whether an open file is Parquet as it stands, not inside a packing; it is at its beginning afterwards."""
    source.seek(0)
    first = source.read(len(MAGIC))
    source.seek(0)
    return first == MAGIC


def whole_hash(source: BinaryIO) -> str:
    """SHA-256 of a whole file, which is at its beginning again afterwards."""
    source.seek(0)
    seen = hashlib.sha256()
    while piece := source.read(_READ):
        seen.update(piece)
    source.seek(0)
    return seen.hexdigest()


def refuse_zones(schema: pa.Schema, keys: Sequence[str]) -> None:
    """Returns if the zone of each column with a key is known. Raises: ImportRefused."""
    import pyarrow as pa

    for field, key in zip(schema, keys, strict=True):
        for kind in _within(field.type) if key else ():
            zone = kind.tz if pa.types.is_timestamp(kind) else None
            if zone is None:
                continue
            try:
                pa.scalar(0, kind).as_py()
            except ValueError:
                raise ImportRefused(
                    f"The column {printable(field.name)} of the Parquet file is in the time zone "
                    f"{printable(zone)!r}, which nobody knows; nothing was imported."
                ) from None


def to_be_read(file: pq.ParquetFile, source: BinaryIO, names: Sequence[str]) -> pq.ParquetFile:
    """The same file, ready to be read as far as these columns go, in bounded memory.

    A few bytes of such a file may stand for thousands of millions, so its own account of them is asked before. Texts
    that are kept once for all their rows stay so: a cell of one MiB in each of a million rows is one cell.
    Raises: ImportRefused.
    """
    import pyarrow.parquet as pq

    once: set[str] = set()
    texts = {name for name in names if _is_text(file.schema_arrow.field(name).type)}
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group)
        for at in range(rows.num_columns):
            part = rows.column(at)
            path = part.path_in_schema
            name = next((name for name in names if path == name or path.startswith(f"{name}.")), None)
            if name is None:
                continue
            _refuse_large(part.total_uncompressed_size, rows.num_rows, f"row group {group + 1:,}", name)
            if path in texts and part.has_dictionary_page:
                once.add(path)
    source.seek(0)
    return pq.ParquetFile(source, metadata=file.metadata, read_dictionary=sorted(once))


def _rows_at_once(file: pq.ParquetFile, group: int, names: Sequence[str]) -> int:
    """How many rows of a row group fit into memory.

    Inside objects and lists a text that is kept once is made for each row; it may be as long as all of its column.
    """
    rows = file.metadata.row_group(group)
    parts = [rows.column(at) for at in range(rows.num_columns)]
    inside = [
        part.total_uncompressed_size
        for part in parts
        if part.path_in_schema not in names
        and part.path_in_schema.startswith(tuple(f"{name}." for name in names))
    ]
    return max(_FEWEST_AT_ONCE, min(_AT_ONCE, _ANY_PART // max(inside, default=1)))


def _refuse_large(size: int, rows: int, where: str, name: str) -> None:
    shown = f"{printable(name)} ({where}: {size / _MIB:,.1f} MiB in {rows:,} row{'' if rows == 1 else 's'})"
    if size > max(_ANY_PART, LONGEST_LINE * rows):
        raise ImportRefused(
            f"The column {shown} of the Parquet file has cells of more than {LONGEST_LINE // 1024} KiB; "
            "nothing was imported."
        )
    if size > LARGEST_PART:
        raise ImportRefused(
            f"The column {shown} of the Parquet file has more than {LARGEST_PART // _MIB} MiB in one row group: write "
            "it in smaller ones; nothing was imported."
        )


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _width(column: pa.Array) -> int:
    """About how many bytes a cell of the column takes."""
    import pyarrow as pa

    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    return int(values.nbytes) // max(1, len(values))


def _within(kind: pa.DataType) -> Iterator[pa.DataType]:
    """A type and those inside it."""
    yield kind
    for at in range(kind.num_fields):
        yield from _within(kind.field(at).type)


def values_of(column: pa.Array | pa.ChunkedArray, key: str) -> list[Any]:
    """The values of a column; what Python cannot hold is left as something that `plain_cell` refuses.

    That is a text that is no UTF-8 or longer than a line may be, a time before the year 1 or after 9999, an endless
    duration. `key`: what the column is called then. An id is what the type says to be one: bytes of any length may be a
    text of 16 signs.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in values_of(chunk, key)]
    if pa.types.is_dictionary(column.type):
        # Of the values only those that these rows have, and each once.
        here = column.indices.dictionary_encode()
        words = values_of(column.dictionary.take(here.dictionary), key)
        return [None if at is None else words[at] for at in here.indices.to_pylist()]
    if pa.types.is_fixed_size_binary(column.type) and column.type.byte_width == _ID_BYTES:
        return [value if value is None else UUID(bytes=value) for value in column.to_pylist()]
    if _is_text(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_LINE:
        lengths = pc.binary_length(column).to_pylist()
        return [
            _Beyond(key, _TOO_LONG) if (length or 0) > LONGEST_LINE else _value_of(cell, key)
            for length, cell in zip(lengths, column, strict=True)
        ]
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        # One such value costs the way of all at once; cell by cell it takes some ten times as long.
        values = [_value_of(cell, key) for cell in column]
    return values


def _value_of(cell: pa.Scalar, key: str) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _UNREADABLE
    except (OverflowError, ValueError):
        raw = getattr(cell, "value", None)
        return _Beyond(found(key, cell.type if raw is None else f"{raw} as {cell.type}"))


def plain_cell(value: Any, zone: ZoneInfo | None = None) -> Any:
    """A value as a text file would hold it; a time without a zone is of this one, where it is told.

    Raises: RowRefused for a time or duration out of range and for a text without end, UnicodeDecodeError.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if zone is not None and isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, _Beyond):
        raise RowRefused(value.reason, value.shown)
    return value
