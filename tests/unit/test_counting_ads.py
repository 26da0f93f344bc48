"""When an ad was delivered: the guidelines' own cases, and a brute-force count of its bytes."""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.counting.ads import Ad, is_ad_delivered
from queries.ingest.counting.content import put_together
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Delivery
from tests.unit.counting_samples import FILE, MINUTE, deliveries, request

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "iab_windows.json").read_text())
# Half a minute from the first second on: bytes 500 to 3,500 of the sample file.
PRE_ROLL = Ad(0, 30)


def delivered(*pieces: tuple[int, int], file: EpisodeFile = FILE, unplaced: int = 0) -> Delivery:
    together: tuple[tuple[int, int], ...] = ()
    for piece in pieces:
        together = put_together(together, piece)
    return Delivery(1, file, "l", file.size_bytes, together, unplaced)


def test_an_ad_in_less_than_a_minute_is_not_delivered() -> None:
    (short,) = deliveries([request(status=206, byte_range="bytes=0-", bytes_sent=3_500)])
    assert int(is_ad_delivered(short, PRE_ROLL)) == VECTORS["ad_validity"]["ad_delivered"]
    (download,) = deliveries([request(status=206, byte_range="bytes=0-", bytes_sent=MINUTE)])
    assert is_ad_delivered(download, PRE_ROLL)


def test_every_byte_of_an_ad_was_sent_or_it_was_not_delivered() -> None:
    # A hundred bytes a second after a header of 500: seconds 300 to 330 are bytes 30,500 to 33,500.
    mid_roll = Ad(300, 30)
    assert is_ad_delivered(delivered((30_500, 33_500)), mid_roll)
    assert not is_ad_delivered(delivered((30_501, 60_500)), mid_roll)
    assert not is_ad_delivered(delivered((0, 33_499)), mid_roll)
    assert not is_ad_delivered(delivered((0, 32_000), (32_001, 60_500)), mid_roll)
    assert is_ad_delivered(delivered((0, 32_000), (31_000, 33_500)), mid_roll)


def test_a_baked_in_ad_needs_the_quarters_up_to_its_own() -> None:
    # It ends at byte 15,100 of the first 15,125, which are a quarter.
    early = Ad(100, 46, is_baked_in=True)
    assert int(is_ad_delivered(delivered((0, 15_125)), early)) == VECTORS["baked_in_ad"]["ad_delivered"]
    assert not is_ad_delivered(delivered((0, 15_124)), early)
    # What is put in for this listener needs its own bytes alone.
    assert is_ad_delivered(delivered((0, 15_124)), Ad(100, 46))
    # A quarter of the file that is not the ad's proves nothing.
    assert not is_ad_delivered(delivered((20_000, 60_500)), early)
    # One second further it lies in the second quarter.
    assert not is_ad_delivered(delivered((0, 30_249)), Ad(101, 46, is_baked_in=True))
    assert is_ad_delivered(delivered((0, 30_250)), Ad(101, 46, is_baked_in=True))


def test_what_cannot_be_placed_is_delivered_with_the_whole_file_alone() -> None:
    unknown = EpisodeFile("one", size_bytes=60_500)
    assert not is_ad_delivered(delivered((0, 60_499), file=unknown), PRE_ROLL)
    assert is_ad_delivered(delivered((0, 60_500), file=unknown), PRE_ROLL)
    # An ad beyond the end of the episode; one that begins in it ends with it.
    assert not is_ad_delivered(delivered((1, 60_500)), Ad(600, 30))
    assert is_ad_delivered(delivered((0, 60_500)), Ad(600, 30))
    assert is_ad_delivered(delivered((50_000, 60_500)), Ad(590, 30))
    # How much was sent is known, but not which bytes.
    assert not is_ad_delivered(delivered(unplaced=60_499), PRE_ROLL)
    assert is_ad_delivered(delivered(unplaced=60_500), PRE_ROLL)


def test_without_a_download_or_a_size_nothing_is_delivered() -> None:
    whole = delivered((0, 60_500))
    assert not is_ad_delivered(Delivery(None, FILE, "l", 60_500, whole.pieces), PRE_ROLL)
    assert not is_ad_delivered(Delivery(1, FILE, "l", None, whole.pieces), PRE_ROLL)


@given(
    size=st.integers(1, 400), header=st.integers(0, 60), length=st.integers(1, 90), start=st.integers(0, 100),
    lasts=st.integers(1, 40), baked_in=st.booleans(),
    pieces=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 400)), max_size=4),
)  # fmt: skip
def test_it_agrees_with_a_count_of_single_bytes(
    size: int, header: int, length: int, start: int, lasts: int, baked_in: bool, pieces: list[tuple[int, int]]
) -> None:
    """The words of the rule in decimals and sets of bytes."""
    file = EpisodeFile("one", size_bytes=size, duration_seconds=length, header_bytes=header)
    sent = {byte for first, count in pieces for byte in range(first, min(first + count, size))}
    found = is_ad_delivered(
        delivered(*((first, min(first + count, size)) for first, count in pieces), file=file),
        Ad(start, lasts, baked_in),
    )

    def byte(second: int, rounding: str) -> int:
        place = Decimal(header) + Decimal((size - header) * min(second, length)) / Decimal(length)
        return int(place.to_integral_value(rounding=rounding))

    if sent >= set(range(size)):
        assert found
    elif start >= length or header >= size:
        assert not found
    else:
        wanted = set(range(byte(start, ROUND_FLOOR), byte(start + lasts, ROUND_CEILING)))
        last = min(start + lasts, length)
        quarter = next(
            number for number in (1, 2, 3, 4)
            if 4 * (header * length + (size - header) * last) <= number * size * length
        )  # fmt: skip
        assert found == (sent >= wanted and (not baked_in or 4 * len(sent) >= quarter * size))
