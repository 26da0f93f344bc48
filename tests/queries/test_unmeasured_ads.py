"""Impressions in downloads of which nobody knows the bytes: against a count by hand in every zone and scope."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from queries import refresh
from queries.campaign_unmeasured import unmeasured_impressions
from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings
from reports.documents.words import unmeasured_ads_words
from tests.clock_changes import NOW, PLACES, Place
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

_DATA: tuple[dict[str, Any], ...] = (
    {"app": "Overcast", "source": "prefix", "unmeasured": True},
    {"app": "Overcast", "source": "log", "unmeasured": True},
    {"unmeasured": True},
    {"app": "Overcast", "source": "log"},
    {},
)
_NOT_TOLD = {"unmeasured": None, "impressions": None}


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_unmeasured_ads") as made:
        yield made


@dataclass(frozen=True)
class Heard:
    """One impression: of which campaign, when, in which episode and, where its download is unmeasured, its source."""

    campaign: int
    at: datetime
    episode: int
    source: str | None


class Office:
    """Three campaigns of two sponsors, the last deleted, in two episodes of two shows; across a change of clocks."""

    def __init__(self, books: Database, place: Place, number: int) -> None:
        draw = random.Random(number)  # noqa: S311 - made-up people
        self.place, self.name = place, f"unmeasured-ads-{number}"
        self.writer = writer = Writer(books, self.name, zone=place.zone)
        self.heard: list[Heard] = []
        downloads, impressions = [], []
        with writer.transaction():
            self.shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
            self.episodes = [
                writer.insert("episodes", podcast_id=show, title="Episode", duration_seconds=600)
                for show in self.shows
            ]
            sponsors = [writer.insert("sponsors", name=name) for name in ("Acme", "Globex")]
            self.campaigns = [
                writer.insert("campaigns", name=f"Campaign {n}", sponsor_id=sponsors[n > 1], stage="live",
                              currency="USD", start_date=place.day - timedelta(days=9),
                              end_date=place.day + timedelta(days=9))
                for n in range(4)
            ]  # fmt: skip
            for campaign in self.campaigns:
                for episode in self.episodes:
                    writer.insert("ad_units", campaign_id=campaign, episode_id=episode, unit_type="mid_roll",
                                  position_seconds=60, duration_seconds=30)  # fmt: skip
            for n in range(160):
                # Quarters around the change, and the last and first second of its days.
                at = place.change + timedelta(
                    minutes=15 * draw.randrange(-300, 300), seconds=draw.choice([0, 1, 899])
                )
                data, episode = draw.choice(_DATA), draw.randrange(2)
                source = data.get("source", "unknown") if "unmeasured" in data else None
                downloads.append(ListenerEvent(self.episodes[episode], f"p{n}", "download", at, data))
                for campaign in draw.sample(range(4), draw.choice([0, 1, 1, 2])):
                    self.heard.append(Heard(campaign, at, episode, source))
                    impressions.append(
                        AttributionEvent(
                            self.campaigns[campaign], "impression", at, f"p{n}", self.episodes[episode]
                        )
                    )
            # Of a host that told it by itself there is no download.
            at = place.change + timedelta(hours=3)
            self.heard.append(Heard(0, at, 0, None))
            impressions.append(AttributionEvent(self.campaigns[0], "impression", at, "q", self.episodes[0]))
            writer.listener_events(downloads)
            writer.attribution_events(impressions)
            self.bob = writer.person(f"bob@{self.name}.example", "sponsor", ("sponsor", sponsors[0]))
            self.carol = writer.person(f"carol@{self.name}.example", "podcaster", ("podcast", self.shows[0]))
        with psycopg.connect(books.superuser_dsn, autocommit=True) as owner:
            owner.execute("update campaigns set deleted_at = now() where id = %s", [self.campaigns[3]])

    def filters(self, **said: Any) -> Filters:
        day = self.place.day
        usual = Filters(Period(day - timedelta(days=1), day + timedelta(days=2)), self.writer.zone, NOW)
        return replace(usual, **said)

    def counted(self, f: Filters, campaigns: set[int]) -> tuple[dict[str, int], int]:
        """By hand: impressions in unmeasured downloads by source, and all of them."""
        inside = [
            one
            for one in self.heard
            if one.campaign in campaigns
            and f.period.start <= self.writer.day(one.at) < f.period.end
            and (not f.podcasts or self.shows[one.episode] in f.podcasts)
            and (not f.episodes or self.episodes[one.episode] in f.episodes)
        ]
        return dict(Counter(one.source for one in inside if one.source is not None)), len(inside)


def _told(actor: Actor, f: Filters, campaigns: tuple[UUID, ...] = ()) -> Answer:
    with tenant_session(actor) as connection:
        return unmeasured_impressions(connection, f, campaigns)


def _numbers(answer: Answer) -> tuple[dict[str, int], int]:
    by_source = {row["source"]: row["unmeasured"] for row in answer.rows}
    assert answer.totals["unmeasured"] == sum(by_source.values())
    return by_source, answer.totals["impressions"]


def test_they_equal_a_count_by_hand_in_every_zone_and_scope(books: Database) -> None:
    offices = [Office(books, place, number) for number, place in enumerate(PLACES)]
    refresh.refresh_rollups()
    for office in offices:
        alice = Actor(office.writer.tenant_id)
        narrowed: tuple[dict[str, Any], ...] = (
            {}, {"podcasts": (office.shows[1],)}, {"episodes": (office.episodes[0],)},
            {"period": Period(office.place.day, office.place.day + timedelta(days=1))},
            {"podcasts": (office.shows[0],), "episodes": (office.episodes[1],)},
        )  # fmt: skip
        for said in narrowed:
            f = office.filters(**said)
            # All in scope: without what is deleted, and of a sponsor its own.
            for actor, seen in ((alice, {0, 1, 2}), (office.bob, {0, 1}), (office.carol, set())):
                assert _numbers(_told(actor, f)) == office.counted(f, seen)
                for number in range(4):
                    of_one = replace(f, campaign_id=office.campaigns[number])
                    assert _numbers(_told(actor, of_one)) == office.counted(f, seen & {number})
                two = tuple(office.campaigns[1:3])
                assert _numbers(_told(actor, f, two)) == office.counted(f, seen & {1, 2})
        whole = office.counted(office.filters(), {0, 1, 2})
        assert set(whole[0]) == {"prefix", "log", "unknown"}
        assert sum(whole[0].values()) < whole[1]


def test_they_are_said_by_source_and_not_of_few_people_or_of_times_long_past(books: Database) -> None:
    office = Office(books, PLACES[0], 100)
    refresh.refresh_rollups()
    f = office.filters(campaign_id=office.campaigns[0])
    by_source, impressions = office.counted(f, {0})
    said = unmeasured_ads_words(_told(office.bob, f))
    assert said.startswith(
        f"{sum(by_source.values())} of {impressions} impressions here are of downloads that counted"
    )
    assert f"{by_source['prefix']} from the enclosure prefix" in said
    for chosen in ({"apps": ("Overcast",)}, {"countries": ("DE",)}, {"devices": ("phone",)}):
        answer = _told(office.bob, replace(f, **chosen))
        assert (answer.rows, answer.totals) == ([], _NOT_TOLD)
        assert "not told of an app, a country or a device" in unmeasured_ads_words(answer)
    old = _told(office.bob, replace(f, period=Period(date(2022, 1, 1), NOW.date())))
    assert (old.rows, old.totals) == ([], _NOT_TOLD)
    assert "for the last two years only" in unmeasured_ads_words(old)
    quiet = Period(office.place.day - timedelta(days=30), office.place.day - timedelta(days=20))
    assert unmeasured_ads_words(_told(office.bob, replace(f, period=quiet))) == ""


def test_what_the_rollups_do_not_know_yet_is_not_told(books: Database) -> None:
    office = Office(books, PLACES[0], 101)
    answer = _told(office.bob, office.filters())
    assert answer.totals == {"impressions": 0, "unmeasured": 0}
