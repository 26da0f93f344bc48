"""How far an import is told to be: by what was dealt with, and not by what was read ahead."""

from __future__ import annotations

import gzip
import io
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest import events
from queries.ingest.events import FIRST_ROWS
from queries.ingest.retention import CURVES
from queries.ingest.small_tables import TOLD_EVERY, Told, read_small
from queries.session import Actor

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
LIMITS = (NOON - timedelta(days=1), NOON + timedelta(days=1))
ROWS = 12_000


@pytest.mark.parametrize("way", ["csv", "gzip", "parquet"])
def test_a_batch_reaches_as_far_as_its_rows(way: str) -> None:
    rows = [
        {
            "episode_id": "one",
            "listener_id": f"l{n:05}",
            "event_type": "play",
            "occurred_at": NOON.isoformat(),
        }
        for n in range(ROWS)
    ]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    text = "".join(f"{line}\n" for line in lines).encode()
    made = io.BytesIO()
    if way == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), made, row_group_size=1_000)
    else:
        made.write(text if way == "csv" else gzip.compress(text))
    size = made.tell()
    made.seek(0)
    with ExitStack() as stack:
        file = events._file(stack, made, None, None, {})
        reached = [batch.reached for batch in events._batches(file, made, file.open(), LIMITS)]
    assert len(reached) == 2
    assert reached[-1] == size
    if way == "csv":
        assert reached[0] == sum(len(line) + 1 for line in lines[: FIRST_ROWS + 1])
    elif way == "parquet":
        assert reached[0] == size * FIRST_ROWS // ROWS
    else:
        assert 0 < reached[0] <= size


@pytest.mark.parametrize("way", ["csv", "ndjson", "gzip", "parquet"])
def test_a_small_table_says_how_far_it_is_read(way: str) -> None:
    rows = [{"second": str(n), "plays": "7"} for n in range(2 * TOLD_EVERY + 1)]
    made = io.BytesIO()
    if way == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), made)
    elif way == "ndjson":
        made.write("".join(f'{{"second": {row["second"]}, "plays": 7}}\n' for row in rows).encode())
    else:
        text = "second,plays\n" + "".join(f"{row['second']},7\n" for row in rows)
        made.write(text.encode() if way == "csv" else gzip.compress(text.encode()))
    size = made.tell()
    made.seek(0)
    heard: list[tuple[int, int]] = []
    file = read_small(
        Actor(uuid4()), made, CURVES, "", Told(), record=False,
        batch_done=lambda count, reached: heard.append((count, reached)),
    )  # fmt: skip
    assert len(file.lines) == len(rows)
    # A header is a line of the file, and no row.
    before, last = (1, len(rows) + 1) if way in ("csv", "gzip") else (0, len(rows))
    assert heard == [
        *((count, size * (count + before) // last) for count in (TOLD_EVERY, 2 * TOLD_EVERY)),
        (len(rows), size),
    ]
