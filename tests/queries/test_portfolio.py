"""Portfolio questions on the real database: sums over campaigns by hand, who is at risk, and who may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from queries import campaigns, portfolio
from queries.filters import Filters
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import Event, Tenant, counted_conversions, own_database

# Noon in New York on the 20th of 30 days.
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
QUESTIONS: tuple[Callable[..., Answer], ...] = (
    portfolio.portfolio_figures, portfolio.campaigns_by_stage, portfolio.campaigns_at_risk,
    portfolio.revenue_by_sponsor, portfolio.expiring_bookings,
)  # fmt: skip


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """A database that this module commits to."""
    with own_database(settings, make_database, "podboard_portfolio") as made:
        yield made


class World(Tenant):
    """A tenant of New York with campaigns of two sponsors in several stages."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "America/New_York")
        self.episode_id = self.episode(self.podcast("Show"), "Episode")
        self.sponsors = (self.sponsor("Acme"), self.sponsor("Zenith"))
        self.ids: dict[str, UUID] = {}
        self.data_to = datetime.min.replace(tzinfo=UTC)
        self._campaign("Fast", 0, 3000, 2400)
        self._campaign("Slow", 0, 3000, 600)
        self._campaign("Slower", 1, 1000, 100, currency="EUR", rate=40_000_000)
        self._campaign("Over", 1, 500, 500, start=date(2026, 9, 1), end=date(2026, 9, 30), stage="completed")
        self._campaign("Later", 0, 700, 0, start=date(2026, 12, 5), end=date(2026, 12, 20), stage="booked")
        self._campaign("Maybe", 1, 900, 0, stage="proposed")
        self.refresh()
        unique = self.tenant_id.hex[:8]
        self.bob = self.person(f"bob-{unique}@a.example", "sponsor", owns=[("sponsor", self.sponsors[0])])
        self.carol = self.person(f"carol-{unique}@a.example", "podcaster")
        self.dora = self.person(f"dora-{unique}@a.example", "account_manager")

    def _campaign(self, name: str, sponsor: int, booked: int, delivered: int, *, start: date = FIRST, end: date = LAST,
                  stage: str = "live", currency: str = "USD", rate: int = 20_000_000) -> None:  # fmt: skip
        campaign = self.campaign(
            self.sponsors[sponsor], start, end, name=name, stage=stage, currency=currency
        )
        self.booking(
            campaign,
            self.sponsors[sponsor],
            start,
            end,
            booked_impressions=booked,
            rate_micros=rate,
            currency=currency,
        )
        self.ids[name] = campaign
        begin = datetime(start.year, start.month, start.day, 5, tzinfo=UTC)
        until = min(NOW, datetime(end.year, end.month, end.day, 23, tzinfo=UTC))
        step = (until - begin) / max(1, delivered)
        if delivered:
            self.data_to = max(self.data_to, begin + step * (delivered - 1))
        self.add(
            Event(campaign, "impression", begin + step * n, f"l{n % 90}", self.episode_id)
            for n in range(delivered)
        )
        self.add(
            Event(campaign, "purchase", begin + step * n, f"l{n}", value_micros=9_000_000, currency=currency)
            for n in range(0, delivered, 50)
        )

    def filters_of(self, start: date = FIRST, end: date = date(2026, 12, 1), **said: Any) -> Filters:
        return self.filters(start, end, NOW, **said)

    def ask(self, question: Callable[..., Answer], *arguments: Any, reader: UUID | None = None) -> Answer:
        """The answer as one person of the tenant gets it; the account manager unless told."""
        with tenant_session(Actor(self.tenant_id, reader or self.dora)) as connection:
            return question(connection, *arguments)

    def counted(self, kind: str, start: date, end: date) -> list[Event]:
        return [
            event for event in self.events if event.attribution_type == kind and start <= self.day(event.at) < end
        ]  # fmt: skip


@pytest.fixture(scope="module")
def world(books: Database) -> World:
    """The world of this module, read only."""
    return World(books)


def test_figures_add_campaigns_up_and_currencies_never(world: World) -> None:
    answer = world.ask(portfolio.portfolio_figures, world.filters_of(date(2026, 11, 8), date(2026, 11, 15)))
    found = {(row["metric"], row["currency"]): (row["value"], row["previous"]) for row in answer.rows}
    weeks = [(date(2026, 11, 8), date(2026, 11, 15)), (date(2026, 11, 1), date(2026, 11, 8))]
    currency_of = {campaign: "EUR" if name == "Slower" else "USD" for name, campaign in world.ids.items()}
    rate = {"USD": 20_000, "EUR": 40_000}
    expected = {
        ("impressions", ""): tuple(len(world.counted("impression", *week)) for week in weeks),
        ("reach", ""): tuple(len(_reached(world, *week)) for week in weeks),
        ("frequency", ""): tuple(_frequency(world, *week) for week in weeks),
        ("conversions", ""): tuple(
            sum(start <= world.day(c.at) < end for campaign in world.ids.values()
                for c in counted_conversions(world.events, campaign))
            for start, end in weeks
        ),
    }  # fmt: skip
    for currency in ("USD", "EUR"):
        in_it = [
            [
                event
                for event in world.counted("impression", *week)
                if currency_of[event.campaign_id] == currency
            ]
            for week in weeks
        ]
        bought = [[e for e in world.counted("purchase", *week) if e.currency == currency] for week in weeks]
        expected["spend_micros", currency] = tuple(len(events) * rate[currency] for events in in_it)
        expected["revenue_micros", currency] = tuple(len(events) * 9_000_000 for events in bought)
    assert found == expected
    # The tenant's own currency stands before others, whatever they are called.
    assert [row["currency"] for row in answer.rows] == ["", "", "", "", "USD", "EUR", "USD", "EUR"]
    assert answer.totals == {"campaigns": 6, "live": 3, "at_risk": 2}
    impressions = answer.rows[0]
    assert (
        impressions["change_ratio"]
        == Decimal(impressions["value"] - impressions["previous"]) / impressions["previous"]
    )
    days = [date(2026, 11, 8) + timedelta(days=n) for n in range(7)]
    assert impressions["spark"] == [
        len(world.counted("impression", day, day + timedelta(days=1))) for day in days
    ]
    reach, frequency = answer.rows[1:3]
    assert reach["spark"] == [len(_reached(world, day, day + timedelta(days=1))) for day in days]
    assert frequency["spark"] == [_frequency(world, day, day + timedelta(days=1)) for day in days]
    # Neither over campaigns nor over days: most people are reached by several of them, and on several days.
    of_each = [
        len({e.listener_id for e in world.counted("impression", *weeks[0]) if e.campaign_id == campaign})
        for campaign in world.ids.values()
    ]
    assert max(of_each) <= reach["value"] < min(sum(of_each), sum(reach["spark"]))


def _reached(world: World, start: date, end: date) -> set[str | None]:
    return {event.listener_id for event in world.counted("impression", start, end)}


def _frequency(world: World, start: date, end: date) -> Decimal:
    impressions = world.counted("impression", start, end)
    return Decimal(len(impressions)) / len(_reached(world, start, end))


def test_reach_of_days_that_are_not_over_is_compared_without_them(world: World) -> None:
    start, end = date(2026, 11, 11), date(2026, 11, 25)
    rows = world.ask(portfolio.portfolio_figures, world.filters_of(start, end)).rows
    today = world.day(NOW)
    found = {row["metric"]: row for row in rows}["reach"]
    assert found["value"] == len(_reached(world, start, end))
    assert found["compared_value"] == len(_reached(world, start, today))
    assert found["previous"] == len(_reached(world, start - (today - start), start))
    assert found["change_ratio"] == Decimal(found["compared_value"] - found["previous"]) / found["previous"]


@pytest.mark.parametrize("start", [date(2026, 11, 8), date(2026, 6, 1)])
def test_sparks_of_money_add_up_to_the_period_up_to_today(world: World, start: date) -> None:
    end = date(2026, 11, 25)
    rows = world.ask(portfolio.portfolio_figures, world.filters_of(start, end)).rows
    days = (world.day(NOW) - start).days + 1
    length = 1 if (end - start).days <= 92 else 7
    for row in rows[4:]:
        assert sum(row["spark"]) == row["value"] > 0
        assert len(row["spark"]) == -(-days // length)
    by_day = {row["metric"]: row["spark"] for row in rows if row["currency"] == "EUR"}
    first = start + timedelta(days=length)
    delivered = [e for e in world.counted("impression", start, first) if e.campaign_id == world.ids["Slower"]]
    assert by_day["spend_micros"][0] == len(delivered) * 40_000


def test_figures_without_a_comparison(world: World) -> None:
    answer = world.ask(portfolio.portfolio_figures, world.filters_of(comparison="none"))
    assert {(row["previous"], row["change_ratio"]) for row in answer.rows} == {(None, None)}
    assert len(answer.rows[0]["spark"]) == 20


def test_stages_stand_in_their_order_with_what_is_booked_and_delivered(world: World) -> None:
    answer = world.ask(portfolio.campaigns_by_stage, world.filters_of())
    assert [tuple(row.values()) for row in answer.rows] == [
        ("prospect", 0, 0, 0), ("proposed", 1, 900, 0), ("booked", 1, 700, 0), ("live", 3, 7000, 3100),
        ("paused", 0, 0, 0), ("completed", 1, 500, 500), ("cancelled", 0, 0, 0),
    ]  # fmt: skip


def test_at_risk_are_those_behind_the_largest_shortfall_first(world: World) -> None:
    answer = world.ask(portfolio.campaigns_at_risk, world.filters_of())
    # Up to the last impression 19 of 30 days have passed and a part of the 20th: forecast = delivered x 30 / that.
    passed = 19 + (world.data_to - datetime(2026, 11, 20, 5, tzinfo=UTC)) / timedelta(days=1)
    assert 19.3 < passed < 19.5, "now is 19.5"
    assert [tuple(row.values()) for row in answer.rows] == [
        (world.ids["Slow"], "Slow", "Acme", LAST, Decimal("0.2"), answer.rows[0]["pacing_ratio"],
         round(3000 - 600 * 30 / passed)),
        (world.ids["Slower"], "Slower", "Zenith", LAST, Decimal("0.1"), answer.rows[1]["pacing_ratio"],
         round(1000 - 100 * 30 / passed)),
    ]  # fmt: skip
    assert float(answer.rows[0]["pacing_ratio"]) == pytest.approx(600 / (3000 * passed / 30))
    cards = {row["campaign_id"]: row for row in world.ask(campaigns.campaign_cards, world.filters_of()).rows}
    assert {row["pacing_ratio"] for row in answer.rows} == {
        row["pacing_ratio"] for row in cards.values() if row["pacing_state"] == "behind"
    }


def test_revenue_by_sponsor_is_spend_in_the_period_per_currency(world: World) -> None:
    answer = world.ask(portfolio.revenue_by_sponsor, world.filters_of())
    assert [(row["sponsor_name"], row["spend_micros"], row["currency"], row["campaigns"]) for row in answer.rows] == [
        ("Acme", 3000 * 20_000, "USD", 2), ("Zenith", 100 * 40_000, "EUR", 1),
    ]  # fmt: skip
    assert answer.totals == {"spend_micros": {"USD": 60_000_000, "EUR": 4_000_000}}
    assert list(answer.totals["spend_micros"]) == ["USD", "EUR"]
    september = world.ask(portfolio.revenue_by_sponsor, world.filters_of(date(2026, 9, 1), date(2026, 10, 1)))
    assert [(row["sponsor_name"], row["spend_micros"]) for row in september.rows] == [
        ("Zenith", 500 * 20_000)
    ]


def test_spend_of_periods_side_by_side_adds_up(world: World) -> None:
    def spent(start: date, end: date) -> dict[str, int]:
        answer = world.ask(portfolio.revenue_by_sponsor, world.filters_of(start, end))
        return {row["currency"] + row["sponsor_name"]: row["spend_micros"] for row in answer.rows}

    first, second, whole = (spent(FIRST, date(2026, 11, 9)), spent(date(2026, 11, 9), date(2026, 12, 1)),
                            spent(FIRST, date(2026, 12, 1)))  # fmt: skip
    assert {key: first[key] + second[key] for key in whole} == whole


def test_expiring_bookings_end_within_thirty_days(world: World) -> None:
    answer = world.ask(portfolio.expiring_bookings, world.filters_of())
    assert [(row["name"], row["days_left"], row["impressions"], row["delivered_ratio"]) for row in answer.rows] == [
        ("Fast", 10, 2400, Decimal("0.8")), ("Slow", 10, 600, Decimal("0.2")), ("Slower", 10, 100, Decimal("0.1")),
        ("Later", 30, 0, Decimal(0)),
    ]  # fmt: skip
    assert [row["cost_micros"] for row in answer.rows] == [60_000_000, 60_000_000, 40_000_000, 14_000_000]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_a_sponsor_sees_its_own_alone_and_a_podcaster_nothing(
    world: World, question: Callable[..., Answer]
) -> None:
    f = world.filters_of()
    own, everything = world.ask(question, f, reader=world.bob), world.ask(question, f)
    said = repr([own.rows, own.totals])
    assert not any(
        foreign in said for foreign in ("Zenith", "Slower", "Maybe", str(world.sponsors[1]), "EUR")
    )
    assert own.rows != everything.rows
    if question is portfolio.portfolio_figures:
        nobody = world.ask(question, f, reader=world.carol)
        assert {(row["metric"], row["value"]) for row in nobody.rows} == {
            ("impressions", 0),
            ("reach", 0),
            ("frequency", None),
            ("conversions", 0),
        }
        reach = {row["metric"]: row["value"] for row in own.rows}["reach"]
        mine = {world.ids[name] for name in ("Fast", "Slow", "Later")}
        assert reach == len(
            {
                e.listener_id
                for e in world.counted("impression", FIRST, date(2026, 12, 1))
                if e.campaign_id in mine
            }
        )
        assert nobody.totals == {"campaigns": 0, "live": 0, "at_risk": 0}
    else:
        assert world.ask(question, f, reader=world.carol).is_empty


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_another_tenant_changes_nothing(
    books: Database, world: World, question: Callable[..., Answer]
) -> None:
    before = world.ask(question, world.filters_of())
    stranger = Tenant(books, "America/New_York")
    campaign = stranger.campaign(sponsor := stranger.sponsor("Foreign"), FIRST, LAST)
    stranger.booking(campaign, sponsor, FIRST, LAST, booked_impressions=10**9)
    stranger.add([Event(campaign, "impression", NOW - timedelta(days=3), "l1")])
    stranger.refresh_rollups()
    after = world.ask(question, world.filters_of())
    assert (after.rows, after.totals) == (before.rows, before.totals)
    charlie = stranger.person(f"charlie-{uuid4().hex[:8]}@b.example", "admin")
    with tenant_session(Actor(stranger.tenant_id, charlie)) as connection:
        said = repr(question(connection, world.filters_of()).rows)
    assert not any(name in said for name in (*world.ids, "Acme", *map(str, world.ids.values())))


def test_an_empty_tenant_has_an_empty_portfolio(books: Database) -> None:
    tenant = Tenant(books)
    f = tenant.filters(FIRST, LAST, NOW)
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        for question in QUESTIONS[1:]:
            assert question(connection, f).is_empty
        figures = portfolio.portfolio_figures(connection, f)
    assert [(row["metric"], row["value"]) for row in figures.rows] == [
        ("impressions", 0), ("reach", 0), ("frequency", None), ("conversions", 0),
    ]  # fmt: skip


def test_a_deleted_campaign_is_in_no_number(books: Database) -> None:
    tenant = Tenant(books)
    sponsor = tenant.sponsor("S")
    for gone in (None, NOW):
        campaign = tenant.campaign(sponsor, FIRST, LAST, deleted_at=gone)
        tenant.booking(campaign, sponsor, FIRST, LAST)
        tenant.add(
            [Event(campaign, kind, NOW - timedelta(days=2), "l1") for kind in ("impression", "purchase")]
        )
    tenant.refresh()
    f = tenant.filters(FIRST, date(2026, 12, 1), NOW)
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        figures = portfolio.portfolio_figures(connection, f)
        stages = portfolio.campaigns_by_stage(connection, f)
        sponsors = portfolio.revenue_by_sponsor(connection, f)
    assert {row["metric"]: row["value"] for row in figures.rows} == {
        "impressions": 1, "reach": 1, "frequency": 1, "conversions": 1, "spend_micros": 25_000,
    }  # fmt: skip
    assert (stages.totals["campaigns"], [row["campaigns"] for row in sponsors.rows]) == (1, [1])
