"""Unique listeners of filtered views, read by somebody who compares every view with every other: few stay unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, count, product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st

from queries import listening, refresh
from queries.session import Actor, tenant_session
from queries.settings import Settings, use_settings, with_databases
from tests.conftest import Database
from tests.searches import search
from tests.world import ListenerEvent, Writer

_numbers = count(1)
_NOON = (datetime.now(UTC) - timedelta(days=10)).replace(hour=12, minute=0, second=0, microsecond=0)
APPS, COUNTRIES = ("Overcast", "Spotify", "unknown"), ("CA", "DE", "NZ", "US")
_Download = tuple[str, int, int, str, str]
"""Listener, day, episode (the first two are of one podcast, the others of another), app, country."""
_View = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], tuple[int, ...]]
"""What is filtered by: apps, countries, podcasts, episodes."""


@pytest.fixture(scope="module")
def crowds(make_database: Callable[[str], Database], settings: Settings) -> Iterator[Database]:
    """A database that every example adds a tenant to."""
    made = make_database("podboard_crowds")
    use_settings(with_databases(settings, runtime=made.web_dsn, worker=made.worker_dsn, owner=made.owner_dsn))
    yield made
    use_settings(settings)


def _crowd(*groups: tuple[int, int, str, str, tuple[int, ...]]) -> tuple[_Download, ...]:
    """So many listeners with so many days each, in an app and a country, of these episodes."""
    return tuple(
        (f"{app} {country} {who}", day, episode, app, country)
        for number, days, app, country, episodes in groups
        for who, day, episode in product(range(number), range(days), episodes)
    )


# Three listeners of Canada download six times: enough to tell the downloads, and too few people.
_CANADA = _crowd(
    (3, 2, "Overcast", "CA", (0,)), (9, 1, "Overcast", "DE", (0, 2)), (7, 1, "Spotify", "US", (0,)),
    (6, 1, "Spotify", "NZ", (1, 2)),
)  # fmt: skip
# Few in each of two countries, and together; few of one podcast alone.
_TWO = _crowd(
    (2, 3, "Spotify", "CA", (0,)), (2, 3, "Overcast", "NZ", (0,)), (30, 1, "Spotify", "US", (0, 1, 2))
)
_SHOW = _crowd(
    (3, 2, "Spotify", "US", (0, 1)), (8, 2, "Spotify", "US", (2, 3)), (9, 1, "Overcast", "DE", (0, 2))
)
# The same three by phone and at home: six in two cells, and three in the country.
_SAME = (
    *(("same " + str(n % 3), n // 3, 0, APPS[n % 2], "CA") for n in range(18)),
    *_crowd((12, 1, "Overcast", "US", (0,)), (12, 1, "Spotify", "US", (1,)), (20, 1, "Spotify", "DE", (1,))),
)

# Two are heard in Canada alone, eight there and in Germany: ten of Canada are enough, two that it alone has are not.
_ABROAD = (
    *_crowd((12, 1, "Overcast", "DE", (0,)), (9, 1, "Spotify", "US", (1,)), (2, 1, "Overcast", "CA", (0,))),
    *((f"Overcast DE {who}", 1, 0, "Overcast", "CA") for who in range(8)),
)

_downloads = st.lists(
    st.tuples(
        st.tuples(st.sampled_from("abcdefghijklmnop"), st.integers(0, 2)).map(lambda who: f"{who[0]}{who[1]}"),
        st.integers(0, 5), st.integers(0, 3), st.sampled_from(APPS), st.sampled_from((*COUNTRIES, "US", "DE", "DE")),
    ),
    min_size=30, max_size=160, unique_by=lambda download: download[:3],
).map(tuple)  # fmt: skip


@search(3, 60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(downloads=_downloads)
@example(downloads=_CANADA)
@example(downloads=_TWO)
@example(downloads=_SHOW)
@example(downloads=_SAME)
@example(downloads=_ABROAD)
def test_no_views_tell_few_listeners(crowds: Database, downloads: tuple[_Download, ...]) -> None:
    writer, shows, episodes = _tenant(crowds, downloads)
    listeners: dict[_View, set[str]] = {}

    def true(apps: Any = (), countries: Any = (), podcasts: Any = (), parts: Any = ()) -> set[str]:
        view = apps, countries, podcasts, parts
        if view not in listeners:
            listeners[view] = {
                who
                for who, _, episode, app, country in downloads
                if (not apps or app in apps)
                and (not countries or country in countries)
                and (not podcasts or episode // 2 in podcasts)
                and (not parts or episode in parts)
            }
        return listeners[view]

    told: dict[_View, int] = {}
    with tenant_session(Actor(writer.tenant_id)) as connection:
        for view in _views():
            apps, countries, podcasts, parts = view
            query = {
                "period": "30d", "compare": "none", "app": "|".join(apps), "country": "|".join(countries),
                "podcast": "|".join(str(shows[n]) for n in podcasts),
                "episode": "|".join(str(episodes[n]) for n in parts),
            }  # fmt: skip
            f = writer.filters(
                {key: value for key, value in query.items() if value}, now=_NOON + timedelta(days=8)
            )
            answer = listening.overview_figures(connection, f)
            value = next(row for row in answer.rows if row["metric"] == "unique_listeners")["value"]
            if value is not None:
                assert value == len(true(*view)), view
                told[view] = value
    for view in told:
        apps, countries, podcasts, parts = view
        if not apps and not countries:
            continue
        assert not _few(true(*view)), view
        # Nobody is in it who is alone, or nearly, in an app or country by which it is filtered …
        for app, country in product(apps or [()], countries or [()]):
            chosen = true((app,) if app else (), (country,) if country else (), podcasts, parts)
            assert not _few(chosen), (view, app, country)
        # … nor are the few the rest of what is told without a filter, or with all the others.
        if apps:
            assert not _few(true(_but(APPS, apps), countries, podcasts, parts)), view
        if countries:
            assert not _few(true(apps, _but(COUNTRIES, countries), podcasts, parts)), view
        for podcast in podcasts:
            assert not _few(true(apps, countries, (podcast,), ())), view
    # One view less another that is a part of it: whom a filter more, or a value less, takes away.
    for view, part in product(told, told):
        if view != part and view[2:] == part[2:] and _is_part(part, view):
            assert told[view] - told[part] not in range(1, 5), (view, part)
    # Of rows that are few one alone is not missing: what the others leave of the whole would be it, or nearly.
    few = {place for place in product(("*", *APPS), ("*", *COUNTRIES)) if _few(true(*_cell(*place)))}
    assert not few & _worked_out(told, true)
    for app in APPS:
        for rows in (
            [((app,), (), (podcast,), ()) for podcast in (0, 1)],
            [((app,), (), (), (part,)) for part in range(4)],
        ):
            missing = [view for view in rows if true(*view) and view not in told]
            assert len(missing) != 1 or not _few(true(*missing[0])) or true(*missing[0]) == true((app,)), (
                missing
            )


def _is_part(part: _View, view: _View) -> bool:
    return all(
        not whole or (some and {*some} <= {*whole}) for some, whole in zip(part[:2], view[:2], strict=True)
    )


def _worked_out(told: dict[_View, int], true: Callable[..., set[str]]) -> set[tuple[str, str]]:
    """The cells that are told, and those that alone are missing in a line of which the others are."""
    places = [place for place in product(("*", *APPS), ("*", *COUNTRIES)) if true(*_cell(*place))]
    known = {place for place in places if _cell(*place) in told}
    lines = [
        [place, *parts]
        for place in places
        for axis in (0, 1)
        if place[axis] == "*"
        # Where one row is the whole line, the whole is all there is.
        and len(parts := [part for part in places if part[axis] != "*" and part[1 - axis] == place[1 - axis]])
        > 1
    ]
    while new := {
        unknown[0] for line in lines if len(unknown := [at for at in line if at not in known]) == 1
    }:
        known |= new
    return known


def _cell(app: str, country: str) -> _View:
    return (app,) if app != "*" else (), (country,) if country != "*" else (), (), ()


def test_few_people_with_many_downloads_are_not_told(crowds: Database) -> None:
    """What is found by downloads alone: six of Canada are told, its three listeners are not."""
    writer, _, _ = _tenant(crowds, _CANADA)
    with tenant_session(Actor(writer.tenant_id)) as connection:
        told = {
            country: [
                row["value"] for row in listening.overview_figures(connection, _of(writer, country)).rows[:2]
            ]
            for country in ("CA", "DE|US|NZ", "DE|CA", "DE", "US")
        }
    assert told == {"CA": [6, None], "DE|US|NZ": [37, None], "DE|CA": [24, None], "DE": [18, 9], "US": [7, 7]}


def _of(writer: Writer, country: str) -> Any:
    return writer.filters({"period": "30d", "country": country}, now=_NOON + timedelta(days=8))


def _views() -> Iterator[_View]:
    some_apps, some_countries = _subsets(APPS), _subsets(COUNTRIES)
    for apps in some_apps:
        yield apps, (), (), ()
        for podcast in (0, 1):
            yield apps, (), (podcast,), ()
        for part in range(4):
            yield apps, (), (), (part,)
    for countries in some_countries:
        yield (), countries, (), ()
    for app, country in product(APPS, COUNTRIES):
        yield (app,), (country,), (), ()
        yield (app,), _but(COUNTRIES, (country,)), (), ()


def _subsets(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [kept for size in range(len(values)) for kept in combinations(values, size + 1)]


def _but(values: tuple[str, ...], left_out: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if value not in left_out) or ("nothing",)


def _few(listeners: set[str]) -> bool:
    return 0 < len(listeners) < 5


def _tenant(crowds: Database, downloads: tuple[_Download, ...]) -> tuple[Writer, list[UUID], list[UUID]]:
    writer = Writer(crowds, f"crowd-{next(_numbers)}")
    with writer.transaction():
        shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
        episodes = [
            writer.insert("episodes", podcast_id=shows[n // 2], title=f"Episode {n}", published_at=_NOON)
            for n in range(4)
        ]
        writer.listener_events(
            [
                ListenerEvent(
                    episodes[episode], listener, "download", _NOON + timedelta(days=day),
                    {"country": country, **({"app": app} if app != "unknown" else {})},
                )
                for listener, day, episode, app, country in downloads
            ]
        )  # fmt: skip
    refresh.refresh_rollups()
    return writer, shows, episodes
