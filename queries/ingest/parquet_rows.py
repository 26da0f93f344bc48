"""The rows of a Parquet file in bounded memory, whatever its encodings and types are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from queries.ingest.cells import RowRefused, found, printable
from queries.ingest.clock_times import ClockTimes
from queries.ingest.imports import BrokenOff, ImportRefused
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
LARGEST_GROUP = 512 * _MIB
"""Bytes, unpacked, of all columns that are read of one row group."""
_ANY_PART = 32 * _MIB
"""As much may one have whatever its cells are: one that is too long costs its row alone then."""
_AT_ONCE = 5_000
_BYTES_AT_ONCE = 32 * _MIB
"""As many may the cells take that are written out for each row although the file has them once."""
_ID_BYTES = 16
_UNREADABLE = b"\xff"
_TELLING = frozenset({"PLAIN", "RLE", "BIT_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"})
"""Encodings in which the file has every text as often as its rows: its size is theirs."""
_KEPT_ONCE = frozenset({"PLAIN_DICTIONARY", "RLE_DICTIONARY"})


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Stands for a value that is not read: a time that no calendar of ours reaches, a text without end.

    `shown` says which.
    """

    shown: str
    reason: str = _BEYOND


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What a column is, or one of the fields inside it: its place in the file, its path, the column's name."""

    at: int
    path: str
    name: str
    physical: str
    width: int
    """Bytes of a cell, where all have as many."""


def open_parquet(source: BinaryIO) -> pq.ParquetFile:
    """The file, of which nothing but its account of itself is read. Raises: BrokenOff."""
    # Half a second of importing, for those who bring such a file only.
    import pyarrow as pa
    import pyarrow.parquet as pq

    source.seek(0)
    try:
        return pq.ParquetFile(source)
    except (pa.ArrowException, OSError):
        raise BrokenOff(BROKEN) from None


class ParquetRows:
    """The values of each row, of the columns that have a key: what is left out costs neither a row nor memory.

    A few bytes of such a file may stand for thousands of millions, so nothing is read before it is known how much it
    becomes. Texts that are kept once for all their rows stay so: a cell of one MiB in each of a million rows is one
    cell. Where they cannot, as many rows are read at once as fit into memory, were all as long as the longest. The
    sizes and encodings that the file says its parts to have are believed, as Arrow tells no others before it reads.
    """

    def __init__(self, file: pq.ParquetFile, source: BinaryIO, keys: Sequence[str]) -> None:
        """`keys`: one for each column of the file, empty for one that is left out. Raises: ImportRefused."""
        import pyarrow.parquet as pq

        schema = file.schema_arrow
        _refuse_zones(schema, keys)
        self.keys = [key for key in keys if key]
        self.row = 0
        """How many rows were read."""
        self._names = [name for name, key in zip(schema.names, keys, strict=True) if key]
        self._group = 0
        leaves = list(_leaves(file, self._names))
        _refuse_large(file.metadata, leaves)
        self._once = {leaf.path for leaf in leaves if _is_kept_once(file, leaf)}
        whole = self._once.intersection(self._names)
        self._written_out = [leaf for leaf in leaves if leaf.path not in whole]

        def reader(once: Set[str]) -> pq.ParquetFile:
            source.seek(0)
            # Texts of a kind of their own (JSON) are kept once only as what they are.
            return pq.ParquetFile(
                source, metadata=file.metadata, read_dictionary=sorted(once), arrow_extensions_enabled=False
            )

        self._file = reader(whole)
        # Inside objects Python makes them for each row: so they are only looked at.
        self._looked_at = reader(self._once)

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def __iter__(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """About how many bytes a row takes, and its values in the order of `keys`. Raises: BrokenOff."""
        import pyarrow as pa

        try:
            for batch in self._batches():
                read = [batch.column(name) for name in self._names]
                width = sum(map(_width, read))
                columns = [values_of(column, key) for key, column in zip(self.keys, read, strict=True)]
                for values in zip(*columns, strict=True):
                    self.row += 1
                    yield width, values
        except (pa.ArrowException, OSError):
            # Somewhere after it: rows are read some thousands at once.
            raise BrokenOff(
                f"The Parquet file is broken in row group {self._group + 1:,}, after row {self.row:,}."
            ) from None

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """The rows some thousands at once, group by group: what stands before a broken one is read."""
        for group in range(self._file.metadata.num_row_groups):
            self._group = group
            longest = sum(self._longest(group, leaf) for leaf in self._written_out)
            yield from _read(self._file, group, self._names, longest)

    def _longest(self, group: int, leaf: _Leaf) -> int:
        """Bytes of the longest cell of a part that does not tell by its size how much it becomes; 0 of any other.

        It is no longer than all of its part. Where that is too much for thousands of rows, this part is read alone, as
        few rows at once as are safe, to know better.
        """
        if leaf.physical != "BYTE_ARRAY":
            return leaf.width
        part = self._file.metadata.row_group(group).column(leaf.at)
        size = int(part.total_uncompressed_size)
        if _TELLING.issuperset(part.encodings):
            return 0
        if size * _AT_ONCE <= _BYTES_AT_ONCE:
            return size
        batches = _read(self._looked_at, group, [leaf.path], 0 if leaf.path in self._once else size)
        return max((longest_of(column) for batch in batches for column in batch.columns), default=0)


def _read(file: pq.ParquetFile, group: int, names: Sequence[str], longest: int) -> Iterator[pa.RecordBatch]:
    """A row group, as many rows at once as fit into memory where one takes so many bytes."""
    rows = max(1, min(_AT_ONCE, _BYTES_AT_ONCE // max(1, longest)))
    yield from file.iter_batches(batch_size=rows, row_groups=[group], columns=names)


def _leaves(file: pq.ParquetFile, names: Sequence[str]) -> Iterator[_Leaf]:
    """What is read of a file where these columns are. Raises: ImportRefused, for lists."""
    for at in range(len(file.schema)):
        column = file.schema.column(at)
        path = column.path
        name = next((name for name in names if path == name or path.startswith(f"{name}.")), None)
        if name is None:
            continue
        if column.max_repetition_level:
            # Any number of values may stand in one row, and no value of ours is a list.
            raise ImportRefused(
                f"The column {printable(_column_of(path, file.schema_arrow.names))} of the Parquet file holds lists, "
                "which no value here is; "
                "nothing was imported."
            )
        yield _Leaf(at, path, name, column.physical_type, int(column.length))


def _column_of(path: str, names: Sequence[str]) -> str:
    """The column that a part belongs to. Arrow takes one called app.tags for a part of app, and reads it with that."""
    return max((name for name in names if path == name or path.startswith(f"{name}.")), key=len, default=path)


def _is_kept_once(file: pq.ParquetFile, leaf: _Leaf) -> bool:
    """Whether the texts of a column can be read as the file keeps them: each once, and which row has which."""
    if leaf.physical != "BYTE_ARRAY" or file.schema.column(leaf.at).converted_type == "DECIMAL":
        return False
    groups = range(file.metadata.num_row_groups)
    encodings = {one for at in groups for one in file.metadata.row_group(at).column(leaf.at).encodings}
    # Arrow cannot do that where a writer that had too many of them went over to what they have in common.
    return not _KEPT_ONCE.isdisjoint(encodings) and "DELTA_BYTE_ARRAY" not in encodings


def _refuse_large(metadata: pq.FileMetaData, leaves: Sequence[_Leaf]) -> None:
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        rows = group.num_rows
        for leaf in leaves:
            size = group.column(leaf.at).total_uncompressed_size
            shown = (
                f"{printable(leaf.name)} (row group {at + 1:,}: {size / _MIB:,.1f} MiB in {rows:,} "
                f"row{'' if rows == 1 else 's'})"
            )
            if size > max(_ANY_PART, LONGEST_LINE * rows):
                raise ImportRefused(
                    f"The column {shown} of the Parquet file has cells of more than {LONGEST_LINE // 1024} KiB; "
                    "nothing was imported."
                )
            if size > LARGEST_PART:
                raise ImportRefused(
                    f"The column {shown} of the Parquet file has more than {LARGEST_PART // _MIB} MiB in one row "
                    "group: write it in smaller ones; nothing was imported."
                )
        size = sum(group.column(leaf.at).total_uncompressed_size for leaf in leaves)
        if size > LARGEST_GROUP:
            raise ImportRefused(
                f"The columns that are read have {size / _MIB:,.1f} MiB in row group {at + 1:,} of the Parquet file, "
                f"more than {LARGEST_GROUP // _MIB} MiB: write it in smaller ones; nothing was imported."
            )


def _refuse_zones(schema: pa.Schema, keys: Sequence[str]) -> None:
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


def _within(kind: pa.DataType) -> Iterator[pa.DataType]:
    """A type and those inside it."""
    yield kind
    for at in range(kind.num_fields):
        yield from _within(kind.field(at).type)


def _width(column: pa.Array) -> int:
    """About how many bytes a cell of the column takes."""
    import pyarrow as pa

    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    return int(values.nbytes) // max(1, len(values))


def _plain(column: pa.Array) -> pa.Array:
    """The column as a type that all functions know: of a type of somebody's own what it is kept as, of views texts."""
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        return _plain(column.storage)
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_binary_view(column.type):
        return column.cast(pa.large_binary())
    return column


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def longest_of(column: pa.Array) -> int:
    """Bytes of the longest text in a column, inside objects too."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if pa.types.is_dictionary(column.type):
        return longest_of(column.dictionary)
    if pa.types.is_struct(column.type):
        return max((longest_of(column.field(at)) for at in range(column.type.num_fields)), default=0)
    return (pc.max(pc.binary_length(column)).as_py() or 0) if _is_text(column.type) else 0


def _too_long(column: pa.Array) -> pa.BooleanArray:
    """Whether a cell is a text that is longer than any line may be, or has one inside it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if pa.types.is_dictionary(column.type):
        return _too_long(column.dictionary).take(column.indices).fill_null(False)
    refused = pa.repeat(False, len(column))
    if pa.types.is_struct(column.type):
        for at in range(column.type.num_fields):
            refused = pc.or_(refused, _too_long(column.field(at)))
    elif _is_text(column.type):
        refused = pc.greater(pc.binary_length(column), LONGEST_LINE).fill_null(False)
    return refused


def values_of(column: pa.Array, key: str) -> list[Any]:
    """The values of a column; what Python cannot hold is left as something that `plain_cell` refuses.

    That is a text that is no UTF-8 or longer than a line may be, a time before the year 1 or after 9999, an endless
    duration. `key`: what the column is called then. An id is what the type says to be one: bytes of any length may be a
    text of 16 signs.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        # Of the values only those that these rows have, and each once.
        here = column.indices.dictionary_encode()
        words = values_of(_plain(column.dictionary).take(here.dictionary), key)
        return [None if at is None else words[at] for at in here.indices.to_pylist()]
    if pa.types.is_fixed_size_binary(column.type) and column.type.byte_width == _ID_BYTES:
        return [value if value is None else UUID(bytes=value) for value in column.to_pylist()]
    if longest_of(column) > LONGEST_LINE:
        return [
            _Beyond(key, _TOO_LONG) if is_too_long else _value_of(cell, key)
            for is_too_long, cell in zip(_too_long(column).to_pylist(), column, strict=True)
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


def plain_cell(value: Any, key: str = "", clocks: ClockTimes | None = None) -> Any:
    """A value as a text file would hold it; a time without a zone is one of these clocks, where they are told.

    `key`: what the column is called. Raises: RowRefused for a time or duration out of range, for a time that the clocks
    never showed and for a text without end, UnicodeDecodeError.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if clocks is not None and isinstance(value, datetime) and value.tzinfo is None:
        value = clocks.placed(key, value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, _Beyond):
        raise RowRefused(value.reason, value.shown)
    return value
