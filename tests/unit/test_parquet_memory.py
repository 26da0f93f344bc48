"""Small Parquet files that stand for much more: they cost bounded memory, and what cannot be read is said before."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest import parquet
from queries.ingest.imports import BrokenOff, ImportRefused, Refusal
from queries.ingest.parquet import ParquetFile, values_of

_MIB = 1024 * 1024
_CELLS = "of the Parquet file has cells of more than 64 KiB; nothing was imported."

# Peak of memory in a process of its own, as only that can be asked for: what it takes beyond the libraries.
_READING = """
import collections, resource, sys
import pyarrow.compute, pyarrow.parquet
from queries.ingest.imports import ImportRefused
from queries.ingest.parquet import ParquetFile

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = peak()
with open(sys.argv[1], "rb") as source:
    file = ParquetFile(source, columns={"note": ""})
    try:
        file.open()
        said = collections.Counter(getattr(read, "reason", "good") for _, _, read in file)
        print(peak() - before, *said.popitem(), sep="|")
    except ImportRefused as refused:
        print(peak() - before, refused, sep="|")
"""


def _file(rows: int, **more: Any) -> bytes:
    made = io.BytesIO()
    events = {
        "episode_id": ["e"] * rows, "listener_id": [f"l{n}" for n in range(rows)], "event_type": ["play"] * rows,
        "occurred_at": pa.array([datetime(2026, 11, 1, tzinfo=UTC)] * rows, pa.timestamp("us", "UTC")),
    }  # fmt: skip
    pq.write_table(pa.table({**events, **more}), made, compression="zstd")
    return made.getvalue()


def _same(rows: int, cell: str) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [cell])


@pytest.mark.parametrize(
    ("columns", "rows", "said"),
    [
        ({"app": ["y" * 128 * _MIB]}, 1, f"The column app (row group 1: 128.0 MiB in 1 row) {_CELLS}"),
        ({"note": ["y" * 128 * _MIB]}, 1, "good|1"),
        # Kept once in the file: each batch of rows would be a gigabyte.
        ({"app": _same(5_000, "y" * 200_000)}, 5_000, "A value is longer than 64 KiB.|5000"),
        ({"app": _same(5_000, "y" * 200_000).cast(pa.string())}, 5_000, "A value is longer than 64 KiB.|5000"),
        (
            {"event_data": pa.StructArray.from_arrays([_same(5_000, "y" * 200_000).cast(pa.string())], ["app"])}, 5_000,
            "good|5000",
        ),
    ],
    ids=["one cell", "left out", "many", "many texts", "inside"],
)  # fmt: skip
def test_a_small_file_that_unpacks_to_much_costs_little(
    tmp_path: Path, columns: dict[str, Any], rows: int, said: str
) -> None:
    path = tmp_path / "small.parquet"
    path.write_bytes(_file(rows, **columns))
    assert path.stat().st_size < 100_000
    told = subprocess.run(
        [sys.executable, "-c", _READING, str(path)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    peak, _, what = told.stdout.strip().partition("|")
    assert what == said
    assert int(peak) < 200


def test_more_in_one_row_group_than_can_be_read_at_once_is_said_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = _file(4_000, app=[f"{n:06}" * 20 for n in range(4_000)])
    ParquetFile(io.BytesIO(document)).open()
    monkeypatch.setattr(parquet, "LARGEST_PART", 256 * 1024)
    with pytest.raises(ImportRefused) as refused:
        ParquetFile(io.BytesIO(document)).open()
    assert str(refused.value) == (
        "The column app (row group 1: 0.5 MiB in 4,000 rows) of the Parquet file has more than 0 MiB in one row group: "
        "write it in smaller ones; nothing was imported."
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
    table = pq.read_table(io.BytesIO(_file(50, app=pa.array(apps).cast(kind), **{"a.b": ["x"] * 50})))
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
