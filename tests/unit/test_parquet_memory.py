"""Small Parquet files that stand for much more: they cost bounded memory, and what cannot be read is said before."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest import parquet_rows, small_tables
from queries.ingest.imports import BrokenOff, ImportRefused
from queries.ingest.parquet import ParquetFile
from queries.ingest.parquet_rows import _column_of, values_of
from queries.ingest.retention import CURVES
from queries.ingest.small_tables import Told, read_small
from queries.ingest.tally import Refusal
from queries.session import Actor

_MIB = 1024 * 1024
_CELLS = "of the Parquet file has cells of more than 64 KiB; nothing was imported."

# Peak of memory in a process of its own, as only that can be asked for: what it takes beyond the libraries.
_PEAK = """
import collections, resource, sys
import pyarrow.compute, pyarrow.parquet
from queries.ingest import small_tables
from queries.ingest.imports import ImportRefused
from queries.ingest.parquet import ParquetFile
from queries.ingest.retention import CURVES

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def told_of(reasons):
    said = collections.Counter(reasons)
    print(peak() - before, *said.popitem(), *said, sep="|")

before = peak()
with open(sys.argv[1], "rb") as source:
    try:
        reading()
    except ImportRefused as refused:
        print(peak() - before, refused, sep="|")
"""
_EVENTS = """
def reading():
    file = ParquetFile(source, columns={"note": ""})
    file.open()
    told_of(getattr(read, "reason", "good") for _, _, read in file)
"""
_SMALL = """
def reading():
    small_tables.meanings = lambda *_, **__: {}  # What a source's names mean is asked of the database.
    read = small_tables.read_small(None, source, CURVES, "a", small_tables.Told(), record=False)
    told_of(["good"] * len(read.lines) + [refused.reason for refused in read.refusals])
"""


def _file(rows: int, *, delta: str = "", **more: Any) -> bytes:
    """`delta`: the column of which each text is written as what it has in common with the one before it."""
    events = {
        "episode_id": ["e"] * rows, "listener_id": [f"l{n}" for n in range(rows)], "event_type": ["play"] * rows,
        "occurred_at": pa.array([datetime(2026, 11, 1, tzinfo=UTC)] * rows, pa.timestamp("us", "UTC")),
    }  # fmt: skip
    return _written(pa.table({**events, **more}), delta)


def _written(table: pa.Table, delta: str = "") -> bytes:
    made = io.BytesIO()
    how = {"use_dictionary": False, "column_encoding": {delta: "DELTA_BYTE_ARRAY"}} if delta else {}
    pq.write_table(table, made, compression="zstd", **how)
    return made.getvalue()


def _same(rows: int, cell: str) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [cell])


def _again(rows: int, cell: str, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    """The same cell in all rows, as texts; here it takes the memory of five."""
    five = pa.array([cell] * 5).cast(pa.binary()).cast(kind or pa.string())
    return pa.chunked_array([five] * (rows // 5))


def _inside(column: pa.Array | pa.ChunkedArray, name: str = "app") -> pa.Array | pa.ChunkedArray:
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([_inside(chunk, name) for chunk in column.chunks])
    return pa.StructArray.from_arrays([column], [name])


def _list(cell: str) -> pa.Array:
    """Of five cells the last has the text four thousand times."""
    return pa.ListArray.from_arrays(pa.array([0, 0, 0, 0, 0, 4_000], pa.int32()), _same(4_000, cell))


def _peak(path: Path, reading: str) -> tuple[int, str]:
    told = subprocess.run(
        [sys.executable, "-c", reading + _PEAK, str(path)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    peak, _, what = told.stdout.strip().partition("|")
    return int(peak), what


_LONG = "y" * 200_000
_EACH = "A value is longer than 64 KiB.|5000"
_LISTS = "of the Parquet file holds lists, which no value here is; nothing was imported."


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            lambda: _file(1, app=["y" * 128 * _MIB]),
            f"The column app (row group 1: 128.0 MiB in 1 row) {_CELLS}",
        ),
        (lambda: _file(1, note=["y" * 128 * _MIB]), "good|1"),
        # Kept once in the file: each batch of rows would be a gigabyte.
        (lambda: _file(5_000, app=_same(5_000, _LONG)), _EACH),
        (lambda: _file(5_000, app=_again(5_000, _LONG)), _EACH),
        (lambda: _file(5_000, event_data=_inside(_again(5_000, _LONG))), _EACH),
        (lambda: _file(5_000, event_data=_inside(_inside(_again(5_000, _LONG)), "ad")), _EACH),
        # So it would be of types that are texts by another name.
        (lambda: _file(5_000, app=_again(5_000, _LONG, pa.string_view())), _EACH),
        (lambda: _file(5_000, app=_again(5_000, _LONG, pa.binary_view())), _EACH),
        (lambda: _file(5_000, app=_again(5_000, _LONG, pa.json_())), _EACH),
        (lambda: _file(5_000, app=_again(5_000, _LONG, pa.binary(200_000))), _EACH),
        # Each is what it has in common with the one before it: no size in the file tells how long it is.
        (lambda: _file(5_000, delta="app", app=_again(5_000, _LONG)), _EACH),
        (lambda: _file(5_000, delta="app", app=_again(5_000, _LONG, pa.string_view())), _EACH),
        (lambda: _file(5_000, delta="event_data.app", event_data=_inside(_again(5_000, _LONG))), _EACH),
        (lambda: _file(5_000, delta="note", note=_again(5_000, _LONG)), "good|5000"),
        # Any number in one row.
        (lambda: _file(5, app=_list(_LONG)), f"The column app {_LISTS}"),
        (lambda: _file(5, event_data=_inside(_list(_LONG))), f"The column event_data {_LISTS}"),
        (
            lambda: _file(5, app=pa.array([[("a", "b")]] * 5, pa.map_(pa.string(), pa.string()))),
            f"The column app {_LISTS}",
        ),
        (lambda: _file(5, note=_list(_LONG)), "good|5"),
    ],
    ids=[
        "one cell", "left out", "many", "many texts", "inside", "inside twice", "view", "binary view", "json", "fixed",
        "delta", "delta view", "delta inside", "delta left out", "list", "list inside", "map", "list left out",
    ],
)  # fmt: skip
def test_a_small_file_that_unpacks_to_much_costs_little(
    tmp_path: Path, made: Callable[[], bytes], said: str
) -> None:
    path = tmp_path / "small.parquet"
    path.write_bytes(made())
    assert path.stat().st_size < 100_000
    peak, what = _peak(path, _EVENTS)
    assert what == said
    assert peak < 300


_TEXTS = "The file has more than 64 MiB of texts."


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: _points(5_000, second=_again(5_000, _LONG)), _EACH),
        (lambda: _points(5_000, delta="second", second=_again(5_000, _LONG)), _EACH),
        # Texts that are short enough, each of them another.
        (lambda: _points(500_000, delta="episode", episode=_again(500_000, "g" * 2_000)), _TEXTS),
        (lambda: _points(30_000, delta="episode", episode=_again(30_000, "g" * 2_000)), "good|30000"),
    ],
    ids=["kept once", "delta", "texts", "fewer texts"],
)
def test_so_does_a_small_table(tmp_path: Path, made: Callable[[], bytes], said: str) -> None:
    path = tmp_path / "small.parquet"
    path.write_bytes(made())
    assert path.stat().st_size < 1_000_000
    peak, what = _peak(path, _SMALL)
    assert what == said
    assert peak < 300


def _points(rows: int, *, delta: str = "", **more: Any) -> bytes:
    return _written(pa.table({"second": [0] * rows, "plays": [1] * rows, **more}), delta)


def test_rows_of_a_small_table_are_those_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_tables, "meanings", lambda *_, **__: {})
    made = io.BytesIO()
    pq.write_table(
        pa.table({"second": list(range(9)), "plays": [None if n == 4 else str(n) for n in range(9)]}),
        made,
        row_group_size=4,
    )
    made.seek(0)
    read = read_small(Actor(uuid4()), made, CURVES, "a", Told(), record=False)
    assert [(number, line["second"], line.get("plays")) for number, line in read.lines] == [
        (n + 1, n, None if n == 4 else n) for n in range(9)
    ]


@pytest.mark.parametrize("inside", [False, True], ids=["column", "object"])
@pytest.mark.parametrize("delta", [False, True], ids=["kept once", "delta"])
@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary_view()], ids=str
)
def test_few_rows_at_once_are_the_same_rows(
    monkeypatch: pytest.MonkeyPatch, kind: pa.DataType, delta: bool, inside: bool
) -> None:
    """Lengths that differ, with one that is too long for its row in the midst."""
    monkeypatch.setattr(parquet_rows, "_BYTES_AT_ONCE", 200_000)
    apps = [None if n % 5 == 0 else f"app {n % 3}" + "y" * (100_000 * (n == 77)) for n in range(100)]
    column = pa.array(apps).cast(kind)
    name = "event_data" if inside else "app"
    path = f"{name}.app" if inside else name
    file = ParquetFile(
        io.BytesIO(_file(100, delta=path if delta else "", **{name: _inside(column) if inside else column}))
    )
    file.open()
    read = [found["app"] if isinstance(found, dict) else found for _, _, found in file]
    read = [found.decode() if isinstance(found, bytes) else found for found in read]
    assert read == [
        Refusal(78, "A value is longer than 64 KiB.", name) if n == 77 else app for n, app in enumerate(apps)
    ]


def test_more_in_one_row_group_than_can_be_read_at_once_is_said_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = _file(4_000, app=[f"{n:06}" * 20 for n in range(4_000)])
    ParquetFile(io.BytesIO(document)).open()
    monkeypatch.setattr(parquet_rows, "LARGEST_PART", 256 * 1024)
    with pytest.raises(ImportRefused) as refused:
        ParquetFile(io.BytesIO(document)).open()
    assert str(refused.value) == (
        "The column app (row group 1: 0.5 MiB in 4,000 rows) of the Parquet file has more than 0 MiB in one row group: "
        "write it in smaller ones; nothing was imported."
    )


def test_so_are_columns_that_are_too_much_together_if_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    long = [f"{n:06}" * 50 for n in range(4_000)]
    document = _file(4_000, app=long, country=long, note=long)
    monkeypatch.setattr(parquet_rows, "LARGEST_GROUP", 2 * _MIB)
    ParquetFile(io.BytesIO(document), columns={"note": "", "country": ""}).open()
    with pytest.raises(ImportRefused) as refused:
        ParquetFile(io.BytesIO(document), columns={"note": ""}).open()
    assert str(refused.value) == (
        "The columns that are read have 2.4 MiB in row group 1 of the Parquet file, more than 2 MiB: write it in "
        "smaller ones; nothing was imported."
    )


def test_a_text_that_is_too_long_costs_its_row_alone() -> None:
    document = _file(3, app=["a", "y" * (64 * 1024), "y" * (64 * 1024 + 1)])
    file = ParquetFile(io.BytesIO(document))
    file.open()
    read = [found for _, _, found in file]
    assert [found["app"][:1] if isinstance(found, dict) else found for found in read] == [
        "a", "y", Refusal(3, "A value is longer than 64 KiB.", "app"),
    ]  # fmt: skip


@pytest.mark.parametrize("group", [1, 3, 7, 1_000])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_texts_kept_once_are_those_of_their_rows(group: int, kind: pa.DataType) -> None:
    apps = [None if n % 5 == 0 else f"app {n % 3}" for n in range(50)]
    made = io.BytesIO()
    dotted: dict[str, Any] = {"a.b": ["x"] * 50}
    table = pq.read_table(io.BytesIO(_file(50, app=pa.array(apps).cast(kind), **dotted)))
    pq.write_table(table, made, row_group_size=group)
    file = ParquetFile(made, columns={"a.b": ""})
    file.open()
    read = [
        (number, found["listener_id"], found["app"]) for number, _, found in file if isinstance(found, dict)
    ]
    assert read == [(n + 1, f"l{n}", apps[n]) for n in range(50)]


def test_where_a_file_is_broken_is_told_by_the_row() -> None:
    made = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(_file(9, app=["x" * 50] * 9))), made, row_group_size=3)
    document = bytearray(made.getvalue())
    at = pq.read_metadata(made).row_group(1).column(4).dictionary_page_offset
    document[at : at + 20] = b"\xff" * 20
    file = ParquetFile(io.BytesIO(document))
    file.open()
    read = iter(file)
    assert [number for number, _, _ in (next(read) for _ in range(3))] == [1, 2, 3]
    with pytest.raises(BrokenOff) as broken:
        next(read)
    assert broken.value.what == "The Parquet file is broken in row group 2, after row 3."


def test_a_text_kept_once_that_is_no_utf_8_is_left_to_be_refused() -> None:
    words = pa.array([b"\xff", b"good"], pa.binary()).cast(pa.string(), safe=False)
    column = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1], pa.int32()), words)
    assert values_of(column, "app") == ["good", b"\xff", None, "good"]


def test_a_column_whose_name_begins_with_that_of_another_is_called_by_its_own() -> None:
    names = ["app", "app.tags", "event_data"]
    assert _column_of("app.tags.list.element", names) == "app.tags"
    assert _column_of("app", names) == "app"
    assert _column_of("event_data.app", names) == "event_data"
