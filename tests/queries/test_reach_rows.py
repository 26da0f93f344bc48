"""The lists of a campaign by show and episode under filters by app and country: counted by hand, few told by none.

That they are counted rightly in every zone and under every filter is in `test_reach_oracles.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from queries import campaigns, portfolio, refresh
from queries.campaign_delivery import delivery_by_episode, delivery_by_podcast
from queries.campaign_reach import NOT_KEPT, REACH_NOT_TOLD
from queries.campaign_reach_rows import ROWS_NOT_TOLD
from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
FIRST = date(2026, 10, 5)
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
APPS, COUNTRIES = ("Overcast", "Spotify"), ("CA", "DE", "US")
Heard = tuple[datetime, str, int, str, str]
"""When, who, in which episode, with which app, where."""


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_reach_rows") as made:
        yield made


class Ads:
    """A campaign in four episodes of three shows: the first show has two."""

    def __init__(self, books: Database, name: str, heard: list[Heard]) -> None:
        self.writer = writer = Writer(books, name)
        self.heard = heard
        with writer.transaction():
            self.shows = [writer.insert("podcasts", name=f"Show {n}") for n in range(3)]
            sponsor = writer.insert("sponsors", name="Acme")
            self.show_of = [self.shows[n] for n in (0, 1, 2, 0)]
            self.episodes = [
                writer.insert("episodes", podcast_id=show, title=f"Episode {n}", duration_seconds=600)
                for n, show in enumerate(self.show_of)
            ]
            self.campaign = writer.insert("campaigns", name="Ads", sponsor_id=sponsor, stage="live", currency="USD",
                                          start_date=FIRST, end_date=date(2026, 10, 31))  # fmt: skip
            for episode in self.episodes:
                writer.insert("ad_units", campaign_id=self.campaign, episode_id=episode, unit_type="mid_roll",
                              position_seconds=60, duration_seconds=30)  # fmt: skip
            self.bob = writer.person(f"bob@{name}.example", "sponsor", ("sponsor", sponsor))
            writer.listener_events(
                ListenerEvent(self.episodes[n], who, "download", at, {"app": app, "country": country})
                for at, who, n, app, country in heard
            )
            writer.attribution_events(
                AttributionEvent(self.campaign, "impression", at, who, self.episodes[n])
                for at, who, n, _, _ in heard
            )
        refresh.refresh_rollups()

    def filters(self, **said: Any) -> Filters:
        usual = Filters(Period(FIRST, FIRST + timedelta(days=14)), self.writer.zone, NOW, comparison="none",
                        campaign_id=self.campaign)  # fmt: skip
        return replace(usual, **said)

    def shown(self, ask: Callable[..., Answer], **said: Any) -> Answer:
        """A list as the sponsor gets it."""
        with tenant_session(self.bob) as connection:
            return ask(connection, self.filters(**said))

    def reach(self, **said: Any) -> int | None:
        """The reach of a view among the key figures."""
        found: int | None = next(
            row["value"]
            for row in self.shown(campaigns.campaign_figures, **said).rows
            if row["metric"] == "reach"
        )
        return found

    def counted(self, place: Callable[[int], UUID], f: Filters) -> dict[UUID, tuple[int, int]]:
        """Impressions and reach by hand, of each show or episode."""
        inside: dict[UUID, list[str]] = {place(n): [] for n in range(4)}
        for _, who, n, app, country in self.heard:
            if (not f.apps or app in f.apps) and (not f.countries or country in f.countries):
                inside[place(n)].append(who)
        return {key: (len(whom), len(set(whom))) for key, whom in inside.items()}


def _people(prefix: str, number: int, episode: int, country: str, *, hour: int = 0) -> list[Heard]:
    return [
        (NOON + timedelta(hours=hour, seconds=n), f"{prefix}{n}", episode, "Overcast", country)
        for n in range(number)
    ]


def _rows(answer: Answer, name: str) -> dict[str, tuple[Any, ...]]:
    return {
        row[name]: tuple(row[key] for key in ("impressions", "share", "reach", "frequency"))
        for row in answer.rows
    }


def test_shows_and_episodes_are_narrowed_by_country_and_whoever_heard_two_counts_once(
    books: Database,
) -> None:
    ads = Ads(books, "plain", [
        *_people("a", 30, 0, "DE"), *_people("a", 20, 3, "DE", hour=1), *_people("b", 10, 1, "DE"),
        *_people("c", 50, 0, "US"), *_people("d", 9, 2, "US"),
    ])  # fmt: skip
    shows = ads.shown(delivery_by_podcast, countries=("DE",))
    assert _rows(shows, "podcast_name") == {
        "Show 0": (50, Decimal(50) / 60, 30, Decimal(50) / 30),
        "Show 1": (10, Decimal(10) / 60, 10, Decimal(1)),
        "Show 2": (0, Decimal(0), 0, None),
    }
    assert (shows.totals, shows.notes) == ({"impressions": 60}, ())
    episodes = ads.shown(delivery_by_episode, countries=("DE",), podcasts=(ads.shows[0],))
    assert _rows(episodes, "title") == {
        "Episode 0": (30, Decimal("0.6"), 30, Decimal(1)),
        "Episode 3": (20, Decimal("0.4"), 20, Decimal(1)),
    }
    assert episodes.totals == {"impressions": 50}
    assert episodes.notes == ("Kinds of ad are those of the episode, whatever app, country or device.",)
    assert ads.shown(delivery_by_episode).notes == ()


def test_a_show_of_few_is_not_told_nor_by_the_total_of_the_others(books: Database) -> None:
    ads = Ads(books, "few", [
        *_people("a", 40, 0, "DE"), *_people("b", 20, 1, "DE"), *_people("c", 3, 2, "DE"),
        *_people("d", 70, 0, "US"), *_people("e", 80, 1, "US"), *_people("f", 90, 2, "US"),
    ])  # fmt: skip
    answer = ads.shown(delivery_by_podcast, countries=("DE",))
    # The total of 63 is told, and 40 and 20 beside it would tell of three.
    assert [tuple(row[key] for key in ("podcast_name", "impressions", "reach", "share")) for row in answer.rows] == [
        ("Show 0", 40, 40, Decimal(40) / 63),
        ("Show 1", "hidden", "hidden", None),
        ("Show 2", "<5", "<5", None),
    ]  # fmt: skip
    assert answer.totals == {"impressions": 63}
    assert answer.notes == (ROWS_NOT_TOLD,)
    assert [row["impressions"] for row in ads.shown(delivery_by_podcast).rows] == [110, 100, 93]


def test_a_show_that_leaves_few_outside_it_is_not_told(books: Database) -> None:
    """All but two of a show's listeners are in the country: the show without a filter would tell of them."""
    ads = Ads(books, "outside", [
        *_people("a", 40, 0, "DE"), *_people("b", 2, 0, "US"), *_people("c", 30, 1, "DE"), *_people("d", 30, 1, "US"),
        *_people("e", 20, 2, "DE"), *_people("f", 20, 2, "US"),
    ])  # fmt: skip
    told = _rows(ads.shown(delivery_by_podcast, countries=("DE",)), "podcast_name")
    assert {name: row[2] for name, row in told.items()} == {
        "Show 0": "hidden",
        "Show 1": 30,
        "Show 2": "hidden",
    }
    assert ads.reach(countries=("DE",), podcasts=(ads.shows[0],)) is None


def test_where_nothing_is_told_of_the_view_no_row_of_it_is(books: Database) -> None:
    ads = Ads(books, "nothing", [*_people("a", 40, 0, "DE"), *_people("b", 3, 1, "US")])
    for ask in (delivery_by_podcast, delivery_by_episode):
        answer = ads.shown(ask, countries=("DE",))
        assert (answer.rows, answer.totals, answer.notes) == ([], {"impressions": None}, (REACH_NOT_TOLD,))
        old = ads.shown(
            ask, countries=("DE",), period=Period(FIRST - timedelta(days=800), FIRST + timedelta(days=9))
        )
        assert (old.rows, old.notes) == ([], (NOT_KEPT,))


def test_a_row_is_told_only_as_the_view_of_it_is_and_none_follows_from_the_others(books: Database) -> None:
    """Every view by two apps and three countries of a hundred people in four episodes, read by the sponsor."""
    draw = random.Random(11)  # noqa: S311 - made-up people
    places = draw.choices(
        [*product(range(4), APPS, COUNTRIES)], [9, 1, 30, 12, 1, 3] * 2 + [4, 1, 9, 9, 2, 3] * 2, k=700
    )
    ads = Ads(books, "views", [
        (NOON + timedelta(seconds=n), f"p{draw.randrange(100)}", *place) for n, place in enumerate(places)
    ])  # fmt: skip
    told = withheld = 0
    apps = ((), *((app,) for app in APPS), APPS)
    countries = ((), *((country,) for country in COUNTRIES), ("DE", "US"))
    for chosen in product(apps, countries):
        if chosen == ((), ()):
            continue
        said = {"apps": chosen[0], "countries": chosen[1]}
        for ask, key, field, place in (
            (delivery_by_podcast, "podcast_id", "podcasts", ads.show_of),
            (delivery_by_episode, "episode_id", "episodes", ads.episodes),
        ):
            answer = ads.shown(ask, **said)
            if answer.totals["impressions"] is None:
                assert ads.reach(**said) is None
                continue
            counted = ads.counted(place.__getitem__, ads.filters(**said))
            assert answer.totals["impressions"] == sum(impressions for impressions, _ in counted.values())
            assert {row[key] for row in answer.rows} == counted.keys()
            hidden = [counted[row[key]][0] for row in answer.rows if isinstance(row["impressions"], str)]
            assert len(hidden) != 1, "what is left of the total"
            for row in answer.rows:
                is_text = isinstance(row["impressions"], str)
                assert is_text == isinstance(row["reach"], str)
                if is_text:
                    withheld += 1
                    assert (row["share"], row["frequency"]) == (None, None)
                else:
                    told += 1
                    assert (row["impressions"], row["reach"]) == counted[row[key]]
                    assert ads.reach(**said, **{field: (row[key],)}) == row["reach"]
    assert told > 20
    assert withheld > 10


def _together(reader: Any, f: Filters) -> tuple[Any, tuple[str, ...]]:
    with tenant_session(reader) as connection:
        answer = portfolio.reach_of_all(connection, f)
    rows = {row["metric"]: row for row in answer.rows}
    assert len({rows[key]["value"] is None for key in ("impressions", "reach")}) == 1
    return rows["reach"]["value"], answer.notes


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        # Ten of forty heard ads of both, ten those of the second alone.
        ([*_people("a", 10, 1, "DE"), *_people("b", 10, 1, "DE"), *_people("u", 30, 1, "US")], 50),
        # Two those of the second alone: they are what is left when the first's are subtracted.
        ([*_people("a", 10, 1, "DE"), *_people("b", 2, 1, "DE"), *_people("u", 30, 1, "US")], None),
        # All but two of the second's are in the country: its own view is not told, and would be known by impressions.
        ([*_people("a", 10, 1, "DE"), *_people("b", 10, 1, "DE"), *_people("u", 2, 1, "US")], None),
        # Nobody of the second's is there.
        (_people("u", 30, 1, "US"), 40),
        # Few are.
        ([*_people("a", 3, 1, "DE"), *_people("u", 30, 1, "US")], None),
    ],
)
def test_several_campaigns_together_are_told_only_where_none_of_them_tells_of_few(
    books: Database, second: list[Heard], expected: int | None, request: pytest.FixtureRequest
) -> None:
    ads = Ads(books, f"together-{request.node.callspec.indices['expected']}", [
        *_people("a", 40, 0, "DE"), *_people("w", 50, 0, "US"),
    ])  # fmt: skip
    writer = ads.writer
    sponsor = writer.insert("sponsors", name="Globex")
    other = writer.insert("campaigns", name="Others", sponsor_id=sponsor, stage="live", currency="USD",
                          start_date=FIRST, end_date=date(2026, 10, 31))  # fmt: skip
    writer.listener_events(
        ListenerEvent(ads.episodes[n], who, "download", at, {"app": app, "country": country})
        for at, who, n, app, country in second
    )
    writer.attribution_events(
        AttributionEvent(other, "impression", at, who, ads.episodes[n]) for at, who, n, _, _ in second
    )
    refresh.refresh_rollups()
    eve = writer.person(f"eve@{writer.tenant_id}.example", "sponsor", ("sponsor", sponsor))
    f = ads.filters(campaign_id=None, countries=("DE",))
    assert _together(Actor(writer.tenant_id), f) == (expected, () if expected else (REACH_NOT_TOLD,))
    # Bob's alone is what his campaign is told of, whatever the other reached.
    assert _together(ads.bob, f) == (40, ())
    assert _together(ads.bob, f)[0] == ads.reach(countries=("DE",))
    people = {who for _, who, *_ in second}
    assert _together(eve, replace(f, countries=()))[0] == len(people)
