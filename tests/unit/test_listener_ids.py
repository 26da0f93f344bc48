"""What may stand for a listener: no address of a person or device, however it is written; the same from Parquet."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest.cells import RowRefused
from queries.ingest.columns import read_row
from queries.ingest.parquet import ParquetFile
from queries.ingest.tally import Refusal

ID = UUID("12345678-1234-4234-8234-123456789abc")


def _listener(text: str) -> str | None:
    return read_row(
        "listener", 1,
        {"episode_id": "one", "listener_id": text, "event_type": "play", "occurred_at": "2026-11-03T12:00:00Z"},
    ).listener_id  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.7", "192.0.2.7:5123", "192.000.002.007", "[192.0.2.7]", "192.0.2.7|Overcast/3", "192.0.2.7/24",
        "192.0.2.7, 198.51.100.1", "192.0.2.7 Overcast", "192.0.2.7_a81f", "hash|192.0.2.7", "ip=192.0.2.7;x",
        "http://192.0.2.7/", "192.0.2.7.", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443",
        "2001:db8::1|Overcast/3", "2001:DB8::1/64", "fe80::1%eth0", "::ffff:192.0.2.7", "::1", "1:2:3:4:5:6:7:8 x",
        "hash,2001:db8::1", "a@b.example",
    ],
)  # fmt: skip
def test_an_address_is_no_listener(text: str) -> None:
    with pytest.raises(RowRefused) as refused:
        _listener(text)
    assert text not in str(refused.value) + refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        str(ID), "9f86d081884c7d65", "l.1", "sha256:9f86d081884c7d65", "urn:uuid:" + str(ID), "a81f|Overcast/3.1.0.2",
        "1.2.3.4.5", "300.2.3.4", "a1.2.3.4", "12:34:56", "user::1", "dGVzdA==", "2026-11-03T12:00:00.5",
    ],
)  # fmt: skip
def test_a_hash_is(text: str) -> None:
    assert _listener(text) == text


def test_times_of_a_parquet_file_without_a_zone_are_of_the_one_that_is_told() -> None:
    rows = {
        "episode_id": ["one"] * 2, "listener_id": ["a", "b"], "event_type": ["play"] * 2,
        "occurred_at": pa.array(["2026-07-03T12:00:00", "2026-11-03T12:00:00"]).cast(pa.timestamp("us")),
    }  # fmt: skip
    made = io.BytesIO()
    pq.write_table(pa.table(rows), made)
    for zone, offsets in ((None, ("", "")), (ZoneInfo("Europe/Berlin"), ("+02:00", "+01:00"))):
        file = ParquetFile(made, zone=zone)
        file.open()
        times = [cells["occurred_at"] for _, _, cells in file]  # type: ignore[index]
        assert times == [
            f"2026-{day}T12:00:00{offset}" for day, offset in zip(("07-03", "11-03"), offsets, strict=True)
        ]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize(
    ("zone", "skipped", "twice", "earlier", "plain"),
    [
        ("America/New_York", ("2026-03-08T02:00:00", "2026-03-08T02:59:59"),
         ("2026-11-01T01:00:00", "2026-11-01T01:59:59"), "-04:00", ("2026-03-08T01:59:59", "2026-11-01T02:00:00")),
        ("Australia/Lord_Howe", ("2026-10-04T02:00:00", "2026-10-04T02:29:59"),
         ("2026-04-05T01:30:00", "2026-04-05T01:59:59"), "+11:00", ("2026-10-04T02:30:00", "2026-04-05T01:29:59")),
        # A whole day was left out on the way over the date line.
        ("Pacific/Apia", ("2011-12-30T00:00:00", "2011-12-30T23:59:59"), (), "", ("2011-12-29T23:59:59",)),
        ("UTC", (), (), "", ("2026-03-08T02:30:00", "2026-11-01T01:30:00")),
    ],
)  # fmt: skip
def test_a_clock_time_that_never_was_is_refused_and_one_that_was_twice_is_the_earlier(
    zone: str,
    skipped: tuple[str, ...],
    twice: tuple[str, ...],
    earlier: str,
    plain: tuple[str, ...],
    unit: str,
) -> None:
    texts = [*skipped, *twice, *plain]
    rows = {
        "episode_id": ["one"] * len(texts), "listener_id": ["a"] * len(texts), "event_type": ["play"] * len(texts),
        "occurred_at": pa.array(texts).cast(pa.timestamp(unit)),
    }  # fmt: skip
    made = io.BytesIO()
    pq.write_table(pa.table(rows), made)
    file = ParquetFile(made, zone=ZoneInfo(zone))
    file.open()
    found = [cells for _, _, cells in file]
    assert found[: len(skipped)] == [
        Refusal(row, "The time never was: the clocks of its zone skip it.", f"occurred_at: {text} in {zone}")
        for row, text in enumerate(skipped, 1)
    ]
    times = [cells["occurred_at"] for cells in found[len(skipped) :]]  # type: ignore[index]
    assert times[: len(twice)] == [text + earlier for text in twice]
    assert [time[:19] for time in times[len(twice) :]] == list(plain)
    said = (
        f"2 rows tell a time that came twice in {zone}, where clocks were put back: they were read as the earlier "
        "hour."
    )
    assert file.notes == ([said] if twice else [])


def test_bytes_of_a_parquet_file_are_an_id_where_their_type_says_so() -> None:
    """A hash of 16 signs is 16 bytes as an id is, and stays what the same CSV says."""
    texts = ["0123456789abcdef", "Pocket Casts 7.1", "of another length"]
    told = pa.table(
        {
            "id": pa.array([ID.bytes] * 3, pa.binary(16)),
            "episode_id": pa.array([ID.bytes] * 3, pa.binary(16)).cast(pa.uuid()),
            "listener_id": pa.array([text.encode() for text in texts], pa.binary()),
            "app": pa.array([text.encode() for text in texts], pa.large_binary()),
            "event_type": ["play"] * 3,
            "occurred_at": [datetime(2026, 11, 3, 12, tzinfo=UTC)] * 3,
        }
    )
    made = io.BytesIO()
    pq.write_table(told, made)
    file = ParquetFile(made)
    file.open()
    rows = [cells for _, _, cells in file]
    assert not any(isinstance(cells, Refusal) for cells in rows)
    assert [(cells["id"], cells["episode_id"]) for cells in rows] == [(str(ID), str(ID))] * 3  # type: ignore[index]
    assert [cells["listener_id"] for cells in rows] == [cells["app"] for cells in rows] == texts  # type: ignore[index]
