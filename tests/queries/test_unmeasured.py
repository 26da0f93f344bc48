"""Downloads of which nobody knows the bytes: what is told of them of few people, how they are found, and to whom.

That they are counted rightly in every zone and view is in `test_listening_zones.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from queries import refresh
from queries.filters import Filters
from queries.listening_unmeasured import unmeasured_downloads
from queries.periods import Period
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.statements import statement
from reports.documents.words import unmeasured_words
from tests.clock_changes import NOW
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.world import ListenerEvent, Writer

_numbers = count(1)
_PREFIX = {"source": "prefix", "unmeasured": True}
_LOG = {"source": "log", "unmeasured": True}
_SENT = {"source": "a host"}
Groups = Mapping[tuple[str, str], Mapping[str, int]]


@pytest.fixture(scope="module")
def unmeasured(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_unmeasured") as made:
        yield made


class Show:
    """A tenant with one show and so many downloads by (app, country): of the prefix, of logs and of a host."""

    def __init__(self, database: Database, groups: Groups) -> None:
        self.writer = Writer(database, f"unmeasured-{next(_numbers)}", zone="UTC")
        self.podcast = self.writer.insert("podcasts", name="Show")
        self.episode = self.writer.insert(
            "episodes",
            podcast_id=self.podcast,
            title="One",
            published_at=NOW - timedelta(days=9),
            duration_seconds=600,
        )
        self.writer.listener_events(
            ListenerEvent(
                self.episode, f"{app} {country} {kind} {number}", "download", NOW - timedelta(days=3),
                {"app": app, "country": country, **{"prefix": _PREFIX, "log": _LOG, "host": _SENT}[kind]},
            )
            for (app, country), kinds in groups.items()
            for kind, downloads in kinds.items()
            for number in range(downloads)
        )  # fmt: skip
        refresh.refresh_rollups()

    def filters(self, **more: Any) -> Filters:
        period = Period(NOW.date() - timedelta(days=7), NOW.date())
        f = Filters(period=period, zone=self.writer.zone, now=NOW, comparison="none", grain="day")
        return replace(f, **more)

    def told(self, **more: Any) -> Answer:
        with tenant_session(Actor(self.writer.tenant_id)) as connection:
            return unmeasured_downloads(connection, self.filters(**more))


def _by_source(answer: Answer) -> dict[str, int]:
    return {row["source"]: row["unmeasured"] for row in answer.rows}


_NOTHING = {"unmeasured": None, "downloads": None}


def test_without_a_filter_every_number_is_told_and_said(unmeasured: Database) -> None:
    show = Show(unmeasured, {("A", "DE"): {"prefix": 3, "log": 1, "host": 1200}})
    answer = show.told()
    assert (_by_source(answer), answer.totals) == (
        {"prefix": 3, "log": 1},
        {"unmeasured": 4, "downloads": 1204},
    )
    assert unmeasured_words(answer) == (
        "4 of 1,204 downloads here counted although it is not known how many bytes were sent: 3 from the enclosure "
        "prefix and 1 from access logs. Downloads that files and the API told come without bytes: their senders "
        "counted them."
    )
    assert show.told(episodes=(show.episode,)).totals == answer.totals
    nothing = show.told(episodes=(UUID(int=1),))
    assert (nothing.totals, unmeasured_words(nothing)) == ({"unmeasured": 0, "downloads": 0}, "")
    sent = Show(unmeasured, {("A", "DE"): {"host": 7}}).told()
    assert sent.totals == {"unmeasured": 0, "downloads": 7}
    assert unmeasured_words(sent).startswith("No download here is labelled as counted without")


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        # Of each app enough is measured and not: both are told.
        ({"A": {"prefix": 20, "host": 20}, "B": {"prefix": 30, "host": 40}},
         {"A": {"prefix": 20}, "B": {"prefix": 30}}),
        # Few are measured in A: B's tell them by the totals, which are told without a filter.
        ({"A": {"prefix": 20, "host": 3}, "B": {"prefix": 30, "host": 40}}, {}),
        # Few are not.
        ({"A": {"prefix": 3, "host": 20}, "B": {"prefix": 30, "host": 40}}, {}),
        # Few of one source are; what is known of the others must not tell them.
        ({"A": {"prefix": 20, "log": 2, "host": 20}, "B": {"prefix": 30, "log": 40, "host": 40}}, {}),
        # Few people in A at all: B goes with it, and C with B, which alone of the prefix would follow. D stays.
        ({"A": {"host": 2}, "B": {"prefix": 6, "host": 6}, "C": {"prefix": 50, "host": 50},
          "D": {"prefix": 60, "host": 60}},
         {"D": {"prefix": 60}}),
        # None in A: that is told, as it is that all of B are.
        ({"A": {"host": 20}, "B": {"prefix": 30}}, {"A": {}, "B": {"prefix": 30}}),
    ],
)  # fmt: skip
def test_few_of_an_app_are_not_told_nor_what_they_could_be_worked_out_from(
    unmeasured: Database, groups: Mapping[str, Mapping[str, int]], told: Mapping[str, Mapping[str, int]]
) -> None:
    show = Show(unmeasured, {(app, "DE"): kinds for app, kinds in groups.items()})
    assert show.told().totals["unmeasured"] is not None
    for app, kinds in groups.items():
        answer = show.told(apps=(app,))
        if app in told:
            assert _by_source(answer) == told[app]
            assert answer.totals == {
                "unmeasured": sum(told[app].values()), "downloads": sum(kinds.values())
            }  # fmt: skip
        else:
            assert (answer.rows, answer.totals) == ([], _NOTHING)
            assert unmeasured_words(answer).endswith("is not told here: fewer than 5, or next to so few.")


def test_of_several_apps_it_is_not_told_where_few_are_left(unmeasured: Database) -> None:
    kinds = {"A": (20, 20), "B": (30, 30), "C": (1, 20), "D": (2, 20)}
    groups = {(app, "DE"): {"prefix": prefix, "host": host} for app, (prefix, host) in kinds.items()}
    show = Show(unmeasured, groups)
    assert show.told(apps=("A",)).totals == {"unmeasured": 20, "downloads": 40}
    # Of all 53 these are 50, and so of the others 3.
    assert show.told(apps=("A", "B")).totals == _NOTHING
    assert show.told(apps=("A", "B"), countries=("DE",)).totals == _NOTHING
    assert show.told(countries=("DE",)).totals == {"unmeasured": 53, "downloads": 143}


def test_no_view_of_apps_and_countries_tells_a_small_number(unmeasured: Database) -> None:
    """Whoever reads every view of one and of two dimensions and subtracts finds no number from 1 to 4."""
    apps, countries = ("A", "B", "C"), ("DE", "US", "NO")
    sizes = ((3, 9), (12, 0), (25, 30), (6, 1), (40, 22), (0, 17), (8, 8), (11, 2), (31, 70))
    places = [(app, country) for app in apps for country in countries]
    groups = {
        place: {"prefix": prefix, "host": host} for place, (prefix, host) in zip(places, sizes, strict=True)
    }
    show = Show(unmeasured, groups)
    true: Counter[tuple[str, str, str]] = Counter()
    for (app, country), kinds in groups.items():
        for place in ((app, country), (app, "*"), ("*", country), ("*", "*")):
            for kind, downloads in kinds.items():
                true[(*place, kind)] += downloads
    told: dict[tuple[str, str, str], int] = {}
    for app in ("*", *apps):
        for country in ("*", *countries):
            chosen = {key: (value,) for key, value in (("apps", app), ("countries", country)) if value != "*"}
            totals = show.told(**chosen).totals
            if totals["unmeasured"] is not None:
                told[app, country, "prefix"] = totals["unmeasured"]
                told[app, country, "host"] = totals["downloads"] - totals["unmeasured"]
    assert len(told) > 2, "more than the totals"
    assert all(found == true[place] for place, found in told.items())
    # What is missing of a line alone follows from the others and their sum, until nothing more does.
    while more := {
        place: sign * (told[total] - sum(told[one] for one in line if one != place))
        for total, line in _lines(apps, countries)
        for place, sign in [(next((one for one in line if one not in told), total), 1)]
        if total in told and sum(one not in told for one in line) == 1
    }:
        told |= more
    assert all(found == true[place] for place, found in told.items())
    assert not [place for place, found in told.items() if place[:2] != ("*", "*") and 0 < found < 5]


def _lines(
    apps: tuple[str, ...], countries: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str, str], list[tuple[str, str, str]]]]:
    """Each sum of a table of apps, countries and kinds with what it is the sum of."""
    for kind in ("prefix", "host"):
        for app in ("*", *apps):
            yield (app, "*", kind), [(app, country, kind) for country in countries]
        for country in ("*", *countries):
            yield ("*", country, kind), [(app, country, kind) for app in apps]


def test_single_shows_and_episodes_of_an_app_and_times_long_past_are_not_told(unmeasured: Database) -> None:
    show = Show(unmeasured, {("A", "DE"): {"prefix": 50}})
    assert show.told(apps=("A",)).totals == {"unmeasured": 50, "downloads": 50}
    for single in ({"episodes": (show.episode,)}, {"podcasts": (show.podcast,)}):
        # What the others of an app have would follow from its own and the app's.
        answer = show.told(apps=("A",), **single)
        assert (answer.rows, answer.totals) == ([], _NOTHING)
        assert "not told of single shows or episodes in an app" in unmeasured_words(answer)
        assert show.told(**single).totals == {"unmeasured": 50, "downloads": 50}
    long_ago = NOW.date() - timedelta(days=1200)
    answer = show.told(period=Period(long_ago, NOW.date()))
    assert (answer.rows, answer.totals) == ([], _NOTHING)
    assert "for the last two years only" in unmeasured_words(answer)


def test_what_the_rollups_do_not_know_yet_is_not_told(unmeasured: Database) -> None:
    show = Show(unmeasured, {})
    show.writer.listener_events(
        ListenerEvent(show.episode, f"new {number}", "download", NOW - timedelta(days=2), _PREFIX)
        for number in range(6)
    )
    assert show.told().totals == {"unmeasured": 0, "downloads": 0}
    refresh.refresh_rollups()
    assert show.told().totals == {"unmeasured": 6, "downloads": 6}


def test_all_other_downloads_of_the_period_are_left_alone(unmeasured: Database) -> None:
    """They are found by the index that holds them alone, also under row security."""
    show = Show(unmeasured, {("A", "DE"): {"prefix": 1, "host": 3000}})
    with psycopg.connect(unmeasured.superuser_dsn, autocommit=True) as owner:
        owner.execute("analyze listener_events")
        row = owner.execute(
            "select distinct tableoid::regclass::text from listener_events where tenant_id = %s",
            [show.writer.tenant_id],
        ).fetchone()
    assert row
    partition = row[0].rsplit(".", 1)[-1]
    f = show.filters()
    starts_at, ends_at = f.period.moments(f.zone)
    values = {
        "by_app": False, "by_country": False, "by_device": False, "starts_at": starts_at, "ends_at": ends_at,
        "period_start": f.period.start, "period_end": f.period.end, "podcast_ids": [], "episode_ids": [],
    }  # fmt: skip
    asked = statement("listening/unmeasured").clause.text
    with tenant_session(Actor(show.writer.tenant_id)) as connection:
        # By way of a bitmap the same index would stand in another line.
        connection.execute(text("set local enable_bitmapscan = off"))
        plan = connection.execute(text(f"explain (costs off) {asked}"), values).scalars().all()
    [read] = [line for line in plan if f" on {partition} " in line]
    assert f"using {partition}_unmeasured on" in read, plan
