"""How far people listen, which ads they heard and which shows they share, against plain loops over the raw events."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from queries import refresh
from queries.campaign_heard import heard_impressions
from queries.filters import Filters
from queries.listening_excluded import excluded_by_reason
from queries.listening_overlap import podcast_overlap
from queries.listening_plays import ad_plays, consumption_curve, platform_curves
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.clock_changes import PLACES, Place, everywhere
from tests.conftest import Database
from tests.listening_oracle import midnight
from tests.oracles import Agreement
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

DURATION = 600
DAYS = 10
REASONS = ("head", "method", "not_modified")
KINDS = ("play", "progress", "progress", "complete", "ad_play", "download", "download")
QUARTILES = ("ad_plays_quarter", "ad_plays_half", "ad_plays_three_quarters", "ad_plays_completed")
_numbers = count(1)


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_plays_oracles") as made:
        yield made


class Organisation:
    """Writes what its number draws around a change of clocks, and remembers it."""

    def __init__(self, books: Database, place: Place, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - made-up events
        self.place = place
        self.zone = ZoneInfo(place.zone)
        self.change = place.change
        self.now = self.change + timedelta(days=DAYS)
        self.writer = Writer(books, f"plays-oracle-{next(_numbers)}", zone=place.zone)
        draw = self.draw
        # A period anywhere around the change, or one that goes across it.
        before, days = (
            (draw.randrange(1, 4), draw.randrange(5, 7))
            if seed % 4
            else (draw.randrange(-1, DAYS // 2 + 1), draw.randrange(1, DAYS // 2))
        )
        start = place.day - timedelta(days=before)
        self.period = Period(start, start + timedelta(days=days))
        with self.writer.transaction():
            self._write()

    def _write(self) -> None:
        writer, draw = self.writer, self.draw
        self.shows = [writer.insert("podcasts", name=name) for name in ("One", "Two", "Three")]
        self.episodes = [
            writer.insert(
                "episodes", podcast_id=self.shows[n % 3], title=f"Episode {n}", duration_seconds=DURATION
            )
            for n in range(4)
        ]
        sponsor = writer.insert("sponsors", name="Sponsor")
        flight = [(self.change + timedelta(days=n)).date() for n in (-DAYS, DAYS)]
        self.campaign = writer.insert("campaigns", name="Sold", stage="live", sponsor_id=sponsor,
                                      start_date=flight[0], end_date=flight[1])  # fmt: skip
        self.units = {
            writer.insert("ad_units", campaign_id=self.campaign, episode_id=self.episodes[episode],
                          unit_type="mid_roll", position_seconds=second, duration_seconds=30): (episode, second)
            for episode, second in ((0, 0), (0, 240), (1, 300), (3, 599))
        }  # fmt: skip
        self.heard = [self._event(number) for number in range(draw.randrange(80, 160))]
        self.delivered = [
            (draw.choice([*self.units, None]), self._moment()) for _ in range(draw.randrange(5, 40))
        ]
        self.refused = [(draw.choice(REASONS), self._moment()) for _ in range(draw.randrange(30))]
        self._at_edges()
        writer.listener_events(self.heard)
        writer.attribution_events(
            AttributionEvent(self.campaign, "impression", at, draw.choice("abcd"), None,
                             {"ad_unit_id": str(unit)} if unit else {})
            for unit, at in self.delivered
        )  # fmt: skip
        with writer.transaction() as owner:
            for number, (reason, at) in enumerate(self.refused):
                owner.execute(
                    "insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)"
                    " values (%s, %s, %s, %s, '2', %s)",
                    [UUID(int=number + 1), writer.tenant_id, self.episodes[0], reason, at],
                )
        taken = writer.insert("etl_imports", import_type="retention_curves", source="curve.csv", status="completed",
                              started_at=self.now, completed_at=self.now)  # fmt: skip
        self.curves = {
            (episode, measure): [draw.randrange(1, 60) for _ in range(5)]
            for episode in self.episodes[:2] for measure in ("listeners", "share")
        }  # fmt: skip
        for (episode, measure), amounts in self.curves.items():
            for as_of, told in (
                (self.period.last_day, amounts),
                (self.period.start - timedelta(days=9), [9] * 5),
                (self.period.end, [7] * 5),
            ):
                writer.insert("retention_curves", episode_id=episode, platform="Apple Podcasts", as_of=as_of,
                              measure=measure, position_unit="second", positions=[0, 15, 30, 45, 60],
                              amounts=[n / 100 for n in told] if measure == "share" else told,
                              import_id=taken)  # fmt: skip

    def _at_edges(self) -> None:
        """In the last second before the period, with its first moment, and so at its end: somebody else each time."""
        unit = next(iter(self.units))
        for day in (self.period.start, self.period.end):
            for second in (-1, 0):
                at, who = midnight(day, self.zone) + timedelta(seconds=second), f"{day} {second}"
                for kind, data in (
                    ("play", {}), ("progress", {"from_s": 0, "to_s": 300}), ("download", {}),
                    ("ad_play", {"ad_unit_id": str(unit), "quartile": 4}),
                ):  # fmt: skip
                    self._hear(who, kind, at, data)
                self._hear(who, "download", at, {}, 1)
                self.delivered.append((unit, at))
                self.refused.append((REASONS[0], at))
        # A play is listened to for less than a day, wherever the period ends.
        for day in (self.period.start, self.period.last_day):
            for second in (-1, 0):
                at, who = midnight(day, self.zone) + timedelta(hours=23), f"{day} for {second}"
                self._hear(who, "play", at, {})
                self._hear(
                    who, "progress", at + timedelta(hours=24, seconds=second), {"from_s": 0, "to_s": 420}
                )

    def _hear(self, who: str, kind: str, at: datetime, data: dict[str, Any], episode: int = 0) -> None:
        event_id = UUID(int=next(_numbers) << 64)
        self.heard.append(ListenerEvent(self.episodes[episode], who, kind, at, data, event_id))

    def _moment(self) -> datetime:
        return self.change + timedelta(hours=self.draw.randrange(-24 * DAYS // 2, 24 * DAYS // 2))

    def _event(self, number: int) -> ListenerEvent:
        draw = self.draw
        kind = draw.choice(KINDS)
        data: dict[str, Any] = {}
        if kind == "progress":
            data = {"from_s": 0, "to_s": draw.randrange(0, DURATION + 30, 60)}
        if kind == "ad_play":
            data = {"ad_unit_id": str(draw.choice(list(self.units)))}
            data |= {} if draw.random() < 0.2 else {"quartile": draw.randrange(5)}
        episode = self.episodes[draw.randrange(4)]
        event_id = UUID(int=(next(_numbers) << 64) + number)
        return ListenerEvent(episode, draw.choice("abcd"), kind, self._moment(), data, event_id)

    def inside(self, at: datetime) -> bool:
        return self.period.start <= at.astimezone(self.zone).date() < self.period.end

    def filters(self) -> Filters:
        return Filters(
            period=self.period, zone=self.zone, now=self.now, comparison="none", campaign_id=self.campaign
        )


def _reached(org: Organisation, episode: UUID) -> list[float]:
    """How far each play got that started in the period; to infinity where it was heard to the end."""
    plays: list[tuple[datetime, list[float]]] = []
    for listener in sorted({e.listener_id for e in org.heard}):
        own = sorted(
            (e for e in org.heard if e.episode_id == episode and e.listener_id == listener),
            key=lambda e: (e.at, e.event_type != "play"),
        )
        current: tuple[datetime, list[float]] | None = None
        for event in own:
            if event.event_type == "play":
                current = (event.at, [0.0])
                plays.append(current)
            elif current is not None and event.at < current[0] + timedelta(hours=24):
                if event.event_type == "progress":
                    current[1].append(event.data["to_s"])
                elif event.event_type == "complete":
                    current[1].append(float("inf"))
    return [max(got) for at, got in plays if org.inside(at)]


def _curves(agree: Agreement, connection: Connection, org: Organisation) -> None:
    rows = consumption_curve(connection, org.filters(), step_seconds=30).rows
    found = {(row["episode_id"], row["second"]): row for row in rows}
    for episode in org.episodes:
        got = _reached(org, episode)
        for second in range(0, DURATION + 1, 30) if got else ():
            row = found.pop((episode, second))
            agree.on("consumption_ratio", row["consumption_ratio"],
                     Fraction(sum(one >= second for one in got), len(got)))  # fmt: skip
            assert (row["plays"], row["heard_to_end"]) == (len(got), sum(one == float("inf") for one in got))
    assert found == {}
    told = platform_curves(connection, org.filters()).rows
    for (episode, measure), amounts in org.curves.items():
        points = [row for row in told if (row["episode_id"], row["measure"]) == (episode, measure)]
        whole = 100 if measure == "share" else max(amounts)
        assert len(points) == len(amounts)
        for row, amount in zip(points, amounts, strict=True):
            agree.on("platform_retention_ratio", row["platform_retention_ratio"], Fraction(amount, whole))


def _ads(agree: Agreement, connection: Connection, org: Organisation) -> None:
    answer = ad_plays(connection, org.filters())
    furthest: dict[tuple[str, UUID, str, Any], int] = {}
    for event in org.heard:
        if event.event_type == "ad_play" and org.inside(event.at):
            key = (
                event.data["ad_unit_id"],
                event.episode_id,
                event.listener_id,
                event.at.astimezone(org.zone).date(),
            )
            furthest[key] = max(furthest.get(key, 0), event.data.get("quartile", 0))
    by_ad = {(str(row["ad_unit_id"]), row["episode_id"]): row for row in answer.rows}
    assert by_ad.keys() == {key[:2] for key in furthest}
    for ad, row in by_ad.items():
        own = [quartile for key, quartile in furthest.items() if key[:2] == ad]
        agree.on("ad_plays", row["ad_plays"], len(own))
        for place, metric in enumerate(QUARTILES, start=1):
            agree.on(metric, row[metric], sum(quartile >= place for quartile in own))
        agree.on("ad_completion_ratio", row["ad_completion_ratio"], Fraction(own.count(4), len(own)))
    assert answer.totals["ad_plays"] == len(furthest)

    heard = heard_impressions(connection, org.filters())
    found = {row["ad_unit_id"]: row["heard_impressions"] for row in heard.rows}
    impressions = Counter(unit for unit, at in org.delivered if org.inside(at))
    known: list[Fraction] = []
    for unit, delivered in impressions.items():
        got = _reached(org, org.episodes[org.units[unit][0]]) if unit else []
        share = Fraction(sum(one >= org.units[unit][1] for one in got), len(got)) if unit and got else None
        known += [] if share is None else [delivered * share]
        agree.on("heard_impressions", found[unit], None if share is None else delivered * share)
    agree.on(
        "heard_impressions", heard.totals["heard_impressions"], sum(known, Fraction(0)) if known else None
    )


def _shared(agree: Agreement, connection: Connection, org: Organisation) -> None:
    found = {
        (row["podcast_id"], row["other_id"]): row for row in podcast_overlap(connection, org.filters()).rows
    }
    show_of = {episode: org.shows[place % 3] for place, episode in enumerate(org.episodes)}
    downloads = [e for e in org.heard if e.event_type == "download" and org.inside(e.at)]
    listeners = {
        show: {e.listener_id for e in downloads if show_of[e.episode_id] == show} for show in org.shows
    }
    pairs = [(one, other) for one in org.shows for other in org.shows if one != other]
    for one, other in pairs:
        shared = len(listeners[one] & listeners[other])
        row = found.pop((one, other), {"shared_listeners": 0, "overlap_ratio": 0})
        agree.on("shared_listeners", row["shared_listeners"], shared)
        agree.on(
            "overlap_ratio", row["overlap_ratio"], Fraction(shared, len(listeners[one])) if shared else 0
        )
    assert found == {}

    counted = Counter(reason for reason, at in org.refused if org.inside(at))
    # From the rollup, and of the one episode that has them from the requests themselves.
    for f in (org.filters(), replace(org.filters(), episodes=(org.episodes[0],))):
        refused = excluded_by_reason(connection, f)
        assert {row["reason"]: row["requests"] for row in refused.rows} == counted
        agree.on("excluded_requests", refused.totals["requests"], counted.total())


_OF = (
    "consumption_ratio", "platform_retention_ratio", "ad_plays", "ad_plays_quarter", "ad_plays_half",
    "ad_plays_three_quarters", "ad_plays_completed", "ad_completion_ratio", "heard_impressions", "shared_listeners",
    "overlap_ratio", "excluded_requests",
)  # fmt: skip
# An organisation of which every metric has something to tell, at each place.
_TELLING = 194
EXAMPLES = ((_TELLING,) * len(PLACES),)
"""What every run compares, at each place."""


@pytest.mark.oracle(*_OF)
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(seeds=everywhere(st.integers(0, 2**32)))
@example(seeds=EXAMPLES[0])
def test_metrics_of_plays_agree_with_plain_loops(
    agree: Agreement, books: Database, seeds: tuple[int, ...]
) -> None:
    compare(agree, written(books, seeds))


def written(books: Database, seeds: tuple[int, ...]) -> list[Organisation]:
    """What the numbers draw for each place, digested."""
    made = [Organisation(books, place, seed) for place, seed in zip(PLACES, seeds, strict=True)]
    refresh.refresh_rollups()
    return made


def compare(agree: Agreement, made: list[Organisation]) -> None:
    """Every number of these organisations with what is counted of it here."""
    for org in made:
        agree.at(org.place, org.period)
        with tenant_session(Actor(org.writer.tenant_id)) as connection:
            _curves(agree, connection, org)
            _ads(agree, connection, org)
            _shared(agree, connection, org)
