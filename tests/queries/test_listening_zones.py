"""Small made-up worlds in five time zones, around both changes of clocks: every listening number against plain Python.

One example of the numbers is a world for each place, so that they are digested together.
The rollups are made by the worker's commands, the questions asked as a person; the oracle sees raw events only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import UUID

import psycopg
import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st
from sqlalchemy import Connection

from queries import (
    catalogue,
    listening,
    listening_breakdowns,
    listening_trend,
    listening_unmeasured,
    refresh,
    small_cells,
)
from queries.filters import Filters
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings, use_settings, with_databases
from tests.clock_changes import NOW, PLACES, Place, everywhere
from tests.conftest import Database
from tests.listening_oracle import Counted, change, midnight
from tests.oracles import Agreement
from tests.searches import search
from tests.world import ListenerEvent, Writer

_numbers = count(1)


@pytest.fixture(scope="module")
def zones(make_database: Callable[[str], Database], settings: Settings) -> Iterator[Database]:
    """A database that every example adds a tenant to."""
    made = make_database("podboard_zones")
    use_settings(with_databases(settings, runtime=made.web_dsn, worker=made.worker_dsn, owner=made.owner_dsn))
    yield made
    use_settings(settings)


@dataclass(frozen=True)
class Case:
    """Events as offsets from a change of clocks, and the view that looks at them.

    `edges`: days from the change of clocks around whose first moment somebody else downloads something: in the last
    second before it and with it. The fourth episode and the show of the fifth are deleted.
    """

    events: tuple[tuple[int, int, int, str, str, int], ...]
    first_day: int
    days: int
    comparison: Any
    looked_at: float | None
    edges: tuple[tuple[int, int], ...] = ()

    def now(self, place: Place) -> datetime:
        """When the view is opened: long after everything, or around the change of clocks inside the period."""
        return NOW if self.looked_at is None else place.change + timedelta(hours=self.looked_at)

    def period(self, place: Place) -> Period:
        start = place.day + timedelta(days=self.first_day)
        return Period(start, start + timedelta(days=self.days))


_event = st.tuples(
    st.integers(-5 * 96, 5 * 96),  # quarter hours from the change of clocks
    st.sampled_from([0, 1, 449, 899]),  # seconds into the quarter hour
    st.integers(0, 2),  # episode
    st.sampled_from(["ada", "ben", "cyd"]),
    st.sampled_from(["download", "download", "download", "play", "progress", "complete", "follow"]),
    st.integers(0, 2),  # profile
)


_KINDS = ("download", "play", "progress", "download", "complete", "progress", "download")
_cases = st.builds(
    Case,
    st.lists(_event, min_size=1, max_size=40).map(tuple),
    st.integers(-4, 1),
    st.integers(1, 7),
    st.sampled_from(["previous", "year", "none"]),
    st.sampled_from([None, -49, -1.25, 0, 0.5, 26, 70]),
    st.lists(st.tuples(st.integers(-5, 4), st.integers(0, 4)), max_size=6).map(tuple),
)
# Of which every metric has something to tell: something every few hours, across the change.
_TELLING = Case(
    tuple(
        (11 * n, n % 900, n % 3, ("ada", "ben", "cyd")[n // 2 % 3], _KINDS[n % 7], n // 3 % 3)
        for n in range(-35, 35)
    ),
    first_day=-3, days=6, comparison="previous", looked_at=None,
    # From the day before the compared period to the day after this one.
    edges=tuple((day, episode) for day in range(-10, 5) for episode in range(5)),
)  # fmt: skip
# The same while its last days are still to come, so that the days that are over end inside the period.
# It begins on the first day compared with; a day later there is nothing to compare with. The deleted show's episode had
# its downloads in the days compared with alone: it is none of the period's.
_RUNNING = replace(
    _TELLING,
    looked_at=26,
    edges=tuple((day, episode) for day, episode in _TELLING.edges if day > -7 and (episode < 4 or day < -3)),
)
_BEGUN = replace(_RUNNING, looked_at=50)
EXAMPLES = tuple((case,) * len(PLACES) for case in (_TELLING, _RUNNING, _BEGUN))
"""What every run compares, at each place."""


_PROFILES: tuple[dict[str, Any], ...] = (
    {"app": "Spotify", "country": "DE", "device": "phone"},
    {"app": "Overcast", "country": "US", "device": "phone", "source": "prefix", "unmeasured": True},
    {"source": "log", "unmeasured": True},
)


def _tenant(zones: Database, place: Place, case: Case) -> tuple[Writer, Counted, list[UUID]]:
    writer = Writer(zones, f"zone-{next(_numbers)}", zone=place.zone)
    with writer.transaction():
        shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
        episodes = [
            writer.insert("episodes", podcast_id=shows[n // 2], title=f"Episode {n}", published_at=place.change,
                          duration_seconds=600)
            for n in range(3)
        ]  # fmt: skip
        shows.append(writer.insert("podcasts", name="Deleted", deleted_at=place.change))
        gone = {"published_at": place.change, "duration_seconds": 600}
        episodes += [
            writer.insert("episodes", podcast_id=shows[0], title="Deleted", deleted_at=place.change, **gone),
            writer.insert("episodes", podcast_id=shows[2], title="Of a deleted show", **gone),
        ]
        events = [
            ListenerEvent(
                episodes[episode], listener, kind, place.change + timedelta(minutes=15 * quarter, seconds=second),
                {**_PROFILES[profile], **({"from_s": 10, "to_s": 10 + second} if kind == "progress" else {})},
            )
            for quarter, second, episode, listener, kind, profile in case.events
        ]  # fmt: skip
        events += [
            ListenerEvent(
                episodes[episode], f"edge {number} {second}", "download",
                midnight(place.day + timedelta(days=day), writer.zone) + timedelta(seconds=second),
                _PROFILES[number % 2],
            )
            for number, (day, episode) in enumerate(case.edges)
            for second in (-1, 0)
        ]  # fmt: skip
        writer.listener_events(events)
    show_of = (0, 0, 1, 0, 2)
    return (
        writer,
        Counted(events, {episode: shows[n] for n, episode in zip(show_of, episodes, strict=True)}),
        episodes,
    )


_OF = ("downloads", "unique_listeners", "plays", "completion_ratio", "average_listen_seconds")


@pytest.mark.oracle(*_OF)
@search(2, 50, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(cases=everywhere(_cases))
@example(cases=EXAMPLES[0])
@example(cases=EXAMPLES[1])
@example(cases=EXAMPLES[2])
def test_every_number_in_every_zone(agree: Agreement, zones: Database, cases: tuple[Case, ...]) -> None:
    compare(agree, written(zones, cases))


_Made = tuple[Place, Case, tuple[Writer, Counted, list[UUID]]]


def written(zones: Database, cases: tuple[Case, ...]) -> list[_Made]:
    """What was drawn for each place, digested."""
    made = [(place, case, _tenant(zones, place, case)) for place, case in zip(PLACES, cases, strict=True)]
    refresh.refresh_rollups()
    refresh.refresh_metrics_daily()
    return made


def compare(agree: Agreement, made: list[_Made]) -> None:
    """Every number of these worlds with what is counted of it here."""
    for place, case, tenant in made:
        agree.at(place, case.period(place))
        _compare(agree, place, case, *tenant)


def _compare(
    agree: Agreement, place: Place, case: Case, writer: Writer, counted: Counted, episodes: list[UUID]
) -> None:
    period = case.period(place)
    base = Filters(
        period=period, zone=writer.zone, now=case.now(place), comparison=case.comparison, grain="day"
    )
    views = [
        base,
        Filters(**{**_fields(base), "podcasts": (counted.podcast_of[episodes[0]],)}),
        Filters(**{**_fields(base), "apps": ("Spotify", "unknown"), "devices": ("phone",)}),
    ]
    # These worlds are made of single downloads: nothing would be told. What is not told has tests of its own.
    with patch.object(small_cells, "SMALL_CELL", 1), tenant_session(Actor(writer.tenant_id)) as connection:
        for f in views:
            answer = listening.overview_figures(connection, f)
            figures = {row["metric"]: row for row in answer.rows}
            assert dict(answer.reaches) == _reached(counted, f)
            agree.on("downloads", figures["downloads"]["value"], counted.downloads(f))
            unmeasured = _compare_unmeasured(connection, counted, f)
            assert case != _TELLING or all(unmeasured.values())
            compared, whole = counted.compared(f), counted.whole(f) if case.comparison != "none" else None
            over = counted.downloads(f, whole) if whole else None
            before = counted.downloads(f, compared) if compared else None
            for key, wanted in (
                ("compared_value", over),
                ("previous", before),
                ("change_ratio", change(over, before)),
            ):
                assert figures["downloads"][key] == wanted, key
            by_dimension = bool(f.apps)
            if not by_dimension:
                agree.on("unique_listeners", figures["unique_listeners"]["value"], counted.listeners(f))
                assert figures["unique_listeners"]["previous"] == (
                    counted.listeners(f, compared) if compared else None
                )
                if compared:
                    assert figures["unique_listeners"]["compared_value"] == counted.listeners(f, whole)
                    assert figures["plays"]["previous"] == counted.plays(f, compared)[0]
                plays, completes, seconds = counted.plays(f)
                agree.on("plays", figures["plays"]["value"], plays)
                for metric, total in (
                    ("completion_ratio", Decimal(completes)),
                    ("average_listen_seconds", seconds),
                ):
                    agree.on(metric, figures[metric]["value"], total / plays if plays else None)
            for grain in ("hour", "day", "week", "month"):
                trend = listening_trend.downloads_trend(connection, Filters(**{**_fields(f), "grain": grain}))
                assert (
                    sum(row["downloads"] or 0 for row in trend.rows)
                    == trend.totals["downloads"]
                    == counted.downloads(f)
                )
                assert (trend.totals["compared"], trend.totals["previous"]) == (over, before)
                if compared:
                    assert sum(row["previous"] or 0 for row in trend.rows) == before
                if grain == "hour":
                    assert {row["bucket"]: row["downloads"] or 0 for row in trend.rows} == counted.by_hour(
                        f, period
                    )
                    beside = {row["bucket"]: (row["previous_bucket"], row["previous"]) for row in trend.rows}
                    assert beside == counted.compared_by_hour(f, compared)
                elif grain == "day":
                    assert {row["bucket"]: row["downloads"] or 0 for row in trend.rows} == counted.by_day(
                        f, period
                    )
            for ask, key, column in (
                (listening_breakdowns.downloads_by_app, "app", "app"),
                (listening_breakdowns.downloads_by_country, "country", "country"),
                (listening_breakdowns.downloads_by_device, "device", "device_type"),
                (listening_breakdowns.top_episodes, "episode_id", "episode_id"),
            ):
                answer = ask(connection, f)
                rows, found_by = answer.rows, counted.by(key, f, period)
                if key == "episode_id":
                    assert answer.totals == {"downloads": counted.downloads(f), "episodes": len(found_by)}
                # What is deleted counts, and has no name of its own to be told by: it is what is left, under None.
                told = {one: downloads for one, downloads in found_by.items() if one not in episodes[3:]}
                if told.keys() < found_by.keys():
                    told[None] = _left(found_by, told)
                assert {row.get(column): row["downloads"] for row in rows} == told
                if compared:
                    over_by, before_by = counted.by(key, f, whole), counted.by(key, f, compared)
                    for row in rows:
                        over_and_before = [
                            by[row[column]] if column in row else _left(by, told)
                            for by in (over_by, before_by)
                        ]
                        assert [row["compared_value"], row["previous"]] == over_and_before

        for f, is_compared in _by_dimension(base, counted, episodes, place):
            told = _compare_listeners(agree, connection, counted, f)
            # Nothing but zeros and gaps would prove nothing.
            assert case != _TELLING or all(told if is_compared else told[:1])


def _left(counted: Counter[Any], told: Collection[Any]) -> int:
    """How many of them are of none of those that are told."""
    return sum(count for one, count in counted.items() if one not in told)


def _compare_unmeasured(connection: Connection, counted: Counted, f: Filters) -> Counter[str]:
    """Downloads of which nobody knows the bytes, by source."""
    answer = listening_unmeasured.unmeasured_downloads(connection, f)
    matching = counted.matching(f, f.period)
    by_source = Counter(event.data["source"] for event in matching if event.data.get("unmeasured"))
    if (f.podcasts or f.episodes) and (f.apps or f.countries or f.devices):
        assert (answer.rows, set(answer.totals.values())) == ([], {None})
    else:
        assert {row["source"]: row["unmeasured"] for row in answer.rows} == by_source
        assert answer.totals == {"unmeasured": by_source.total(), "downloads": len(matching)}
    return by_source


def _by_dimension(
    base: Filters, counted: Counted, episodes: list[UUID], place: Place
) -> list[tuple[Filters, bool]]:
    """Views that only raw events answer of listeners: by app, country and device, alone and with shows and episodes.

    With each whether the case that tells something has something to compare with there: in three days across the
    change. The last is looked at while they run, so that fewer of them are over.
    """
    show, (first, *others) = counted.podcast_of[episodes[0]], episodes[:3]
    short = {"period": Period(place.day - timedelta(days=1), place.day + timedelta(days=2))}
    chosen: tuple[dict[str, Any], ...] = (
        {"apps": ("Spotify", "unknown"), "devices": ("phone", "unknown")},
        {"countries": ("DE", "US"), "podcasts": (show,)},
        {"devices": ("phone",), "episodes": tuple(others), **short},
        {"apps": ("Overcast", "Spotify"), "countries": ("DE", "US"), "devices": ("phone",), "podcasts": (show,),
         "episodes": (first,)},
        {"countries": ("DE", "US"), **short},
        {"countries": ("DE", "US"), **short, "now": place.change + timedelta(hours=26)},
    )  # fmt: skip
    return [(Filters(**{**_fields(base), **more}), "period" in more) for more in chosen]


def _compare_listeners(
    agree: Agreement, connection: Connection, counted: Counted, f: Filters
) -> tuple[int, int | None, int | None]:
    """Unique listeners under filters that rollups do not know, as the figure and as the one number."""
    figures = {row["metric"]: row for row in listening.overview_figures(connection, f).rows}
    found = figures["unique_listeners"]
    compared, whole = counted.compared(f), counted.whole(f)
    wanted = (
        counted.listeners(f),
        counted.listeners(f, whole) if compared else None,
        counted.listeners(f, compared) if compared else None,
    )
    agree.on("unique_listeners", found["value"], wanted[0])
    _compare_unmeasured(connection, counted, f)
    assert (found["value"], found["compared_value"], found["previous"]) == wanted
    assert found["change_ratio"] == change(*wanted[1:])
    assert listening.unique_listeners(connection, f) == wanted[0]
    return wanted


def _reached(counted: Counted, f: Filters) -> dict[str, date | None]:
    """The last day on which each source brought something, by hand."""
    last = {
        source: max(
            (event.at.astimezone(f.zone).date() for event in counted.matching(f, f.period, [kind])),
            default=None,
        )
        for source, kind in (("Downloads", "download"), ("Plays", "play"))
        if not (f.apps and kind == "play")
    }
    return last if any(last.values()) else {}


def _fields(f: Filters) -> dict[str, Any]:
    return {name: getattr(f, name) for name in Filters.__slots__}


@search(5, 60)
@given(place=st.sampled_from(PLACES), case=_cases)
def test_rollups_aggregates_and_raw_events_agree(zones: Database, place: Place, case: Case) -> None:
    writer, counted, _ = _tenant(zones, place, case)
    refresh.refresh_rollups()
    with writer.transaction() as owner:
        assert _stored(owner, "listener_events_hourly", writer) == _buckets(counted, timedelta(hours=1))
        assert _stored(owner, "listener_events_daily", writer) == _buckets(counted, timedelta(days=1))
        quarters = owner.execute(
            "select episode_id, bucket, downloads from internal.download_quarters where tenant_id = %s",
            [writer.tenant_id],
        ).fetchall()
        days = owner.execute(
            "select episode_id, local_day, downloads from internal.episode_days where tenant_id = %s",
            [writer.tenant_id],
        ).fetchall()
        dimensions = owner.execute(
            "select episode_id, local_day, app, device_type, country, downloads from internal.download_days "
            "where tenant_id = %s",
            [writer.tenant_id],
        ).fetchall()
        listeners = owner.execute(
            "select d.episode_id, d.local_day, l.listener_id from internal.listener_days d "
            "join internal.listeners l using (tenant_id, listener_no) where d.tenant_id = %s",
            [writer.tenant_id],
        ).fetchall()
    downloads = [event for event in counted.events if event.event_type == "download"]
    quarter = timedelta(minutes=15)
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    assert {row[:2]: row[2] for row in quarters} == Counter(
        (event.episode_id, epoch + (event.at - epoch) // quarter * quarter) for event in downloads
    )
    assert {row[:2]: row[2] for row in days} == Counter(
        (event.episode_id, writer.day(event.at)) for event in downloads
    )
    assert {row[:5]: row[5] for row in dimensions} == Counter(
        (
            event.episode_id,
            writer.day(event.at),
            *(event.data.get(key) or "unknown" for key in ("app", "device", "country")),
        )
        for event in downloads
    )
    assert sorted(listeners) == sorted(
        {(event.episode_id, writer.day(event.at), event.listener_id) for event in downloads}
    )
    # Where the zone is UTC the daily aggregate and the tenant's days are the same thing.
    if place.zone == "UTC":
        daily = _buckets(counted, timedelta(days=1))
        assert {(episode, day): n for episode, day, n in days} == {
            (episode, bucket.date()): counts[0]
            for (episode, kind, bucket), counts in daily.items()
            if kind == "download"
        }


def _stored(
    owner: psycopg.Connection[tuple[Any, ...]], relation: str, writer: Writer
) -> dict[Any, tuple[int, int]]:
    # The view is read as the owner, who stands behind the barrier but not outside it: the tenant is set.
    rows = owner.execute(
        f"select episode_id, event_type, bucket, event_count, unique_listeners from {relation} where tenant_id = %s",
        [writer.tenant_id],
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


def _buckets(counted: Counted, width: timedelta) -> dict[Any, tuple[int, int]]:
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    found: dict[Any, list[str]] = {}
    for event in counted.events:
        bucket = epoch + (event.at - epoch) // width * width
        found.setdefault((event.episode_id, event.event_type, bucket), []).append(event.listener_id)
    return {key: (len(listeners), len(set(listeners))) for key, listeners in found.items()}


def test_milestones_are_exactly_so_many_hours(zones: Database) -> None:
    published = NOW - timedelta(days=40, minutes=7)
    writer = Writer(zones, "milestones", zone="America/New_York")
    episode = writer.insert(
        "episodes", podcast_id=writer.insert("podcasts", name="Show"), title="Episode", published_at=published
    )
    instant = timedelta(microseconds=1)
    moments = [published - instant, published]
    for hours in (24, 72, 168, 720):
        moments += [published + timedelta(hours=hours) - instant, published + timedelta(hours=hours)]
    events = [ListenerEvent(episode, f"listener {n}", "download", at) for n, at in enumerate(moments)]
    events += [ListenerEvent(episode, "player", "play", published + timedelta(hours=1))]
    writer.listener_events(events)
    refresh.refresh_rollups()
    assert _milestones(writer, episode) == {1: 2, 3: 4, 7: 6, 30: 8}
    counted = Counted(events, {})
    for days, downloads in _milestones(writer, episode).items():
        assert downloads == counted.first_hours(episode, published, 24 * days)


def test_milestones_appear_when_their_time_is_over_and_not_before(zones: Database) -> None:
    writer = Writer(zones, "young", zone="Europe/Berlin")
    now = datetime.now(UTC)
    show = writer.insert("podcasts", name="Show")
    young = writer.insert(
        "episodes", podcast_id=show, title="Young", published_at=now - timedelta(hours=72, minutes=-1)
    )
    silent = writer.insert(
        "episodes", podcast_id=show, title="Silent", published_at=now - timedelta(hours=169)
    )
    old = writer.insert("episodes", podcast_id=show, title="Old", published_at=now - timedelta(days=50))
    writer.listener_events(
        [
            ListenerEvent(young, "ada", "download", now - timedelta(hours=70)),
            *(ListenerEvent(old, "ben", "download", now - timedelta(minutes=n)) for n in (50_000, 1)),
        ]
    )
    refresh.refresh_rollups()
    refresh.refresh_milestones()
    assert _milestones(writer, young) == {1: 1}
    assert _milestones(writer, silent) == {1: 0, 3: 0, 7: 0}
    assert refresh.refresh_milestones() == 0, "nothing is counted twice"
    f = Filters(
        period=Period(now.date() - timedelta(days=8), now.date() + timedelta(days=2)),
        zone=writer.zone,
        now=now,
    )
    with tenant_session(Actor(writer.tenant_id)) as connection:
        found = {row["title"]: row for row in listening_breakdowns.top_episodes(connection, f).rows}
    assert found["Young"]["first_7_day_downloads"] is None
    assert found["Young"]["first_7_day_state"] == "not complete yet"


NO_END = "not complete yet: the data does not reach the end of the 168 hours"
NO_BEGINNING = "not known: the data begins after publication"


def test_first_days_are_not_complete_before_the_data_reaches_their_end(zones: Database) -> None:
    """Their time is over, and the import that brings their last hours has not come."""
    writer = Writer(zones, "unfinished", zone="Europe/Berlin")
    show = writer.insert("podcasts", name="Show")
    published = NOW - timedelta(days=40, minutes=7)
    episode = writer.insert("episodes", podcast_id=show, title="Episode", published_at=published)
    end = published + timedelta(hours=168)
    instant = timedelta(microseconds=1)
    # Another show of the tenant has data for longer, and no more of it.
    other = writer.insert(
        "episodes", podcast_id=writer.insert("podcasts", name="Other"), title="Other",
        published_at=published - timedelta(days=2),
    )  # fmt: skip
    writer.listener_events(
        [
            *(
                ListenerEvent(episode, f"l{n}", "download", published + timedelta(hours=n))
                for n in (0, 30, 100)
            ),
            ListenerEvent(other, "ada", "download", published - timedelta(days=2)),
            ListenerEvent(other, "ada", "download", end - instant),
            # Plays are no downloads: of those nothing is known after the last.
            ListenerEvent(episode, "player", "play", end + timedelta(hours=5)),
        ]
    )
    refresh.refresh_rollups()
    assert _first_days(writer, episode) == {
        1: (1, None), 3: (2, None), 7: (None, "end"), 30: (None, "end"),
    }  # fmt: skip
    assert _week(writer, "Episode") == (None, NO_END)
    assert refresh.refresh_milestones() == 0, "nothing is written twice"
    # What comes of the other show tells that the tenant's data goes on; what comes late is counted.
    writer.listener_events(
        [
            ListenerEvent(other, "ben", "download", end),
            ListenerEvent(episode, "late", "download", end - timedelta(minutes=1)),
            ListenerEvent(episode, "later", "download", published + timedelta(hours=50)),
        ]
    )
    refresh.refresh_rollups()
    assert _first_days(writer, episode) == {
        1: (1, None), 3: (3, None), 7: (5, None), 30: (None, "end"),
    }  # fmt: skip
    assert _week(writer, "Episode") == (5, "complete")
    # What is taken back takes its end with it.
    with writer.transaction() as owner:
        owner.execute("delete from listener_events where tenant_id = %s and occurred_at >= %s",
                      [writer.tenant_id, end])  # fmt: skip
    refresh.refresh_rollups()
    assert _week(writer, "Episode") == (None, NO_END)


def test_an_episode_published_before_its_podcasts_data_begins_is_not_known(zones: Database) -> None:
    writer = Writer(zones, "joined", zone="America/New_York")
    known, joined = (writer.insert("podcasts", name=name) for name in ("Known", "Joined"))
    begin = NOW - timedelta(days=12, minutes=7)
    instant = timedelta(microseconds=1)
    episodes = {
        title: writer.insert("episodes", podcast_id=podcast, title=title, published_at=published)
        for title, podcast, published in (
            ("Long known", known, begin - timedelta(days=60)),
            # Of long before raw events are kept: it needs none to say that nothing is known.
            ("First", joined, begin - timedelta(days=1000)),
            ("Old", joined, begin - timedelta(days=10)),
            ("Just before", joined, begin - instant),
            ("Just then", joined, begin),
        )
    }
    writer.listener_events(
        [
            ListenerEvent(episodes["Long known"], "ada", "download", begin - timedelta(days=60)),
            ListenerEvent(episodes["Long known"], "ben", "download", NOW),
            *(ListenerEvent(episodes[title], "cyd", "download", begin + timedelta(hours=2))
              for title in ("First", "Just before", "Just then")),
            ListenerEvent(episodes["Old"], "ada", "download", begin),
        ]
    )  # fmt: skip
    refresh.refresh_rollups()
    gone = (None, NO_BEGINNING)
    weeks = {title: _week(writer, title) for title in episodes}
    assert weeks == {
        "Long known": (1, "complete"), "First": gone, "Old": gone, "Just before": gone, "Just then": (1, "complete"),
    }  # fmt: skip
    assert _first_days(writer, episodes["Old"]) == dict.fromkeys((1, 3, 7), (None, "beginning"))
    assert refresh.refresh_milestones() == 0, "nothing is written twice"
    # Logs of the days before come late.
    writer.listener_events([ListenerEvent(episodes["Old"], "dan", "download", begin - timedelta(days=10))])
    refresh.refresh_rollups()
    weeks = {title: _week(writer, title) for title in episodes}
    assert (weeks["Old"], weeks["Just before"], weeks["First"]) == ((1, "complete"), (1, "complete"), gone)


def test_the_data_of_a_podcast_may_begin_with_its_first_episode(zones: Database) -> None:
    """Before it there is nothing to download: an hour later at the latest the data must have begun."""
    writer = Writer(zones, "launched")
    published = NOW - timedelta(days=20, minutes=7)
    hour, instant = timedelta(hours=1), timedelta(microseconds=1)
    for title, first in (("In time", hour), ("Too late", hour + instant)):
        show = writer.insert("podcasts", name=title)
        episode = writer.insert("episodes", podcast_id=show, title=title, published_at=published)
        second = writer.insert(
            "episodes", podcast_id=show, title=f"{title}: second", published_at=published + hour - instant
        )
        writer.listener_events(
            [
                ListenerEvent(episode, "ada", "download", published + first),
                ListenerEvent(second, "ben", "download", NOW - timedelta(days=3)),
            ]
        )
    refresh.refresh_rollups()
    found = {title: _week(writer, title) for title in ("In time", "Too late", "In time: second")}
    assert found == {
        "In time": (1, "complete"), "Too late": (None, NO_BEGINNING), "In time: second": (None, NO_BEGINNING),
    }  # fmt: skip


def test_what_was_stored_as_complete_and_is_not_is_put_right(zones: Database) -> None:
    """Releases before 0141 asked only whether the time was over."""
    writer = Writer(zones, "stored")
    show = writer.insert("podcasts", name="Show")
    begin = NOW - timedelta(days=12)
    published = {
        "Years ago": begin - timedelta(days=1000),
        "Before": begin - timedelta(days=20),
        "After": begin,
    }
    episodes = {
        title: writer.insert("episodes", podcast_id=show, title=title, published_at=at)
        for title, at in published.items()
    }  # fmt: skip
    writer.listener_events(
        [ListenerEvent(episodes["After"], "ada", "download", begin + timedelta(days=n)) for n in (0, 5)]
    )
    refresh.refresh_rollups()
    with writer.transaction() as owner:
        for title, at in published.items():
            owner.execute(
                "update internal.episode_milestones set downloads = 0, missing = null where episode_id = %s",
                [episodes[title]],
            )
            assert at + timedelta(hours=168) < NOW
    # Four of each that came out three weeks ago or earlier, and the first days that the data reached.
    assert refresh.refresh_milestones() == 9
    assert {title: _first_days(writer, episode)[7] for title, episode in episodes.items()} == {
        "Years ago": (None, "beginning"), "Before": (None, "beginning"), "After": (None, "end"),
    }  # fmt: skip


def _week(writer: Writer, title: str) -> tuple[int | None, str]:
    """The first week of an episode and its state, as the pages tell it."""
    now = datetime.now(UTC)
    f = Filters(
        period=Period(now.date() - timedelta(days=90), now.date() + timedelta(days=1)), zone=writer.zone, now=now
    )  # fmt: skip
    with tenant_session(Actor(writer.tenant_id)) as connection:
        rows = listening_breakdowns.top_episodes(connection, f).rows
    [row] = [row for row in rows if row["title"] == title]
    return row["first_7_day_downloads"], row["first_7_day_state"]


def _first_days(writer: Writer, episode: UUID) -> dict[int, tuple[int | None, str | None]]:
    with writer.transaction() as owner:
        rows = owner.execute(
            "select days, downloads, missing from internal.episode_milestones where episode_id = %s order by days",
            [episode],
        ).fetchall()
    return {days: (downloads, missing) for days, downloads, missing in rows}


def test_a_corrected_publication_moment_moves_the_milestones(zones: Database) -> None:
    writer = Writer(zones, "moved")
    published = NOW - timedelta(days=40)
    episode = writer.insert(
        "episodes", podcast_id=writer.insert("podcasts", name="Show"), title="Episode", published_at=published
    )
    writer.listener_events(
        [ListenerEvent(episode, "ada", "download", published + timedelta(hours=n)) for n in (1, 30, 200, 800)]
    )
    refresh.refresh_rollups()
    assert _milestones(writer, episode) == {1: 1, 3: 2, 7: 2, 30: 3}
    later = published + timedelta(hours=10)
    with writer.transaction() as owner:
        owner.execute("update episodes set published_at = %s where id = %s", [later, episode])
    f = Filters(period=Period(date(published.year, 1, 1), NOW.date()), zone=writer.zone, now=NOW)
    with tenant_session(Actor(writer.tenant_id)) as connection:
        assert [
            row["first_7_day_downloads"] for row in listening_breakdowns.top_episodes(connection, f).rows
        ] == [None]
    assert refresh.refresh_milestones() == 4
    assert _milestones(writer, episode) == {1: 1, 3: 1, 7: 1, 30: 2}


def _milestones(writer: Writer, episode: UUID) -> dict[int, int | None]:
    return {days: downloads for days, (downloads, _) in _first_days(writer, episode).items()}


def test_options_used_lately_come_first(zones: Database) -> None:
    writer = Writer(zones, "options", zone="Asia/Kolkata")
    show = writer.insert("podcasts", name="Show")
    episode = writer.insert(
        "episodes", podcast_id=show, title="Episode", published_at=NOW - timedelta(days=300)
    )
    used = [("Old", 200)] * 5 + [("Aged", 100)] + [("Rare", 3)] + [("Common", 3)] * 2
    writer.listener_events(
        ListenerEvent(episode, f"listener {n}", "download", NOW - timedelta(days=days), {"app": app})
        for n, (app, days) in enumerate(used)
    )
    refresh.refresh_rollups()
    with tenant_session(Actor(writer.tenant_id)) as connection:
        found = catalogue.filter_options(connection)
    assert found == {
        "podcasts": [(show, "Show")],
        "apps": ["Common", "Rare", "Aged", "Old"],
        "countries": ["unknown"],
        "devices": ["unknown"],
    }
