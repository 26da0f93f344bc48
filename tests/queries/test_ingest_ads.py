"""Ads in downloads: a log comes in, and an impression stands for each ad whose bytes were all sent, once."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.logs import store
from queries.settings import Settings
from tests.conftest import Database
from tests.host import DAY, HALF, MINUTE, SIZE, Seller, at, line, piece
from tests.searches import search
from tests.sponsorship import own_database

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "iab_windows.json").read_text())
# Ten minutes in 60,500 bytes without a header: what a second begins and ends with is reckoned in tests, not counted.
PRE, MID, POST = (0, 30), (300, 30), (570, 30)


@pytest.fixture(scope="module")
def ads_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_ads") as made:
        yield made


@pytest.fixture
def seller(ads_database: Database) -> Seller:
    return Seller(ads_database)


def test_an_ad_in_what_never_got_a_minute_is_not_delivered(seller: Seller) -> None:
    """The guidelines' own case: a pre-roll of half a minute, sent whole, and less than a minute in all."""
    seller.ad(PRE)
    done = seller.log(piece(at(), 0, MINUTE - 1))
    assert done.impressions == len(seller.impressions()) == VECTORS["ad_validity"]["ad_delivered"]


@pytest.mark.parametrize("short", [0, 1])
def test_a_baked_in_ad_of_the_first_quarter_needs_a_quarter(seller: Seller, short: int) -> None:
    """The guidelines' own case, and a byte less."""
    seller.ad((60, 30), is_baked_in=True)
    done = seller.log(piece(at(), 0, SIZE // 4 - short))
    assert done.imported == 1
    assert len(seller.impressions()) == (0 if short else VECTORS["baked_in_ad"]["ad_delivered"])


def test_part_of_a_file_delivers_the_ads_in_that_part(seller: Seller) -> None:
    for place in (PRE, MID, POST):
        seller.ad(place)
    parts = (0, MINUTE), (0, SIZE * 33 // 60), (HALF, SIZE), (0, SIZE)
    done = seller.log(*(piece(at(f"1{n}:00:00"), *part, f"192.0.2.{n}") for n, part in enumerate(parts)))
    assert (done.imported, done.impressions) == (4, 1 + 2 + 2 + 3)
    assert seller.impressions() == [
        (second, at(f"1{n}:00:00"), "bytes")
        for n, seconds in enumerate([[0], [0, 300], [300, 570], [0, 300, 570]])
        for second in seconds
    ]


def test_the_rest_of_a_file_delivers_the_rest_of_its_ads_once(seller: Seller) -> None:
    """The second half comes in a file of its own, later in the day; nothing after it adds anything."""
    for place in (PRE, MID, POST):
        seller.ad(place)
    first, second = piece(at("10:00:00"), 0, HALF), piece(at("21:00:00"), HALF, SIZE)
    assert (seller.log(first, name="a.log").impressions, seller.windows()) == (1, 1)
    done = seller.log(second, name="b.log")
    assert (done.imported, done.impressions, seller.excluded()) == (0, 2, {"repeat": 1})
    # They belong to the download, and occur with it; nothing is awaited any more.
    assert seller.impressions() == [(second, at("10:00:00"), "bytes") for second in (0, 300, 570)]
    assert seller.windows() == 0
    before = seller.state()
    again = seller.log(first, second, name="c.log")
    assert (again.imported, again.duplicate, again.impressions) == (0, 2, 0)
    assert seller.state() == before
    assert seller.log(piece(at("22:00:00"), 0, SIZE), name="d.log").impressions == 0


@pytest.mark.parametrize("window", ["calendar_day", "rolling_first_touch", "rolling_last_touch"])
@pytest.mark.parametrize("batch", [1, 2, 100])
def test_an_ad_is_put_together_of_pieces_whatever_the_borders(
    ads_database: Database, monkeypatch: pytest.MonkeyPatch, window: str, batch: int
) -> None:
    """Its halves come before the minute is complete, and after; a gap of a byte is one."""
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    seller, gap = Seller(ads_database, window=window), Seller(ads_database, window=window)
    middle = SIZE * 315 // 600
    for one, hole in ((seller, 0), (gap, 1)):
        one.ad(MID)
        done = one.log(
            piece(at("10:00:00"), SIZE // 2, middle), piece(at("10:01:00"), 0, MINUTE),
            piece(at("10:02:00"), middle + hole, SIZE // 2 + MINUTE),
        )  # fmt: skip
        assert (done.imported, done.impressions) == (1, 1 - hole)
        assert (one.excluded(), one.seconds()) == ({"piece": 1, "repeat": 1}, [300] * (1 - hole))


def test_where_nothing_is_awaited_no_window_is_kept(seller: Seller) -> None:
    """Of a day with a download: without ads, with all of them delivered, or with those of a campaign that is over."""
    seller.log(piece(at("10:00:00"), 0, MINUTE))
    seller.ad(PRE)
    seller.log(piece(at("10:00:00"), 0, MINUTE, "192.0.2.2"), name="b.log")
    over = seller.tenant.campaign(seller.sponsor, DAY - timedelta(days=30), DAY - timedelta(days=1))
    seller.tenant.ad_unit(over, seller.one, position=500)
    seller.log(piece(at("10:00:00"), 0, MINUTE, "192.0.2.3"), name="c.log")
    assert (len(seller.downloads()), seller.seconds(), seller.windows()) == (3, [0, 0], 0)
    seller.ad(POST)
    seller.log(piece(at("10:00:00"), 0, MINUTE, "192.0.2.4"), name="d.log")
    assert seller.windows() == 1


def test_the_day_of_the_download_decides_on_the_flight(ads_database: Database) -> None:
    """A rolling window reaches into the next day: what comes there belongs to the download of the day before."""
    seller = Seller(ads_database, window="rolling_first_touch")
    last = seller.tenant.campaign(seller.sponsor, DAY, DAY)
    next_one = seller.tenant.campaign(seller.sponsor, DAY + timedelta(days=1), DAY + timedelta(days=1))
    seller.tenant.ad_unit(last, seller.one, position=400)
    seller.tenant.ad_unit(next_one, seller.one, position=500)
    morning = at("09:00:00", DAY + timedelta(days=1))
    seller.log(piece(at("20:00:00"), 0, HALF), piece(morning, HALF, SIZE))
    assert seller.impressions() == [(400, at("20:00:00"), "bytes")]


@pytest.mark.parametrize("window", ["calendar_day", "rolling_last_touch"])
def test_where_nobody_knows_the_bytes_ads_count_with_the_download_and_say_so(
    ads_database: Database, window: str
) -> None:
    """A prefix that redirects; what a log of the host says of the same download afterwards adds none."""
    seller = Seller(ads_database, window=window)
    for place in (PRE, POST):
        seller.ad(place)
    done = seller.log(line(at("10:00:00"), status=302, sent=0), redirects=True)
    assert (done.imported, done.impressions) == (1, 2)
    # An ad that is booked afterwards has missed the download.
    seller.ad(MID)
    seller.log(piece(at("10:00:01"), 0, SIZE), name="host.log")
    assert seller.impressions() == [(second, at("10:00:00"), "download") for second in (0, 570)]


@pytest.mark.parametrize("window", ["calendar_day", "rolling_last_touch"])
def test_a_redirect_after_a_measured_download_proves_no_ad(ads_database: Database, window: str) -> None:
    seller = Seller(ads_database, window=window)
    for place in (PRE, POST):
        seller.ad(place)
    seller.log(piece(at("10:00:00"), 0, MINUTE))
    seller.log(line(at("10:30:00"), status=302, sent=0), redirects=True, name="prefix.log")
    assert seller.seconds() == [0]
    seller.log(piece(at("11:00:00"), MINUTE, SIZE), name="host.log")
    assert seller.seconds() == [0, 570]


def test_a_log_that_does_not_tell_which_bytes_proves_an_ad_with_the_whole_file(seller: Seller) -> None:
    seller.ad(PRE)
    parts = (
        line(at(), "192.0.2.1", status=206, sent=SIZE - 1),
        line(at(), "192.0.2.2", status=206, sent=SIZE),
    )
    done = seller.log(*parts)
    assert (done.imported, done.impressions) == (2, 1)


def test_an_ad_without_a_place_in_bytes_needs_the_whole_file(ads_database: Database) -> None:
    """The length of the episode is not known: which of its bytes are the ad's is not known either."""
    seller = Seller(ads_database)
    seller.ad(PRE)
    with psycopg.connect(ads_database.superuser_dsn) as connection:
        connection.execute("update episodes set duration_seconds = null where id = %s", [seller.one])
    # Then a download is the whole file, too.
    done = seller.log(piece(at(), 0, SIZE - 1), line(at(), "192.0.2.2"))
    assert (done.imported, done.impressions) == (1, 1)
    mapped = ["path,episode,size_bytes,duration\n", f"/one.mp3,{seller.one},{SIZE},600\n"]
    assert seller.log(piece(at(), 0, MINUTE, "192.0.2.3"), name="mapped.log", mapping=mapped).impressions == 1


def test_the_header_of_a_mapping_moves_the_ads(seller: Seller) -> None:
    """With a cover of 30,500 bytes the sound begins behind it: half a minute of it is 1,500 bytes."""
    seller.ad(PRE)
    mapped = ["path,episode,size_bytes,duration,header_bytes\n", f"/one.mp3,{seller.one},{SIZE},600,30500\n"]
    parts = [piece(at(), 0, 30_500), piece(at(), 30_600, SIZE), piece(at(), 30_501, 30_600)]
    assert seller.log(*parts, mapping=mapped).impressions == 0
    assert seller.log(piece(at("11:00:00"), 30_500, 30_501), mapping=mapped, name="b.log").impressions == 1


PLACES = (0, 30), (100, 45), (290, 25), (300, 60), (580, 40)


def _pieces(dice: random.Random) -> list[tuple[datetime, str, int, int]]:
    """Three days of three listeners: moment, address, first byte and end; in order of time."""
    found = []
    for _ in range(40):
        when = at("00:00:00") + timedelta(seconds=dice.randrange(3 * 86_400))
        start = dice.randrange(0, SIZE, 5_500)
        end = min(SIZE, start + dice.choice([3_000, 5_500, 11_000, 30_000, SIZE]))
        found.append((when, f"192.0.2.{dice.randrange(3)}", start, end))
    return sorted(found)


def _oracle(
    pieces: list[tuple[datetime, str, int, int]], window: str, baked_in: list[bool]
) -> list[tuple[int, datetime]]:
    """Second of the ad and moment of the download, from a table with a column for each byte."""
    frame = pd.DataFrame(pieces, columns=["at", "who", "start", "end"]).sort_values("at", kind="stable")
    found = []
    for _, own in frame.groupby("who"):
        if window == "calendar_day":
            groups = own["at"].dt.strftime("%F").tolist()
        else:
            groups, anchor = [], None
            for moment in own["at"]:
                if anchor is None or (moment - anchor).total_seconds() >= 86_400:
                    anchor, name = moment, moment
                elif window == "rolling_last_touch":
                    anchor = moment
                groups.append(str(name))
        for _, group in own.groupby(pd.Series(groups, index=own.index)):
            had = pd.Series(False, index=range(SIZE))
            download = None
            for row in group.itertuples():
                had.iloc[row.start : row.end] = True
                if download is None and had.sum() * 10 >= SIZE:
                    download = row.at.to_pydatetime()
            if download is None:
                continue
            for (second, lasts), is_baked_in in zip(PLACES, baked_in, strict=True):
                # A second is 605/6 bytes. The last ad is told to last longer than the episode does.
                first, end = second * 605 // 6, min(SIZE, -(-(second + lasts) * 605 // 6))
                quarter = next(q for q in (1, 2, 3, 4) if min(600, second + lasts) * 4 <= 600 * q)
                enough = not is_baked_in or had.sum() * 4 >= SIZE * quarter
                if enough and had.iloc[first:end].all():
                    found.append((second, download))
    return sorted(found)


@search(5, 60)
@given(
    seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 40), max_size=4), batch=st.integers(1, 50),
    window=st.sampled_from(["calendar_day", "rolling_first_touch", "rolling_last_touch"]),
    baked_in=st.lists(st.booleans(), min_size=5, max_size=5),
)  # fmt: skip
def test_any_cut_of_a_stream_into_files_and_batches_delivers_what_a_table_of_bytes_says(
    ads_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, cuts: list[int], batch: int, window: str,
    baked_in: list[bool],
) -> None:  # fmt: skip
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    seller = Seller(ads_database, window=window)
    for place, is_baked_in in zip(PLACES, baked_in, strict=True):
        seller.ad(place, is_baked_in=is_baked_in)
    pieces = _pieces(random.Random(seed))  # noqa: S311 (no secret)
    told = 0
    for number, (start, end) in enumerate(itertools.pairwise([0, *sorted(cuts), len(pieces)])):
        lines = [piece(when, first, last, who) for when, who, first, last in pieces[start:end]]
        if lines:
            told += seller.log(*lines, name=f"{number}.log").impressions
    expected = _oracle(pieces, window, baked_in)
    assert sorted((second, moment) for second, moment, _ in seller.impressions()) == expected
    assert told == len(expected)
    # All of it once more, in one file: nothing is added.
    before = seller.state()
    again = seller.log(
        *(piece(when, first, last, who) for when, who, first, last in pieces), name="again.log"
    )
    assert (again.imported, again.impressions, seller.state()) == (0, 0, before)


def test_ads_of_another_tenant_are_not_delivered(seller: Seller, ads_database: Database) -> None:
    other = Seller(ads_database)
    other.ad(PRE)
    assert seller.log(line(at())).impressions == 0
    assert other.impressions() == []
