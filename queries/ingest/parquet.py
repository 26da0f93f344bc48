"""Events in a Parquet file, row by row as if they stood in lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from io import SEEK_END
from typing import BinaryIO
from zoneinfo import ZoneInfo

from queries.ingest.cells import RowRefused
from queries.ingest.clock_times import ClockTimes
from queries.ingest.columns import Kind, kind_of
from queries.ingest.field_names import Cells, flat, known_columns, meant, require_columns
from queries.ingest.imports import ImportRefused
from queries.ingest.parquet_rows import MAGIC, ParquetRows, open_parquet, plain_cell
from queries.ingest.tally import Refusal

_READ = 1024 * 1024


class ParquetFile:
    """A Parquet file of events; rows are numbered from 1. It has to be a file that can be read at any place.

    `zone`: whose clock times those are that name no zone; without it they are refused.
    """

    def __init__(
        self, source: BinaryIO, *, kind: Kind | None = None, columns: Mapping[str, str] | None = None,
        zone: ZoneInfo | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self._told = columns or {}
        self._clocks = ClockTimes(zone) if zone else None
        self._source = source
        self._sha256 = ""
        self._size = 0
        self._names: list[str] = []
        self._rows: ParquetRows

    def open(self) -> Kind:
        """The kind of the events. Raises: ImportRefused when the file as a whole cannot be understood."""
        self._sha256 = whole_hash(self._source)
        self._size = self._source.seek(0, SEEK_END)
        file = open_parquet(self._source)
        self._names = header = file.schema_arrow.names
        self.kind = kind = self.kind or kind_of(meant(header, self._told))
        if kind is None:
            raise ImportRefused(
                "The columns do not tell listener from attribution events: say which with --kind, and what they mean "
                "with --map."
            )
        keys = known_columns(header, kind, "column", self._told)
        require_columns(keys, kind)
        self._rows = ParquetRows(file, self._source, keys)
        return kind

    def names(self) -> tuple[set[str], int]:
        """The names of the columns, which are those of all rows."""
        return set(self._names), 0

    @property
    def position(self) -> tuple[int, str]:
        """How many rows were read, and the SHA-256 of the whole file."""
        return self._rows.row, self._sha256

    def reached(self, _source: BinaryIO) -> int:
        """How many bytes of the file the rows so far take, were all rows as long."""
        return self._size * self._rows.row // max(1, len(self._rows))

    @property
    def notes(self) -> list[str]:
        """What is to be said of the rows that were read so far."""
        return self._clocks.notes if self._clocks else []

    def __iter__(self) -> Iterator[tuple[int, int, Cells | Refusal]]:
        assert self.kind is not None  # noqa: S101 (open() was called; this tells mypy)
        keys, clocks = self._rows.keys, self._clocks
        for width, values in self._rows:
            row = self._rows.row
            if clocks is not None:
                clocks.came_twice = False
            try:
                cells = {key: plain_cell(value, key, clocks) for key, value in zip(keys, values, strict=True)}
                cells = flat(cells, self.kind)
                if clocks is not None and clocks.came_twice:
                    clocks.rows_twice += 1
                yield row, width, cells
            except UnicodeDecodeError:
                yield row, width, Refusal(row, "The line is not valid UTF-8.")
            except RowRefused as refused:
                yield row, width, Refusal(row, refused.reason, refused.detail)


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
