"""Impressions, reach and frequency of every range and slice against plain Python over the raw events, in five zones.

Each organisation is drawn: two campaigns of two sponsors in episodes of two shows, and a third episode that carries no
ad of theirs. Most impressions are of a download, whose app, country and device they have; some a host told by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st
from sqlalchemy import Connection

from queries import campaigns, portfolio, refresh, small_cells
from queries.campaign_conversions import ELSEWHERE
from queries.campaign_delivery import UNKNOWN, delivery_by_episode, delivery_by_podcast
from queries.filters import Filters
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.clock_changes import NOW, PLACES, Place, everywhere
from tests.conftest import Database
from tests.listening_oracle import midnight
from tests.oracles import Agreement
from tests.searches import search
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

_numbers = count(1)
PROFILES: tuple[dict[str, str], ...] = (
    {"app": "Spotify", "country": "DE", "device": "phone"},
    {"app": "Overcast", "country": "US", "device": "phone"},
    {"app": "Overcast", "country": "DE", "device": "computer"},
    {},
)
KEYS = ("impressions", "reach", "frequency")


@dataclass(frozen=True)
class Said:
    """One impression, as an offset from a change of clocks."""

    quarter: int
    second: int
    episode: int | None
    listener: str | None
    campaign: int
    profile: int | None


@dataclass(frozen=True)
class Case:
    """What happened, and the view that looks at it.

    `edges`: days from the change of clocks around whose first moment somebody else is reached by each campaign in each
    show and outside both: in the last second before it and with it.
    """

    said: tuple[Said, ...]
    first_day: int
    days: int
    looked_at: float | None
    shows: tuple[int, ...]
    episodes: tuple[int, ...]
    apps: tuple[str, ...]
    countries: tuple[str, ...]
    devices: tuple[str, ...]
    edges: tuple[int, ...] = ()


_said = st.builds(
    Said,
    st.integers(-8 * 96, 5 * 96),
    st.sampled_from([0, 1, 449, 899]),
    st.sampled_from([0, 1, 2, None]),
    st.sampled_from(["ada", "ben", "cyd", "dan", None]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([0, 1, 2, 3, None]),
)


def _some(*values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(lambda found: tuple(sorted(found)))


_cases = st.builds(
    Case,
    st.lists(_said, min_size=1, max_size=50).map(tuple),
    st.integers(-4, 1),
    st.integers(1, 7),
    st.sampled_from([None, -1.25, 0.5, 26]),
    _some(0, 1),
    _some(0, 1, 2),
    _some("Spotify", "Overcast", "unknown"),
    _some("DE", "US", "unknown"),
    _some("phone", "computer", "unknown"),
)
# Of which every view has something to tell: an impression every few hours, across the change.
_TELLING = Case(
    tuple(
        Said(11 * n, n % 900, (0, 1, 2, 0, None)[n % 5], "abcd"[n // 2 % 4], int(n % 4 == 3), n // 3 % 4)
        for n in range(-60, 35)
    ),
    first_day=-2, days=4, looked_at=None, shows=(0,), episodes=(0, 1), apps=("Overcast", "unknown"),
    countries=("DE", "unknown"), devices=("phone", "unknown"),
    # From the day before the compared period to the day after this one.
    edges=tuple(range(-7, 4)),
)  # fmt: skip
# The same while its last days are still to come, so that the days that are over end inside the period.
_RUNNING = replace(_TELLING, looked_at=26)
EXAMPLES = tuple((case,) * len(PLACES) for case in (_TELLING, _RUNNING))
"""What every run compares, at each place."""


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_reach") as made:
        yield made


@dataclass(frozen=True)
class Heard:
    """One impression with all that is known of it."""

    campaign: UUID
    at: datetime
    listener: str | None
    episode: UUID | None
    show: UUID | None
    app: str = "unknown"
    country: str = "unknown"
    device: str = "unknown"


class Organisation:
    """Writes what a case says, and remembers it."""

    def __init__(self, books: Database, place: Place, case: Case) -> None:
        self.place, self.case = place, case
        self.now = NOW if case.looked_at is None else place.change + timedelta(hours=case.looked_at)
        self.name = f"reach-{next(_numbers)}"
        self.writer = Writer(books, self.name, zone=place.zone)
        with self.writer.transaction():
            self._write()

    def _write(self) -> None:
        writer, place = self.writer, self.place
        self.shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
        # The first two carry ads, the third belongs to the second show and carries none.
        self.episodes = [
            writer.insert(
                "episodes", podcast_id=self.shows[n > 0], title=f"Episode {n}", duration_seconds=600
            )
            for n in range(3)
        ]
        sponsors = [writer.insert("sponsors", name=name) for name in ("Acme", "Globex")]
        flight = {"start_date": place.day - timedelta(days=30), "end_date": place.day + timedelta(days=30)}
        self.campaigns = [
            writer.insert("campaigns", name=f"Campaign {n}", sponsor_id=sponsor, stage="live", currency="USD", **flight)
            for n, sponsor in enumerate(sponsors)
        ]  # fmt: skip
        # Whom it alone reached, nobody is told of.
        deleted = writer.insert("campaigns", name="Deleted", sponsor_id=sponsors[0], stage="live", currency="USD",
                                deleted_at=place.change, **flight)  # fmt: skip
        for campaign in self.campaigns:
            for episode in self.episodes[:2]:
                ad = {"campaign_id": campaign, "episode_id": episode, "duration_seconds": 30}
                writer.insert("ad_units", unit_type="mid_roll", position_seconds=60, **ad)
                writer.insert(
                    "ad_units", unit_type="pre_roll", position_seconds=0, deleted_at=place.change, **ad
                )
        self.bob = writer.person(f"bob@{self.name}.example", "sponsor", ("sponsor", sponsors[0]))
        downloads: dict[tuple[str, UUID, datetime], dict[str, str]] = {}
        self.heard: list[Heard] = []
        for said in self.case.said:
            at = place.change + timedelta(minutes=15 * said.quarter, seconds=said.second)
            if at >= self.now:
                continue
            episode = None if said.episode is None else self.episodes[said.episode]
            profile: dict[str, str] = {}
            if (
                said.listener
                and episode
                and (said.profile is not None or (said.listener, episode, at) in downloads)
            ):
                # A listener has one download of an episode at a moment, whatever ads stand in it.
                profile = downloads.setdefault((said.listener, episode, at), PROFILES[said.profile or 0])
            show = self.shows[said.episode > 0] if said.episode in (0, 1) else None
            self.heard.append(
                Heard(self.campaigns[said.campaign], at, said.listener, episode, show, **profile)
            )
        for number, day in enumerate(self.case.edges):
            for second in (-1, 0):
                at = midnight(place.day + timedelta(days=day), writer.zone) + timedelta(seconds=second)
                if at < self.now:
                    self._at_edge(f"edge {number} {second}", at, downloads, deleted)
        writer.listener_events(
            ListenerEvent(episode, who, "download", at, data)
            for (who, episode, at), data in downloads.items()
        )
        writer.attribution_events(
            AttributionEvent(one.campaign, "impression", one.at, one.listener, one.episode)
            for one in self.heard
        )

    def _at_edge(
        self,
        who: str,
        at: datetime,
        downloads: dict[tuple[str, UUID, datetime], dict[str, str]],
        deleted: UUID,
    ) -> None:
        """Somebody of their own for each campaign and show, of whom there is nothing at any other moment."""
        for number, campaign in enumerate((*self.campaigns, deleted)):
            for place, episode in enumerate((*self.episodes[:2], None)):
                listener = f"{who} {number} {place}"
                if episode:
                    downloads[listener, episode, at] = PROFILES[3]
                show = self.shows[place] if episode else None
                self.heard.append(Heard(campaign, at, listener, episode, show))

    def filters(self) -> Filters:
        case, start = self.case, self.place.day + timedelta(days=self.case.first_day)
        return Filters(
            period=Period(start, start + timedelta(days=case.days)), zone=self.writer.zone, now=self.now,
            campaign_id=self.campaigns[0],
        )  # fmt: skip

    def views(self) -> list[Filters]:
        """All of it, and narrowed by each filter of the case alone and by all of them together."""
        whole, case = self.filters(), self.case
        narrowed: dict[str, Any] = {
            "podcasts": tuple(self.shows[n] for n in case.shows),
            "episodes": tuple(self.episodes[n] for n in case.episodes),
            "apps": case.apps, "countries": case.countries, "devices": case.devices,
        }  # fmt: skip
        return [
            whole, *(replace(whole, **{key: values}) for key, values in narrowed.items()),
            # Of an episode that nobody knows no show and no app is known, and it is in no view of some.
            *(replace(whole, **{**narrowed, key: ()}) for key in ("podcasts", "episodes")),
            replace(whole, **narrowed), replace(whole, comparison="none", **narrowed),
        ]  # fmt: skip

    def day(self, moment: datetime) -> date:
        return self.writer.day(moment)

    def of(self, f: Filters, campaigns: set[UUID], period: Period | None = None) -> list[Heard]:
        """The impressions that the view is about."""
        period = period or f.period
        return [
            one
            for one in self.heard
            if one.campaign in campaigns
            and period.start <= self.day(one.at) < period.end
            and (not f.podcasts or one.show in f.podcasts)
            and (not f.episodes or one.episode in f.episodes)
            and (not f.apps or one.app in f.apps)
            and (not f.countries or one.country in f.countries)
            and (not f.devices or one.device in f.devices)
        ]


def _told(heard: list[Heard]) -> dict[str, Any]:
    reach = len({one.listener for one in heard} - {None})
    frequency = Fraction(len(heard), reach) if reach else None
    return {"impressions": len(heard), "reach": reach, "frequency": frequency}


def _same(found: Any, counted: Any) -> bool:
    if found is None or counted is None:
        return found is counted
    return abs(Fraction(found) - counted) <= Fraction(counted) / 10**12


def _compare(
    agree: Agreement, rows: dict[Any, Any], org: Organisation, f: Filters, mine: set[UUID], earlier: Filters
) -> None:
    """Value, value of whole days and before of the three figures; `earlier` says what there was to compare with."""
    counted = _told(org.of(f, mine))
    for key in KEYS:
        agree.on(key, rows[key]["value"], counted[key])
    if f.comparison == "none":
        assert {rows[key]["previous"] for key in KEYS} == {None}
        return
    compared, whole = f.compared, f.whole
    ever = (
        Period(compared.start - timedelta(days=90), compared.start + timedelta(days=1)) if compared else None
    )
    if compared is None or whole is None or not org.of(earlier, mine, ever):
        assert {rows[key]["previous"] for key in KEYS} == {None}
        return
    before, over = _told(org.of(f, mine, compared)), _told(org.of(f, mine, whole))
    for key in KEYS:
        assert _same(rows[key]["previous"], before[key]), (key, "previous")
        assert _same(rows[key]["compared_value"], over[key]), (key, "compared_value")


def _campaign(agree: Agreement, connection: Connection, org: Organisation) -> None:
    mine = {org.campaigns[0]}
    for f in org.views():
        answer = campaigns.campaign_figures(connection, f)
        rows = {row["metric"]: row for row in answer.rows}
        # Whether a show or an episode ran before is known of the whole of it.
        _compare(agree, rows, org, f, mine, replace(f, apps=(), countries=(), devices=()))
        is_narrowed = any((f.podcasts, f.episodes, f.apps, f.countries, f.devices))
        for key in rows.keys() - set(KEYS):
            assert (rows[key]["note"] == campaigns.NOT_KNOWN) == is_narrowed, key
            assert not is_narrowed or rows[key]["value"] is None
        _breakdowns(agree, connection, org, f, mine)
        if f.apps or f.countries or f.devices:
            continue
        days = [f.period.start + timedelta(days=n) for n in range(f.period.days)]
        per_day = [
            _told(org.of(f, mine, Period(day, day + timedelta(days=1)))) for day in days if day <= f.today
        ]
        for key in ("impressions", "reach"):
            assert rows[key]["spark"] == [told[key] for told in per_day]


def _breakdowns(
    agree: Agreement, connection: Connection, org: Organisation, f: Filters, mine: set[UUID]
) -> None:
    heard = org.of(f, mine)
    by_show: dict[tuple[UUID | None, str], list[Heard]] = {}
    by_episode: dict[UUID | None, list[Heard]] = {}
    for one in heard:
        name = {org.shows[0]: "One", org.shows[1]: "Two", None: ELSEWHERE if one.episode else UNKNOWN}[
            one.show
        ]
        by_show.setdefault((one.show, name), []).append(one)
        by_episode.setdefault(one.episode, []).append(one)
    shows = delivery_by_podcast(connection, f)
    # Of shows and episodes where a filter by app, country or device leaves nothing it is told that it is nothing.
    found = {(row["podcast_id"], row["podcast_name"]): row for row in shows.rows if row["impressions"]}
    assert len({(row["podcast_id"], row["podcast_name"]) for row in shows.rows}) == len(shows.rows)
    assert found.keys() == by_show.keys()
    episodes = delivery_by_episode(connection, f)
    # Episodes that carry its ads without one stand there too.
    delivered = {row["episode_id"]: row for row in episodes.rows if row["impressions"]}
    assert delivered.keys() == by_episode.keys()
    kinds = {row["episode_id"]: row["unit_types"] for row in episodes.rows}
    assert kinds == {episode: "mid-roll" if episode in org.episodes[:2] else "" for episode in kinds}, (
        "none that is deleted"
    )
    for rows, groups in ((found, by_show), (delivered, by_episode)):
        for name, group in groups.items():
            counted = _told(group)
            for key in KEYS:
                agree.on(key, rows[name][key], counted[key])
            assert _same(rows[name]["share"], Fraction(len(group), len(heard)))


def _portfolio(agree: Agreement, connection: Connection, org: Organisation, mine: set[UUID]) -> None:
    f = org.filters()
    for ask in (portfolio.portfolio_figures, portfolio.reach_of_all):
        rows = {row["metric"]: row for row in ask(connection, f).rows}
        _compare(agree, rows, org, f, mine, f)
    for view in org.views():
        if not (view.apps or view.countries or view.devices):
            continue
        rows = {row["metric"]: row for row in portfolio.reach_of_all(connection, view).rows}
        assert {row["previous"] for row in rows.values()} == {None}
        counted = _told(org.of(replace(view, podcasts=(), episodes=()), mine))
        for key in KEYS:
            agree.on(key, rows[key]["value"], counted[key])
    rows = {row["metric"]: row for row in portfolio.portfolio_figures(connection, f).rows}
    days = [f.period.start + timedelta(days=n) for n in range(f.period.days)]
    per_day = [_told(org.of(f, mine, Period(day, day + timedelta(days=1)))) for day in days if day <= f.today]
    for key in ("impressions", "reach"):
        assert rows[key]["spark"] == [told[key] for told in per_day]


@pytest.mark.oracle(*KEYS)
@search(2, 40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(cases=everywhere(_cases))
@example(cases=EXAMPLES[0])
@example(cases=EXAMPLES[1])
def test_reach_of_any_range_and_slice(agree: Agreement, books: Database, cases: tuple[Case, ...]) -> None:
    compare(agree, written(books, cases))


def written(books: Database, cases: tuple[Case, ...]) -> list[Organisation]:
    """What was drawn for each place, digested."""
    made = [Organisation(books, place, case) for place, case in zip(PLACES, cases, strict=True)]
    refresh.refresh_rollups()
    return made


def compare(agree: Agreement, made: list[Organisation]) -> None:
    """Every number of these organisations with what is counted of it here."""
    # These are few people: nothing would be told by app. What is not told has tests of its own.
    with patch.object(small_cells, "SMALL_CELL", 1):
        for org in made:
            agree.at(org.place, org.filters().period)
            for reader, seen in ((Actor(org.writer.tenant_id), org.campaigns), (org.bob, org.campaigns[:1])):
                with tenant_session(reader) as connection:
                    _campaign(agree, connection, org)
                    _portfolio(agree, connection, org, set(seen))
