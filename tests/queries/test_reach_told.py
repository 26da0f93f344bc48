"""Reach by app, country and device: what tells of fewer than five people is not told, whoever subtracts from what."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, product
from typing import Any

import pytest

from queries import campaigns, portfolio, refresh
from queries.campaign_reach import NOT_KEPT, REACH_NOT_TOLD, is_reach_told
from queries.filters import Filters
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.small_cells import NOT_TOLD
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
FIRST = date(2026, 10, 5)
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
APPS, COUNTRIES = ("Overcast", "Spotify"), ("CA", "DE", "US")
View = tuple[tuple[str, ...], tuple[str, ...]]
KEYS = ("impressions", "reach", "frequency")


def test_a_reach_is_told_unless_it_or_what_is_told_with_it_is_of_few() -> None:
    assert is_reach_told(5, [5, 0], [5])
    assert is_reach_told(0, [9], []), "nobody at all is told"
    assert not is_reach_told(4, [9], [])
    assert not is_reach_told(9, [7, 1], []), "whoever subtracts it from the whole is told of one"
    assert not is_reach_told(9, [7], [8, 4]), "whoever leaves the other value out is told of four"


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_reach_told") as made:
        yield made


class Ads:
    """A campaign of which each impression says when, whom, with which app, where."""

    def __init__(self, books: Database, name: str, heard: list[tuple[datetime, str, str, str]]) -> None:
        self.writer = writer = Writer(books, name)
        self.heard = heard
        with writer.transaction():
            show = writer.insert("podcasts", name="Show")
            sponsor = writer.insert("sponsors", name="Acme")
            self.episode = writer.insert("episodes", podcast_id=show, title="Episode", duration_seconds=600)
            self.campaign = writer.insert("campaigns", name="Ads", sponsor_id=sponsor, stage="live", currency="USD",
                                          start_date=FIRST, end_date=date(2026, 10, 31))  # fmt: skip
            self.bob = writer.person(f"bob@{name}.example", "sponsor", ("sponsor", sponsor))
            writer.listener_events(
                ListenerEvent(
                    self.episode, who, "download", at, {"app": app, "country": country, "device": "phone"}
                )
                for at, who, app, country in heard
            )
            writer.attribution_events(
                AttributionEvent(self.campaign, "impression", at, who, self.episode)
                for at, who, _, _ in heard
            )
        refresh.refresh_rollups()

    def figures(self, view: View = ((), ()), **said: Any) -> dict[str, dict[str, Any]]:
        """The key figures as the sponsor gets them."""
        with tenant_session(self.bob) as connection:
            answer = campaigns.campaign_figures(connection, self.filters(view, **said))
        found = {row["metric"]: row for row in answer.rows}
        for key in KEYS:
            assert not (found[key]["value"] is None and found[key]["spark"]), key
        # Nothing is hinted at by one of the three that the others keep.
        assert len({found[key]["value"] is None for key in KEYS[:2]}) == 1
        assert (REACH_NOT_TOLD in answer.notes) == (found["reach"]["note"] == NOT_TOLD)
        return found

    def filters(self, view: View = ((), ()), **said: Any) -> Filters:
        usual = Filters(Period(FIRST, FIRST + timedelta(days=14)), self.writer.zone, NOW, comparison="none",
                        campaign_id=self.campaign, apps=view[0], countries=view[1])  # fmt: skip
        return replace(usual, **said)

    def counted(self, view: View) -> tuple[int, int]:
        """Impressions and reach of a view, counted by hand."""
        inside = [
            who
            for _, who, app, country in self.heard
            if (not view[0] or app in view[0]) and (not view[1] or country in view[1])
        ]
        return len(inside), len(set(inside))


def _people(
    prefix: str, number: int, app: str, country: str, *, day: int = 0
) -> list[tuple[datetime, str, str, str]]:
    return [(NOON + timedelta(days=day, seconds=n), f"{prefix}{n}", app, country) for n in range(number)]


def test_few_in_a_country_are_told_by_no_view_of_the_others(books: Database) -> None:
    ads = Ads(books, "few", [
        *_people("d", 40, "Overcast", "DE"), *_people("u", 6, "Overcast", "US"), *_people("c", 3, "Overcast", "CA"),
    ])  # fmt: skip
    told = {
        countries: ads.figures(((), countries))["reach"]["value"]
        for countries in (
            (),
            ("CA",),
            ("US",),
            ("DE",),
            ("DE", "US"),
            ("CA", "DE"),
            ("CA", "US"),
            COUNTRIES,
            ("FR",),
        )
    }
    assert told == {
        (): 49, ("CA",): None, ("US",): 6, ("DE",): 40, ("DE", "US"): None, ("CA", "DE"): None, ("CA", "US"): None,
        COUNTRIES: None, ("FR",): 0,
    }  # fmt: skip
    untold = ads.figures(((), ("CA",)))
    assert {untold[key]["note"] for key in KEYS} == {NOT_TOLD}
    assert {untold[key]["value"] for key in KEYS} == {None}


def test_impressions_of_few_in_another_country_are_not_told_though_all_are_in_both(books: Database) -> None:
    """Three of forty heard one ad more abroad: reach lacks nobody, and impressions would tell of the three."""
    ads = Ads(
        books, "abroad", [*_people("d", 40, "Overcast", "DE"), *_people("d", 3, "Overcast", "CA", day=1)]
    )
    assert ads.counted(((), ("DE",))) == (40, 40)
    assert ads.counted(((), ())) == (43, 40)
    assert ads.figures(((), ("DE",)))["reach"]["value"] is None


def test_people_whom_one_of_two_countries_alone_reached_are_not_told_by_leaving_it_out(
    books: Database,
) -> None:
    """Six heard ads in the States, of whom four heard them in Germany too: the two others would be told."""
    ads = Ads(books, "alone", [
        *_people("d", 40, "Overcast", "DE"), *_people("u", 2, "Overcast", "US"),
        *_people("d", 4, "Overcast", "US", day=1), *_people("n", 30, "Overcast", "NO"),
    ])  # fmt: skip
    assert [ads.counted(((), of))[1] for of in (("DE",), ("US",), ("DE", "US"))] == [40, 6, 42]
    assert ads.figures(((), ("DE", "US")))["reach"]["value"] is None
    assert ads.figures(((), ("DE", "NO")))["reach"]["value"] is None, "it leaves the two out of the whole"
    assert ads.figures(((), ("NO",)))["reach"]["value"] == 30


def test_people_whom_two_of_three_countries_reached_are_not_told_by_leaving_both_out(books: Database) -> None:
    """Nobody was reached by one of the two alone, and three by no other."""
    ads = Ads(books, "pairs", [
        *_people("d", 40, "Overcast", "DE"),
        *_people("d", 9, "Overcast", "US", day=1), *_people("d", 9, "Overcast", "NO", day=1),
        *_people("x", 3, "Overcast", "US"), *_people("x", 3, "Overcast", "NO", day=1),
    ])  # fmt: skip
    assert [ads.counted(((), of))[1] for of in (("DE", "NO"), ("DE", "US"), ("DE", "NO", "US"))] == [
        43,
        43,
        43,
    ]
    assert ads.figures(((), ("DE", "NO", "US")))["reach"]["value"] is None


def test_what_both_filters_leave_out_together_is_not_told(books: Database) -> None:
    """No filter alone leaves anybody out who is few; both lifted do."""
    ads = Ads(books, "both", [*_people("d", 40, "Overcast", "DE"), *_people("s", 2, "Spotify", "US")])
    assert ads.figures((("Overcast",), ("DE",)))["reach"]["value"] is None


def test_today_is_not_told_by_the_days_that_are_over(books: Database) -> None:
    """Compared are whole days: where the rest of the period is few people's, nothing is compared."""
    ads = Ads(books, "today", [
        *_people("d", 30, "Overcast", "DE", day=-2), *_people("d", 30, "Overcast", "DE", day=-1),
        *_people("d", 40, "Overcast", "DE"), *_people("u", 20, "Overcast", "US"),
        *_people("n", 2, "Overcast", "DE", day=1),
    ])  # fmt: skip
    today = {"period": Period(FIRST, FIRST + timedelta(days=2)), "comparison": "previous"}
    few = ads.figures(((), ("DE",)), now=NOON + timedelta(days=1, hours=1), **today)
    assert (few["reach"]["value"], few["reach"]["compared_value"], few["reach"]["previous"]) == (
        42,
        None,
        None,
    )
    assert few["reach"]["note"] == f"not compared: {NOT_TOLD}"
    over = ads.figures(((), ("DE",)), now=NOON + timedelta(days=2, hours=1), **today)
    assert [over["reach"][key] for key in ("value", "compared_value", "previous")] == [42, 42, 30]
    assert [over["impressions"][key] for key in ("value", "compared_value", "previous")] == [42, 42, 60]
    whole = ads.figures(now=NOON + timedelta(days=1, hours=1), **today)
    assert (whole["reach"]["value"], whole["reach"]["compared_value"], whole["reach"]["previous"]) == (
        62,
        60,
        30,
    )


def test_no_two_views_tell_by_subtraction_what_is_left_between_them(books: Database) -> None:
    """Every view by two apps and three countries of a hundred people, read by the sponsor, who knows the whole."""
    draw = random.Random(7)  # noqa: S311 - made-up people
    heard = [
        (NOON + timedelta(seconds=n), f"p{draw.randrange(100)}", *place)
        for n, place in enumerate(draw.choices([*product(APPS, COUNTRIES)], [30, 3, 60, 40, 2, 12], k=260))
    ]
    ads = Ads(books, "views", heard)
    views: list[View] = [*product(_subsets(APPS), _subsets(COUNTRIES))]
    told = {
        view: (figures["impressions"]["value"], figures["reach"]["value"])
        for view in views
        for figures in [ads.figures(view)]
        if figures["reach"]["value"] is not None
    }
    assert all(told[view] == ads.counted(view) for view in told)
    assert 3 < len(told) < len(views)
    for view in told:
        assert not 0 < told[view][1] < 5
        for wider in told:
            # The same view with a filter lifted, or both.
            if wider != view and all(
                of == () or of == narrow for of, narrow in zip(wider, view, strict=True)
            ):
                left = [of - narrow for of, narrow in zip(told[wider], told[view], strict=True)]
                assert not any(0 < number < 5 for number in left), (wider, view)


def _subsets(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [*chain.from_iterable(combinations(values, number) for number in range(len(values) + 1))]


def test_days_older_than_raw_events_have_no_reach_by_country_and_are_not_compared_with(
    books: Database,
) -> None:
    ads = Ads(books, "old", _people("d", 40, "Overcast", "DE"))
    germany: View = ((), ("DE",))
    years = 365 * 2 + 2
    old = Period(FIRST - timedelta(days=years), FIRST + timedelta(days=14))
    with tenant_session(ads.bob) as connection:
        answer = campaigns.campaign_figures(connection, ads.filters(germany, period=old))
        whole = campaigns.campaign_figures(connection, ads.filters(period=old))
    assert NOT_KEPT in answer.notes
    assert {row["note"] for row in answer.rows[:3]} == {"not kept that long"}
    assert {row["value"] for row in answer.rows} == {None}
    # All of the campaign is kept in days, however old.
    assert [row["value"] for row in whole.rows[:3]] == [40, 40, 1]
    assert whole.notes == ()


def test_reach_does_not_end_with_the_days_of_listeners(books: Database) -> None:
    """As README says: those are of unique listeners, and whom a campaign reached stays known."""
    ads = Ads(books, "fewdays", _people("d", 40, "Overcast", "DE"))
    with ads.writer.transaction() as owner:
        owner.execute("update tenant_settings set settings = settings || '{\"listener_retention_days\": 1}'")
    refresh.drop_expired()
    for view in (((), ()), (("Overcast",), ()), ((), ("DE",))):
        assert [ads.figures(view)[key]["value"] for key in KEYS] == [40, 40, 1]
    with tenant_session(ads.bob) as connection:
        together = portfolio.reach_of_all(connection, ads.filters(((), ("DE",))))
    assert [row["value"] for row in together.rows] == [40, 40, 1]


def test_a_moment_with_two_downloads_makes_no_second_impression(books: Database) -> None:
    """Sources may tell of such; which app it was with then goes by their names, and each ad counts once."""
    ads = Ads(books, "twice", [*_people("d", 40, "Overcast", "DE")])
    ads.writer.listener_events(
        ListenerEvent(
            ads.episode, who, "download", at, {"app": "Spotify", "country": "DE", "device": "phone"}
        )
        for at, who, _, _ in ads.heard
    )
    refresh.refresh_rollups()
    for app, expected in (("Overcast", (40, 40)), ("Spotify", (0, 0))):
        found = ads.figures(((app,), ()))
        assert (found["impressions"]["value"], found["reach"]["value"]) == expected


def test_a_sponsor_has_reach_of_its_own_campaign_alone(books: Database) -> None:
    ads = Ads(books, "own", _people("d", 40, "Overcast", "DE"))
    others = Ads(books, "others", _people("d", 50, "Overcast", "DE"))
    with tenant_session(ads.bob) as connection:
        rows = connection.exec_driver_sql(
            "select campaign_id, count(*) from campaign_impressions group by campaign_id"
        ).all()
    assert [tuple(row) for row in rows] == [(ads.campaign, 40)]
    stranger = ads.writer.person(
        "zoe@own.example", "sponsor", ("sponsor", ads.writer.insert("sponsors", name="Globex"))
    )
    carol = ads.writer.person("carol@own.example", "podcaster")
    for actor in (stranger, carol, others.bob):
        with tenant_session(actor) as connection:
            found = connection.exec_driver_sql(
                f"select count(*) from campaign_impressions where campaign_id = '{ads.campaign}'"
            ).scalar_one()
        assert found == 0
    with tenant_session(Actor(ads.writer.tenant_id)) as connection:
        assert connection.exec_driver_sql("select count(*) from campaign_impressions").scalar_one() == 40
