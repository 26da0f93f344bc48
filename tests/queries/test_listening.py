"""Listening questions on the world: each number against a second calculation, every filter, every person's scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from queries import catalogue, listening, listening_breakdowns, listening_scope, listening_trend, small_cells
from queries.errors import NotAvailable
from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer
from queries.session import Actor, tenant_session
from reports.figures.subjects import downloads_over_time
from tests.listening_oracle import Counted, change
from tests.weeks import week_of
from tests.world import WORLD_NOW, ListenerEvent, World, Writer

FIGURES = ("downloads", "unique_listeners", "plays", "completion_ratio", "average_listen_seconds")
QUERIES: dict[str, dict[str, str]] = {
    "thirty days": {},
    "seven days": {"period": "7d"},
    "a year, compared with the year before": {"period": "12m", "compare": "year"},
    "without comparison": {"period": "90d", "compare": "none"},
    "month to date, not over": {"period": "mtd"},
    "this year, not over, in months": {"period": "ytd"},
    "days of which the last three are not over": {"from": "-20", "to": "+2"},
    "the same by app": {"from": "-20", "to": "+2", "app": "Spotify|unknown"},
    "the same in weeks": {"from": "-20", "to": "+2", "grain": "week"},
    "the same by the hour": {"from": "-4", "to": "+0", "grain": "hour"},
    "today alone": {"from": "+0", "to": "+0"},
    "by app": {"app": "Spotify|unknown"},
    "by country and device": {"country": "US|DE", "device": "phone"},
    "weeks": {"period": "90d", "grain": "week"},
    "months": {"period": "90d", "grain": "month"},
    "hours": {"period": "7d", "grain": "hour"},
    "hours by app": {"period": "7d", "grain": "hour", "app": "Overcast"},
}


@cache
def _events(writer: Writer) -> list[ListenerEvent]:
    return writer.raw_listener_events()


def _counted(world: World, person: str) -> tuple[Writer, Actor, Counted]:
    writer = world.b if person == "charlie" else world.a
    podcast_of = {
        episode: world.podcasts[title.rsplit(" ", 1)[0]] for title, episode in world.episodes.items()
    }
    visible = {"carol": frozenset([world.podcasts["Harbour Lights"]]), "bob": frozenset()}.get(person)
    return writer, getattr(world.people, person), Counted(_events(writer), podcast_of, visible)


@pytest.fixture(params=["alice", "carol", "charlie", "bob"])
def reader(request: pytest.FixtureRequest, world: World) -> tuple[Writer, Actor, Counted]:
    """One of the people, with what they may see counted by hand."""
    return _counted(world, request.param)


@pytest.fixture(params=list(QUERIES), ids=[name.replace(" ", "-") for name in QUERIES])
def query(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The URL query of a view; days with a sign are counted from the world's today.

    Filtered by app, country or device every number is told here: what is not has tests of its own.
    """
    if QUERIES[request.param].keys() & {"app", "country", "device"}:
        monkeypatch.setattr(small_cells, "SMALL_CELL", 1)
    today = WORLD_NOW.date()
    return {
        key: (today + timedelta(days=int(value))).isoformat() if key in ("from", "to") else value
        for key, value in QUERIES[request.param].items()
    }


@contextmanager
def _as(actor: Actor) -> Iterator[Connection]:
    with tenant_session(actor) as connection:
        yield connection


def _tells(published: int | str | None, count: int) -> bool:
    """Whether a cell of a breakdown says what may be said: one to four are "<5", the others told or not."""
    return published == "<5" if 0 < count < small_cells.SMALL_CELL else published in (count, "hidden")


def _figures(answer: Answer) -> dict[str, dict[str, Any]]:
    return {row["metric"]: dict(row) for row in answer.rows}


def test_key_figures(reader: tuple[Writer, Actor, Counted], query: dict[str, str]) -> None:
    writer, actor, counted = reader
    f = writer.filters(query)
    with _as(actor) as connection:
        answer = listening.overview_figures(connection, f)
    found = _figures(answer)
    assert tuple(found) == FIGURES
    downloads = counted.downloads(f)
    before, whole = counted.compared(f), counted.whole(f)
    previous = counted.downloads(f, before) if before else None
    assert (found["downloads"]["value"], found["downloads"]["previous"]) == (downloads, previous)
    if f.comparison != "none" and whole:
        assert found["downloads"]["compared_value"] == counted.downloads(f, whole)
        assert found["downloads"]["change_ratio"] == change(counted.downloads(f, whole), previous)
        assert (found["downloads"]["note"] == "no full period before") == (before is None)

    listeners, previous = counted.listeners(f), counted.listeners(f, before) if before else None
    assert found["unique_listeners"]["value"] == listeners
    if before and whole:
        of_whole_days = counted.listeners(f, whole)
        assert found["unique_listeners"]["previous"] == previous
        assert found["unique_listeners"]["compared_value"] == of_whole_days
        assert found["unique_listeners"]["change_ratio"] == change(of_whole_days, previous)

    if f.apps or f.countries or f.devices:
        assert [found[key]["value"] for key in FIGURES[2:]] == [None, None, None]
        assert "Plays, completion and listening time are not known by app, country or device." in answer.notes
        return
    for period, key in ((f.period, "value"), (whole, "compared_value"), (before, "previous")):
        if period is None or (key == "compared_value" and f.comparison == "none"):
            assert found["plays"][key] is None
            continue
        plays, completes, seconds = counted.plays(f, period)
        assert found["plays"][key] == plays
        assert found["completion_ratio"][key] == (Decimal(completes) / plays if plays else None)
        assert found["average_listen_seconds"][key] == (seconds / plays if plays else None)
    completion = found["completion_ratio"]
    over, was = completion["compared_value"], completion["previous"]
    assert completion["change_ratio"] is None
    assert completion["change_points"] == (100 * (over - was) if over is not None and was else None)
    assert {row["change_points"] for key, row in found.items() if key != "completion_ratio"} == {None}


def test_sparks_are_days_that_are_over(world: World) -> None:
    writer, actor, counted = _counted(world, "alice")
    for query in ({}, {"period": "mtd"}, {"period": "12m"}):
        f = writer.filters(query)
        with _as(actor) as connection:
            found = _figures(listening.overview_figures(connection, f))
        end = min(f.today, f.period.end)
        length = 7 if f.period.days > 92 else 1
        starts = [
            end - timedelta(days=n * length) for n in range((end - f.period.start).days // length, 0, -1)
        ]
        stretches = [Period(start, start + timedelta(days=length)) for start in starts]
        assert found["downloads"]["spark"] == [counted.downloads(f, stretch) for stretch in stretches]
        assert found["unique_listeners"]["spark"] == (
            [counted.listeners(f, stretch) for stretch in stretches] if length == 1 else []
        )
        if query == {}:
            assert sum(found["unique_listeners"]["spark"]) > found["unique_listeners"]["value"], "never a sum"
        assert found["plays"]["spark"] == [counted.plays(f, stretch)[0] for stretch in stretches]


def test_trend_adds_up_and_leaves_no_gap(
    reader: tuple[Writer, Actor, Counted], query: dict[str, str]
) -> None:
    writer, actor, counted = reader
    f = writer.filters(query)
    with _as(actor) as connection:
        answer = listening_trend.downloads_trend(connection, f)
    rows = list(answer.rows)
    assert answer.totals["downloads"] == sum(row["downloads"] or 0 for row in rows) == counted.downloads(f)
    before, whole = counted.compared(f), counted.whole(f)
    if f.comparison == "none" or whole is None:
        assert {(row["previous_bucket"], row["previous"]) for row in rows} == {(None, None)}
    else:
        assert answer.totals["compared"] == counted.downloads(f, whole)
    assert answer.totals["previous"] == (counted.downloads(f, before) if before else None)
    if f.grain == "hour":
        assert {row["bucket"]: row["downloads"] or 0 for row in rows} == counted.by_hour(f, f.period)
        return
    if f.comparison != "none" and whole and before is None:
        assert {(row["previous_bucket"], row["previous"]) for row in rows} == {(None, None)}, "not compared"
        assert {row["bucket"]: row["downloads"] or 0 for row in rows} == counted.by_bucket(f, f.period)
        return
    expected: dict[date, list[Any]] = {}
    after = counted.by_day(f, before) if before else {}
    for n, (day, downloads) in enumerate(counted.by_day(f, f.period).items()):
        bucket = {"day": day, "week": week_of(day, str(f.zone)), "month": day.replace(day=1)}[f.grain]
        entry = expected.setdefault(
            bucket, [0, before.start + timedelta(days=n) if before and n < before.days else None, None]
        )
        entry[0] += downloads
        if before and n < before.days:
            entry[2] = entry[2] or 0
            entry[2] += after[before.start + timedelta(days=n)]
    assert {
        row["bucket"]: [row["downloads"] or 0, row["previous_bucket"], row["previous"]] for row in rows
    } == expected


def test_top_episodes(reader: tuple[Writer, Actor, Counted], query: dict[str, str], world: World) -> None:
    writer, actor, counted = reader
    f = writer.filters(query)
    with _as(actor) as connection:
        answer = listening_breakdowns.top_episodes(connection, f, limit=3)
        everything = listening_breakdowns.top_episodes(connection, f, limit=100)
    now, whole = counted.by("episode_id", f, f.period), counted.by("episode_id", f, counted.whole(f))
    before = counted.by("episode_id", f, counted.compared(f))
    assert {row["episode_id"]: row["downloads"] for row in everything.rows} == dict(now)
    assert [dict(row) for row in answer.rows[:3]] == [dict(row) for row in everything.rows[:3]]
    others = everything.rows[3:]
    assert not any(row.get("is_rest") for row in everything.rows)
    assert len(answer.rows) == (4 if others else len(everything.rows))
    if others:
        rest = answer.rows[3]
        assert rest["title"] == f"Other ({len(others)})"
        assert rest["is_rest"]
        for key in ("downloads", "compared_value", "previous"):
            told = [row[key] for row in everything.rows]
            assert rest[key] == (None if None in told else sum(row[key] for row in others)), key
            if None not in told:
                assert sum(row[key] for row in answer.rows) == sum(told), "the column adds up"
        assert rest["share"] == Decimal(rest["downloads"]) / now.total()
        assert rest["change_ratio"] == change(rest["compared_value"], rest["previous"])
        assert not rest.keys() & {"episode_id", "podcast_name", "published_at", "first_7_day_downloads"}
    assert answer.totals == {"downloads": now.total(), "episodes": len(now)}
    titles = {episode: title for title, episode in world.episodes.items()}
    order = [(-row["downloads"], row["episode_id"]) for row in everything.rows]
    assert order == sorted(order), "a total order, so that two readers see the same ten"
    for row in everything.rows:
        previous = before[row["episode_id"]] if counted.compared(f) else None
        assert row["previous"] == previous
        compares = f.comparison != "none" and counted.whole(f)
        assert row["compared_value"] == (whole[row["episode_id"]] if compares else None)
        assert row["change_ratio"] == change(whole[row["episode_id"]], previous)
        assert row["share"] == Decimal(row["downloads"]) / now.total()
        assert row["title"] == titles[row["episode_id"]]
        assert row["podcast_name"] == row["title"].rsplit(" ", 1)[0]
        is_complete = row["published_at"] + timedelta(hours=168) <= WORLD_NOW
        by_dimension = f.apps or f.countries or f.devices
        assert row["first_7_day_downloads"] == (
            counted.first_hours(row["episode_id"], row["published_at"], 168)
            if is_complete and not by_dimension
            else None
        )
        assert row["first_7_day_state"] == (
            "not known by this filter" if by_dimension else "complete" if is_complete else "not complete yet"
        )


@pytest.mark.parametrize(
    ("ask", "key", "column"),
    [
        (listening_breakdowns.downloads_by_app, "app", "app"),
        (listening_breakdowns.downloads_by_country, "country", "country"),
        (listening_breakdowns.downloads_by_device, "device", "device_type"),
    ],
)
def test_slices(
    reader: tuple[Writer, Actor, Counted], query: dict[str, str], ask: Any, key: str, column: str
) -> None:
    writer, actor, counted = reader
    f = writer.filters(query)
    with _as(actor) as connection:
        answer = ask(connection, f)
    now, whole = counted.by(key, f, f.period), counted.by(key, f, counted.whole(f))
    compared = counted.compared(f)
    before = counted.by(key, f, compared)
    assert {row[column] for row in answer.rows} == set(now)
    for row in answer.rows:
        name = row[column]
        assert _tells(row["downloads"], now[name])
        is_told = row["downloads"] == now[name]
        assert row["share"] == (Decimal(now[name]) / now.total() if is_told else None)
        sides = (whole[name] if f.comparison != "none" and counted.whole(f) else None, before[name])
        both = True
        for cell, count in zip((row["compared_value"], row["previous"]), sides, strict=True):
            if count is None or (cell is None and not compared):
                assert cell is None
                continue
            assert _tells(cell, count)
            both = both and cell == count
        assert is_told or row["compared_value"] in (None, "<5", "hidden"), "it goes along"
        expected = change(whole[name], before[name]) if compared and both else None
        assert row["change_ratio"] == expected
    is_small = any(0 < count < small_cells.SMALL_CELL for count in now.values())
    assert bool(answer.totals["withheld"]) == is_small
    shown = [row for row in answer.rows if isinstance(row["downloads"], int)]
    assert is_small or len(shown) == len(now), "nothing is hidden without a reason"
    assert [*answer.rows] == [
        *sorted(shown, key=lambda row: (-row["downloads"], row[column])),
        *sorted((row for row in answer.rows if row not in shown), key=lambda row: row[column]),
    ]
    assert (answer.totals["downloads"], answer.totals["slices"]) == (now.total(), len(now))
    assert answer.totals["downloads"] == counted.downloads(f)


def test_flags_are_the_days_on_which_episodes_came_out(world: World) -> None:
    f = world.a.filters({"period": "90d"})
    with _as(world.people.carol) as connection:
        rows = [dict(row) for row in listening_trend.episode_flags(connection, f).rows]
        only = listening_trend.episode_flags(
            connection, replace(f, episodes=(world.episodes["Harbour Lights 2"],))
        )
    expected = [
        {
            "at": world.a.day(WORLD_NOW - timedelta(days=age, hours=3, minutes=17)),
            "label": f"Harbour Lights {n}",
        }
        for n, age in enumerate((66, 45, 24, 3), start=1)
    ]
    assert rows == expected
    assert [dict(row) for row in only.rows] == expected[1:2]


@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_by_the_hour_a_flag_stands_at_the_hour_in_which_its_episode_came_out(
    world: World, zone: str | None
) -> None:
    f = world.a.filters({"period": "7d", "grain": "hour"})
    f = replace(f, zone=ZoneInfo(zone)) if zone else f
    out = WORLD_NOW - timedelta(days=3, hours=3, minutes=17)
    with _as(world.people.carol) as connection:
        answer = listening_trend.episode_flags(connection, f)
        trend = listening_trend.downloads_trend(connection, f)
    [row] = answer.rows
    assert row["label"] == "Harbour Lights 4"
    assert row["at"] <= out < row["at"] + timedelta(hours=1)
    assert row["at"] in {one["bucket"] for one in trend.rows}
    # On the axis it stands at the tenant's own clock.
    [mark] = downloads_over_time(trend, f, answer).marks
    assert mark.at == out.astimezone(f.zone).replace(minute=0, second=0, tzinfo=None)


def test_an_episode_of_the_future_has_no_flag(world: World) -> None:
    f = world.a.filters({"period": "90d"}, now=WORLD_NOW - timedelta(days=4))
    f = replace(f, period=Period(f.period.start, f.period.end + timedelta(days=30)))
    with _as(world.people.carol) as connection:
        labels = [row["label"] for row in listening_trend.episode_flags(connection, f).rows]
    assert labels == ["Harbour Lights 1", "Harbour Lights 2", "Harbour Lights 3"]


@pytest.mark.parametrize("person", ["alice", "carol", "charlie", "bob"])
def test_options_are_what_the_reader_sees(world: World, person: str) -> None:
    writer, actor, counted = _counted(world, person)
    with _as(actor) as connection:
        found = catalogue.filter_options(connection)
    f = replace(
        writer.filters(),
        period=Period(WORLD_NOW.date() - timedelta(days=100), WORLD_NOW.date() + timedelta(days=2)),
    )
    names = {
        "alice": ["Harbour Lights", "Night Shift"],
        "carol": ["Harbour Lights"],
        "charlie": ["Nordwind"],
        "bob": [],
    }
    assert [name for _, name in found["podcasts"]] == names[person]
    assert [key for key, _ in found["podcasts"]] == [world.podcasts[name] for name in names[person]]
    for option, key in (("apps", "app"), ("countries", "country"), ("devices", "device")):
        # The world lies more than 30 days back: what was not used lately follows in alphabetical order.
        assert found[option] == sorted(counted.by(key, f, f.period))


def test_filters_by_podcast_and_episode(world: World) -> None:
    writer, actor, counted = _counted(world, "alice")
    for query in (
        {"podcast": str(world.podcasts["Night Shift"])},
        {"episode": f"{world.episodes['Harbour Lights 2']}|{world.episodes['Night Shift 3']}"},
        {"podcast": str(world.podcasts["Night Shift"]), "episode": str(world.episodes["Harbour Lights 2"])},
        {"podcast": str(world.podcasts["Nordwind"])},
        {"podcast": str(uuid4())},
        {"episode": str(world.episodes["Nordwind 1"])},
        {"podcast": str(world.podcasts["Night Shift"]), "app": "Spotify"},
    ):
        f = writer.filters({"period": "90d", **query})
        with _as(actor) as connection:
            found = _figures(listening.overview_figures(connection, f))
            trend = listening_trend.downloads_trend(connection, f)
            hours = listening_trend.downloads_trend(
                connection, replace(f, grain="hour", period=Period(f.today - timedelta(days=9), f.today))
            )
            apps = listening_breakdowns.downloads_by_app(connection, f)
            episodes = listening_breakdowns.top_episodes(connection, f)
        expected = counted.downloads(f)
        assert found["downloads"]["value"] == expected
        assert found["unique_listeners"]["value"] == counted.listeners(f)
        assert (
            trend.totals["downloads"] == apps.totals["downloads"] == episodes.totals["downloads"] == expected
        )
        assert hours.totals["downloads"] == counted.downloads(f, Period(f.today - timedelta(days=9), f.today))
        if not f.apps:
            assert found["plays"]["value"] == counted.plays(f)[0]


def test_few_listeners_of_a_slice_are_not_told(world: World) -> None:
    f = world.a.filters({"app": "unknown", "period": "90d"})
    with _as(world.people.alice) as connection:
        answer = listening.overview_figures(connection, f)
        with pytest.raises(NotAvailable, match="Fewer than 5"):
            listening.unique_listeners(connection, f)
        listeners = _figures(answer)["unique_listeners"]
    assert _figures(answer)["downloads"]["value"] == 5
    assert listeners["value"] is None
    assert listeners["note"] == "fewer than 5"
    assert listeners["spark"] == []


def test_unique_listeners_are_not_told_beyond_what_is_kept(world: World) -> None:
    long_ago = Period(date(WORLD_NOW.year - 4, 1, 1), date(WORLD_NOW.year - 4, 2, 1))
    with _as(world.people.alice) as connection:
        for query in ({}, {"country": "US"}):
            f = replace(world.a.filters(query), period=long_ago)
            with pytest.raises(NotAvailable):
                listening.unique_listeners(connection, f)
            figure = _figures(listening.overview_figures(connection, f))["unique_listeners"]
            assert (figure["value"], figure["note"]) == (None, "not kept that long")
        beyond_raw = replace(
            world.a.filters({"country": "US"}), grain="hour",
            period=Period(WORLD_NOW.date() - timedelta(days=1000), WORLD_NOW.date() - timedelta(days=999)),
        )  # fmt: skip
        with pytest.raises(NotAvailable):
            listening_trend.downloads_trend(connection, beyond_raw)
        recent = world.a.filters({"period": "24m"})
        assert listening.unique_listeners(connection, recent) > 0
        assert (
            _figures(listening.overview_figures(connection, recent))["unique_listeners"]["previous"] is None
        )


LISTENER_VIEWS: dict[str, dict[str, str]] = {
    "whole": {},
    "by app": {"app": "Spotify"},
    "by country": {"country": "US"},
    "by device": {"device": "phone"},
    "by app of a podcast": {"app": "Spotify", "podcast": "Harbour Lights"},
}


@pytest.fixture(params=list(LISTENER_VIEWS), ids=[name.replace(" ", "-") for name in LISTENER_VIEWS])
def view(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The URL query of a view of listeners, all of whose numbers are told if they are kept."""
    monkeypatch.setattr(small_cells, "SMALL_CELL", 1)
    said = dict(LISTENER_VIEWS[request.param])
    if "podcast" in said:
        said["podcast"] = str(world.podcasts[said["podcast"]])
    return said


@contextmanager
def _keeps_listeners(world: World, days: int) -> Iterator[Connection]:
    """A session of alice's, whose tenant keeps listeners for so many days until it ends."""
    with tenant_session(world.people.alice, write=True) as connection:
        connection.execute(
            text(
                "update tenant_settings"
                " set settings = settings || jsonb_build_object('listener_retention_days', cast(:days as integer))"
            ),
            {"days": days},
        )
        yield connection
        connection.rollback()


def test_listener_retention_of_the_tenant_counts(world: World, view: dict[str, str]) -> None:
    f = world.a.filters({"period": "30d", **view})
    with _keeps_listeners(world, 20) as connection:
        kept = listening.overview_figures(connection, world.a.filters({"period": "7d", **view}))
        beyond = listening.overview_figures(connection, f)
        with pytest.raises(NotAvailable, match="kept since"):
            listening.unique_listeners(connection, f)
    assert _figures(kept)["unique_listeners"]["value"] > 0
    assert _figures(kept)["unique_listeners"]["previous"] is not None
    listeners = _figures(beyond)["unique_listeners"]
    assert {listeners[key] for key in ("value", "compared_value", "previous", "change_ratio")} == {None}
    assert (listeners["spark"], listeners["note"]) == ([], "not kept that long")
    since = (f.today - timedelta(days=20)).isoformat()
    assert f"Unique listeners are kept since {since}; this period begins before it." in beyond.notes
    assert _figures(beyond)["downloads"]["value"] > 0


def test_the_first_day_of_which_listeners_are_kept_is_told(world: World, view: dict[str, str]) -> None:
    f = world.a.filters({"period": "30d", **view})
    days = (f.today - f.period.start).days
    for kept, is_told in ((days, True), (days - 1, False)):
        with _keeps_listeners(world, kept) as connection:
            figure = _figures(listening.overview_figures(connection, f))["unique_listeners"]
        assert (figure["value"] is not None) == is_told


def test_listeners_are_not_compared_with_days_past_the_retention(world: World, view: dict[str, str]) -> None:
    f = world.a.filters({"period": "30d", **view})
    assert f.compared is not None
    days = (f.today - f.compared.start).days
    for kept, is_compared in ((days, True), (days - 1, False)):
        with _keeps_listeners(world, kept) as connection:
            figure = _figures(listening.overview_figures(connection, f))["unique_listeners"]
        assert figure["value"] > 0
        for key in ("compared_value", "previous", "change_ratio"):
            assert (figure[key] is not None) == is_compared


def test_days_since_which_listeners_are_kept_again_bound_every_view(
    world: World, view: dict[str, str]
) -> None:
    """Where more days are kept than once, the day says since when (`listeners_kept_from`)."""
    f = world.a.filters({"period": "30d", **view})
    with _keeps_listeners(world, 1095) as connection:
        connection.execute(
            text("update tenant_settings set listeners_kept_from = :since"),
            {"since": f.period.start + timedelta(days=1)},
        )
        figure = _figures(listening.overview_figures(connection, f))["unique_listeners"]
    assert (figure["value"], figure["note"]) == (None, "not kept that long")


def test_of_two_bounds_of_listeners_by_app_the_later_is_told(world: World) -> None:
    start = world.a.filters().today - timedelta(days=1000)
    f = replace(world.a.filters({"app": "Spotify"}), period=Period(start, start + timedelta(days=990)))
    for kept, words in ((20, "kept since"), (1095, "last two years only"), (900, "last two years only")):
        with _keeps_listeners(world, kept) as connection, pytest.raises(NotAvailable, match=words):
            listening.unique_listeners(connection, f)


def test_buckets_that_have_not_begun_have_no_value(world: World) -> None:
    f = world.a.filters({"period": "mtd"})
    f = replace(f, period=Period(f.period.start, f.today + timedelta(days=5)), comparison="previous")
    with _as(world.people.alice) as connection:
        days = listening_trend.downloads_trend(connection, f)
        hours = listening_trend.downloads_trend(
            connection, replace(f, grain="hour", period=Period(f.today, f.today + timedelta(days=1)))
        )
    by_day = {row["bucket"]: row for row in days.rows}
    assert [row["downloads"] for day, row in by_day.items() if day > f.today] == [None] * 4
    assert by_day[f.today]["downloads"] is not None
    assert by_day[f.today]["is_partial"]
    assert not by_day[f.today - timedelta(days=1)]["is_partial"]
    assert days.partial_from == f.today
    begun = [row["bucket"] <= WORLD_NOW for row in hours.rows]
    assert [row["downloads"] is not None for row in hours.rows] == begun
    assert True in begun
    assert False in begun
    assert hours.partial_from == WORLD_NOW
    assert isinstance(hours.partial_from, datetime)


def test_a_week_that_the_period_cuts_is_marked(world: World) -> None:
    f = world.a.filters({"period": "30d", "grain": "week"})
    with _as(world.people.alice) as connection:
        answer = listening_trend.downloads_trend(connection, f)
    for row in answer.rows:
        inside = f.period.start <= row["bucket"] and row["bucket"] + timedelta(days=7) <= f.period.end
        assert row["is_partial"] == (not inside)
    assert [row["is_partial"] for row in answer.rows].count(True) >= 1
    trailing = [row["bucket"] for row in answer.rows if row["bucket"] + timedelta(days=7) > f.period.end]
    assert answer.partial_from == (trailing[0] if trailing else None)


def test_as_of_is_the_oldest_of_what_is_read(world: World) -> None:
    rollups, metrics = datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 1, 1, 1, 1, tzinfo=UTC)
    with _as(world.people.alice) as connection:
        real = listening_scope.limits_of(connection, world.a.filters())
        with pytest.MonkeyPatch.context() as patch:
            for module in (listening, listening_trend, listening_breakdowns):
                patch.setattr(
                    module, "limits_of",
                    lambda *_: replace(real, rollups=rollups, metrics_daily=metrics, aggregates=None),
                )  # fmt: skip
            plain, by_app = world.a.filters(), world.a.filters({"app": "Spotify"})
            assert listening.overview_figures(connection, plain).as_of == metrics
            assert listening.overview_figures(connection, by_app).as_of == rollups
            assert listening_trend.downloads_trend(connection, plain).as_of == rollups
            assert listening_breakdowns.top_episodes(connection, plain).as_of == rollups
            assert listening_breakdowns.downloads_by_app(connection, plain).as_of == rollups
            patch.setattr(
                listening, "limits_of", lambda *_: replace(real, rollups=rollups, metrics_daily=None)
            )
            assert listening.overview_figures(connection, plain).as_of is None


def test_hourly_relation_follows_zone_and_freshness(world: World) -> None:
    with _as(world.people.alice) as connection:
        limits = listening_scope.limits_of(connection, world.a.filters())
    hours = replace(world.a.filters({"period": "7d"}), grain="hour")
    end = hours.period.moments(hours.zone)[1]

    def relation(f: Filters, aggregates: datetime | None = None) -> str:
        return listening_trend._hourly_relation(f, replace(limits, aggregates=aggregates))[0]

    assert relation(hours) == "listener_events_hourly"
    assert relation(hours, end) == "listener_events_hourly"
    assert relation(hours, end - timedelta(seconds=1)) == "download_quarters"
    kolkata = Writer.__new__(Writer)
    kolkata.zone = type(hours.zone)("Asia/Kolkata")
    assert relation(replace(kolkata.filters({"period": "7d"}), grain="hour")) == "download_quarters"
    assert relation(replace(hours, apps=("Spotify",))) == "listener_events"


@pytest.mark.parametrize("query", [{}, {"period": "12m"}, {"app": "Spotify"}])
def test_key_figures_take_four_statements(world: World, query: dict[str, str]) -> None:
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch, _as(world.people.alice) as connection:
        real = listening.ask
        patch.setattr(listening, "ask", lambda c, name, /, **p: asked.append(name) or real(c, name, **p))
        listening.overview_figures(connection, world.a.filters(query))
    assert len(asked) <= 4
