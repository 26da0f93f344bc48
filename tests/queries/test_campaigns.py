"""Campaign questions on the real database, each number against a count of the raw events by hand, for every reader."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest

from queries import campaign_conversions, campaign_delivery, campaigns
from queries.errors import InvalidRequest, NotFound, TenantMissing
from queries.filters import Filters
from queries.periods import Comparison, Grain
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import Event, Tenant, counted_conversions, counted_credit, own_database, touches_before
from tests.weeks import week_of

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
# 8 October to 25 November 2026: the clocks change in New York and Berlin inside it.
FIRST, LAST = date(2026, 10, 8), date(2026, 11, 25)
NOW = datetime(2026, 11, 16, 17, 40, tzinfo=UTC)
OF_ONE_CAMPAIGN: tuple[Callable[..., Answer], ...] = (
    campaigns.campaign_figures, campaign_delivery.delivery, campaign_delivery.delivery_by_episode,
    campaign_delivery.bookings, campaign_conversions.conversions_trend, campaign_conversions.attribution_by_podcast,
    campaign_conversions.attribution_by_episode,
)  # fmt: skip


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """A database that this module commits to."""
    with own_database(settings, make_database, "podboard_campaigns") as made:
        yield made


@dataclass
class World:
    """A tenant with two sponsors, two shows and two campaigns, full of events."""

    tenant: Tenant
    shows: tuple[UUID, UUID]
    episodes: tuple[UUID, ...]
    sponsors: tuple[UUID, UUID]
    mine: UUID
    theirs: UUID
    bob: UUID
    carol: UUID
    dora: UUID

    def filters(
        self,
        start: date = date(2026, 10, 20),
        end: date = date(2026, 11, 12),
        comparison: Comparison = "previous",
        grain: Grain = "day",
    ) -> Filters:
        """Filters for the campaign of the sponsor Bob."""
        return self.tenant.filters(start, end, NOW, self.mine, comparison, grain)

    def ask(self, question: Callable[..., Any], *arguments: Any, reader: UUID | None = None) -> Any:
        """The answer as one person of the tenant gets it; the account manager unless told."""
        with tenant_session(Actor(self.tenant.tenant_id, reader or self.dora)) as connection:
            return question(connection, *arguments)

    def events(self, kind: str, start: date, end: date, campaign_id: UUID | None = None) -> list[Event]:
        """Raw events of one campaign and kind on the tenant days `[start, end)`."""
        return [
            event for event in self.tenant.events
            if event.campaign_id == (campaign_id or self.mine) and event.attribution_type == kind
            and start <= self.tenant.day(event.at) < end
        ]  # fmt: skip

    def conversions(self, start: date, end: date) -> list[Any]:
        """Conversions of the campaign on the tenant days `[start, end)`."""
        return [
            c
            for c in counted_conversions(self.tenant.events, self.mine)
            if start <= self.tenant.day(c.at) < end
        ]


def build(database: Database, zone: str) -> World:
    """A world whose events are the same for every zone; deterministic."""
    dice = random.Random(20261101)  # noqa: S311 - the same world every time
    tenant = Tenant(database, zone)
    shows = (tenant.podcast("First show"), tenant.podcast("Second show"))
    published = datetime(2026, 10, 1, 9, tzinfo=UTC)
    episodes = tuple(
        tenant.episode(shows[n % 2], f"Episode {n}", published + timedelta(days=n)) for n in range(5)
    )
    sponsors = (tenant.sponsor("Acme"), tenant.sponsor("Zenith"))
    mine = tenant.campaign(sponsors[0], FIRST, LAST, name="Acme autumn", currency="USD")
    theirs = tenant.campaign(sponsors[1], FIRST, LAST, name="Zenith autumn", currency="EUR")
    tenant.booking(
        mine, sponsors[0], FIRST, date(2026, 10, 31), booked_impressions=500, rate_micros=21_000_000
    )
    tenant.booking(
        mine,
        sponsors[0],
        date(2026, 10, 25),
        LAST,
        booked_impressions=900,
        rate_micros=30_000_000,
        promo_code="A9",
    )
    tenant.booking(mine, sponsors[0], date(2026, 11, 1), LAST, pricing_model="flat", booked_impressions=None,
                   rate_micros=1_000_000_000)  # fmt: skip
    tenant.booking(mine, sponsors[0], FIRST, LAST, pricing_model="flat", booked_impressions=None,
                   rate_micros=490_000_000, currency="EUR")  # fmt: skip
    tenant.booking(theirs, sponsors[1], FIRST, LAST, booked_impressions=5000, currency="EUR")
    for n, episode in enumerate(episodes[:4]):
        tenant.ad_unit(mine, episode, ("pre_roll", "mid_roll")[n % 2])
        tenant.ad_unit(theirs, episode, "post_roll", 1700)
    tenant.ad_unit(mine, episodes[0], "mid_roll", 900)
    made: list[Event] = []
    span = (NOW - datetime(2026, 10, 8, 14, tzinfo=UTC)).total_seconds()
    moments = [
        datetime(2026, 10, 8, 14, tzinfo=UTC) + timedelta(seconds=dice.uniform(0, span)) for _ in range(1500)
    ]
    # Around the changes of the clocks, and at the very edges of tenant days.
    moments += [datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(8)]
    moments += [datetime(2026, 11, 1, 4, 0, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(8)]
    for at in moments:
        kind = dice.choices(["impression", "visit"], [12, 1])[0]
        carrying = kind == "impression" or dice.random() < 0.6
        episode = dice.choice(episodes[:4]) if carrying else dice.choice([None, episodes[4]])
        made.append(
            Event(dice.choices([mine, theirs], [4, 1])[0], kind, at, f"l{dice.randrange(180)}", episode)
        )
    for n in range(70):
        at = moments[n * 20] + timedelta(minutes=7)
        told = {
            "value_micros": dice.choice([19_990_000, 49_000_000]),
            "currency": dice.choice(["USD", "USD", "EUR"]),
        }
        made.append(
            Event(mine, "purchase", at, f"l{dice.randrange(180)}", source="pixel", order_id=f"o{n}", **told)
        )
        if n % 3 == 0:
            made.append(
                Event(mine, "purchase", at + timedelta(hours=30), None, source="promo_code", order_id=f"o{n}")
            )
        if n % 5 == 0:
            made.append(Event(mine, "purchase", at, None, source="survey"))
        made.append(Event(theirs, "purchase", at, f"l{n}", **told))
    tenant.add(made)
    tenant.refresh()
    unique = tenant.tenant_id.hex[:8]
    return World(
        tenant, shows, episodes, sponsors, mine, theirs,
        bob=tenant.person(f"bob-{unique}@a.example", "sponsor", owns=[("sponsor", sponsors[0])]),
        carol=tenant.person(f"carol-{unique}@a.example", "podcaster", owns=[("podcast", shows[0])]),
        dora=tenant.person(f"dora-{unique}@a.example", "account_manager"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def worlds(books: Database) -> dict[str, World]:
    """One world per zone."""
    return {zone: build(books, zone) for zone in ZONES}


@pytest.fixture(scope="module")
def world(worlds: dict[str, World]) -> World:
    """The world of New York."""
    return worlds["America/New_York"]


def rows_by(answer: Answer, key: str) -> dict[Any, Any]:
    return {row[key]: row for row in answer.rows}


def spend_by_hand(world: World, start: date, end: date, now: datetime) -> Fraction:
    """Spend in dollars of the campaign on `[start, end)`, impression by impression and day by day."""
    spent = Fraction(0)
    first_left, second_left = 500, 900
    for event in sorted(world.events("impression", FIRST, date(2027, 1, 1)), key=lambda event: event.at):
        day = world.tenant.day(event.at)
        if day <= date(2026, 10, 31) and first_left:
            first_left -= 1
            spent += 21_000 if start <= day < end else 0
        elif date(2026, 10, 25) <= day <= LAST and second_left:
            second_left -= 1
            spent += 30_000 if start <= day < end else 0
    today = world.tenant.day(now)
    midnight = [
        datetime(d.year, d.month, d.day, tzinfo=world.tenant.zone).astimezone(UTC)
        for d in (today, today + timedelta(1))
    ]
    share = Fraction((now - midnight[0]) / timedelta(microseconds=1)) / Fraction(
        (midnight[1] - midnight[0]) / timedelta(microseconds=1)
    )
    for offset in range(25):
        day = date(2026, 11, 1) + timedelta(days=offset)
        if start <= day < end:
            spent += Fraction(1_000_000_000, 25) * (1 if day < today else share if day == today else 0)
    return spent


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 10, 20), date(2026, 11, 12)),
        (date(2026, 10, 25), date(2026, 10, 26)),
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date(2026, 11, 1), date(2026, 11, 18)),
        (date(2026, 10, 28), date(2026, 11, 16)),
        (date(2026, 9, 1), date(2026, 10, 1)),
    ],
)
def test_figures_equal_the_count_by_hand(worlds: dict[str, World], zone: str, start: date, end: date) -> None:
    world = worlds[zone]
    f = world.filters(start, end)
    found = rows_by(world.ask(campaigns.campaign_figures, f), "metric")
    today = world.tenant.day(NOW)
    over = (start, min(end, today))
    before = (start - (over[1] - start), start)
    days = [world.tenant.day(event.at) for event in world.tenant.events if event.campaign_id == world.mine]
    counted = {"value": count_by_hand(world, start, end), "compared_value": count_by_hand(world, *over)}
    if min(days) <= before[0]:
        counted["previous"] = count_by_hand(world, *before)
    else:
        assert {row["previous"] for row in found.values()} == {None}
    rates = {"conversion_ratio", "cost_per_conversion_micros", "return_on_ad_spend"}
    for column, expected in counted.items():
        for key, wanted in expected.figures.items():
            if column == "compared_value" and key in rates and expected.carried(key) < 30:
                wanted = None  # noqa: PLW2901 - what is compared is told only where it is shown
            got = found[key][column]
            assert (got is None) == (wanted is None), (column, key)
            assert got is None or abs(Fraction(got) - wanted) <= abs(wanted) * Fraction(1, 10**20), key
    for key, row in found.items():
        known = [counted[column] for column in ("compared_value", "previous") if column in counted]
        is_told = len(known) == 2 and (
            key not in rates | {"conversions"} or min(c.carried(key) for c in known) >= 30
        )
        now, was = (c.figures[key] for c in known) if is_told else (None, None)
        both = None if now is None or not was else (Fraction(now), Fraction(was))
        # A rate changes by percentage points, everything else by a share of what it was.
        wanted = {
            "change_ratio": both[0] / both[1] - 1 if both and key != "conversion_ratio" else None,
            "change_points": 100 * (both[0] - both[1]) if both and key == "conversion_ratio" else None,
        }
        for column, change in wanted.items():
            got = row[column]
            assert (got is None) == (change is None), (column, key)
            assert got is None or abs(Fraction(got) - change) < Fraction(1, 10**15), (column, key)
        assert row["currency"] == "USD"


@dataclass
class Counted:
    """The figures of some days counted by hand, and how many conversions and orders carry them."""

    figures: dict[str, Any]
    conversions: int
    amounts: list[int]

    def carried(self, key: str) -> int:
        """How many conversions a figure rests on."""
        return min(self.conversions, len(self.amounts)) if key == "return_on_ad_spend" else self.conversions


def count_by_hand(world: World, start: date, end: date) -> Counted:
    """Every key figure of the campaign on `[start, end)` from the raw events."""
    impressions = world.events("impression", start, end)
    reached = {event.listener_id for event in impressions}
    conversions = world.conversions(start, end)
    amounts = [c.value[0] for c in conversions if c.value[1] == "USD"]
    spend = spend_by_hand(world, start, end, NOW)
    figures = {
        "impressions": len(impressions),
        "reach": len(reached),
        "frequency": Fraction(len(impressions), len(reached)) if reached else None,
        "visits": len(world.events("visit", start, end)),
        "conversions": len(conversions),
        "conversion_ratio": Fraction(len(conversions), len(reached)) if reached else None,
        "spend_micros": round(spend),
        "cost_per_conversion_micros": spend / len(conversions) if conversions else None,
        "return_on_ad_spend": sum(amounts) / spend if spend else None,
    }
    return Counted(figures, len(conversions), amounts)


def test_below_thirty_conversions_a_rate_is_flagged_and_from_there_on_has_its_interval(world: World) -> None:
    flagged = {}
    for end in (date(2026, 11, 13), date(2026, 11, 14), date(2026, 11, 15), date(2026, 11, 16)):
        for days in range(1, 38):
            start = end - timedelta(days=days)
            rows = rows_by(world.ask(campaigns.campaign_figures, world.filters(start, end)), "metric")
            counted = count_by_hand(world, start, end)
            for key in ("conversion_ratio", "cost_per_conversion_micros", "return_on_ad_spend"):
                row, enough = rows[key], counted.carried(key) >= 30
                if counted.figures[key] is None:
                    continue
                assert row["value"] is not None
                assert row["is_too_little"] is not enough, (start, end, key)
                assert ((row["low"], row["high"]) == (None, None)) is not enough
                assert not enough or row["low"] < row["value"] < row["high"]
                few = "conversions" if counted.conversions < 30 else "orders with an amount"
                assert enough or row["note"] == f"fewer than 30 {few}"
                flagged.setdefault(key, set()).add(enough)
    assert set(map(frozenset, flagged.values())) == {frozenset({True, False})}


def test_what_carries_the_interval_of_the_return_is_counted_by_hand(world: World) -> None:
    f = world.filters(FIRST, LAST)
    counted = count_by_hand(world, FIRST, LAST)
    row = rows_by(world.ask(campaigns.campaign_figures, f), "metric")["return_on_ad_spend"]
    spend = float(spend_by_hand(world, FIRST, LAST, NOW))
    spread = 1.959963984540054 * sum(amount**2 for amount in counted.amounts) ** 0.5
    assert float(row["low"]) == pytest.approx((sum(counted.amounts) - spread) / spend, rel=1e-12)
    assert float(row["high"]) == pytest.approx((sum(counted.amounts) + spread) / spend, rel=1e-12)
    card = rows_by(world.ask(campaigns.campaign_cards, f), "campaign_id")[world.mine]
    assert (card["low"], card["high"], card["note"]) == (row["low"], row["high"], "")


@pytest.mark.parametrize("zone", ZONES)
def test_sparks_are_the_days_of_the_period(worlds: dict[str, World], zone: str) -> None:
    world = worlds[zone]
    start, end = date(2026, 11, 10), date(2026, 11, 20)
    today = world.tenant.day(NOW)
    found = rows_by(world.ask(campaigns.campaign_figures, world.filters(start, end)), "metric")
    days = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    per_day = [world.events("impression", day, day + timedelta(days=1)) for day in days]
    assert found["impressions"]["spark"] == [len(events) for events in per_day]
    assert found["reach"]["spark"] == [len({event.listener_id for event in events}) for events in per_day]
    assert found["conversions"]["spark"] == [
        len(world.conversions(day, day + timedelta(days=1))) for day in days
    ]
    spent = [spend_by_hand(world, day, day + timedelta(days=1), NOW) for day in days]
    assert all(abs(found["spend_micros"]["spark"][n] - spent[n]) <= Fraction(1, 2) for n in range(len(days)))
    assert found["return_on_ad_spend"]["spark"] == []


def test_reach_is_never_a_sum(world: World) -> None:
    found = rows_by(world.ask(campaigns.campaign_figures, world.filters()), "metric")
    assert found["reach"]["value"] < sum(found["reach"]["spark"])
    episodes = world.ask(campaign_delivery.delivery_by_episode, world.filters())
    assert found["reach"]["value"] < sum(row["reach"] for row in episodes.rows)


def test_without_a_comparison_there_is_no_before(world: World) -> None:
    found = world.ask(campaigns.campaign_figures, world.filters(comparison="none"))
    assert {(row["previous"], row["change_ratio"]) for row in found.rows} == {(None, None)}


def test_before_the_campaign_began_there_is_nothing_to_compare_with(world: World) -> None:
    f = world.filters(date(2026, 1, 1), date(2027, 10, 20), comparison="year")
    found = rows_by(world.ask(campaigns.campaign_figures, f), "metric")
    everything = world.events("impression", FIRST, date(2027, 1, 1))
    impressions = found["impressions"]
    assert (impressions["value"], impressions["previous"], impressions["note"]) == (
        len(everything), None, "no full period before",
    )  # fmt: skip
    assert found["reach"]["value"] == len({event.listener_id for event in everything})


def test_figures_say_what_is_not_in_them(world: World) -> None:
    whole = world.ask(campaigns.campaign_figures, world.filters(FIRST, LAST))
    assert whole.notes == (
        "Bookings in EUR are not in this sum: currencies are never added.",
        "Orders in EUR are not in the revenue: currencies are never added.",
    )
    elapsed = (world.tenant.day(NOW) - FIRST).days
    other = whole.totals["other_spend_micros"]
    assert other.keys() == {"EUR"}
    assert elapsed * 10_000_000 <= other["EUR"] < (elapsed + 1) * 10_000_000
    assert whole.totals["conversion_ratio_denominator"] == "reach"
    few = world.ask(campaigns.campaign_figures, world.filters(date(2026, 11, 10), date(2026, 11, 12)))
    assert rows_by(few, "metric")["conversion_ratio"]["note"] == "fewer than 30 conversions"


@pytest.mark.parametrize("zone", ZONES)
def test_delivery_is_cumulative_over_the_whole_flight(worlds: dict[str, World], zone: str) -> None:
    world = worlds[zone]
    answer = world.ask(campaign_delivery.delivery, world.filters())
    today = world.tenant.day(NOW)
    assert [row["day"] for row in answer.rows] == [
        FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)
    ]
    total = 0
    for row in answer.rows:
        if row["day"] > today:
            assert (row["impressions"], row["delivered"]) == (None, None)
        else:
            of_day = len(world.events("impression", row["day"], row["day"] + timedelta(days=1)))
            total += of_day
            assert (row["impressions"], row["delivered"]) == (of_day, total)
        first = min(24, max(0, (row["day"] - FIRST).days + 1))
        second = max(0, (row["day"] - date(2026, 10, 25)).days + 1)
        assert row["booked"] == round(Fraction(500 * first, 24) + Fraction(900 * second, 32))
    assert answer.totals["delivered"] == total
    assert (answer.totals["booked"], answer.rows[-1]["booked"]) == (1400, 1400)
    assert answer.partial_from == today


def test_delivery_totals_are_those_of_the_card(world: World) -> None:
    f = world.filters()
    totals = world.ask(campaign_delivery.delivery, f).totals
    card = rows_by(world.ask(campaigns.campaign_cards, f), "campaign_id")[world.mine]
    assert (card["impressions"], card["booked_impressions"], card["pacing_state"], card["pacing_ratio"]) == (
        totals["delivered"], totals["booked"], totals["pacing_state"], totals["pacing_ratio"],
    )  # fmt: skip


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("zone", ZONES)
def test_buckets_add_up_to_the_period(worlds: dict[str, World], zone: str, grain: Grain) -> None:
    world = worlds[zone]
    start, end = date(2026, 10, 20), date(2026, 11, 12)
    answer = world.ask(campaign_conversions.conversions_trend, world.filters(start, end, grain=grain))

    def bucket(day: date) -> date:
        return {"week": week_of(day, zone), "month": day.replace(day=1)}.get(grain, day)

    days = [start + timedelta(days=n) for n in range((end - start).days)]
    expected: dict[date, list[int]] = {bucket(day): [0, 0] for day in days}
    for event in world.events("visit", start, end):
        expected[bucket(world.tenant.day(event.at))][0] += 1
    for conversion in world.conversions(start, end):
        expected[bucket(world.tenant.day(conversion.at))][1] += 1
    assert [(row["bucket"], [row["visits"], row["conversions"]]) for row in answer.rows] == sorted(
        expected.items()
    )
    # 20 October is a Tuesday and 11 November a Wednesday; both months are cut.
    assert [row["is_partial"] for row in answer.rows] == {
        "week": [True, False, False, True],
        "month": [True, True],
    }.get(grain, [False] * len(days))
    figures = rows_by(world.ask(campaigns.campaign_figures, world.filters(start, end)), "metric")
    assert answer.totals == {
        "visits": figures["visits"]["value"],
        "conversions": figures["conversions"]["value"],
    }


def test_buckets_of_the_future_have_no_value(world: World) -> None:
    today = world.tenant.day(NOW)
    f = world.filters(today - timedelta(days=2), today + timedelta(days=3))
    answer = world.ask(campaign_conversions.conversions_trend, f)
    assert [(row["visits"] is None, row["conversions"] is None, row["is_partial"]) for row in answer.rows] == [
        (False, False, False), (False, False, False), (False, False, True), (True, True, True), (True, True, True),
    ]  # fmt: skip
    assert answer.partial_from == today
    assert answer.totals["visits"] == len(world.events("visit", f.period.start, f.period.end))


@pytest.mark.parametrize("window", [7, 14, 30, 60])
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_credit_equals_the_count_by_hand(worlds: dict[str, World], zone: str, window: int) -> None:
    world = worlds[zone]
    f = world.filters()
    conversions = world.conversions(f.period.start, f.period.end)
    attributed = sum(bool(touches_before(world.tenant.events, world.mine, c, window)) for c in conversions)
    by_episode = world.ask(campaign_conversions.attribution_by_episode, f, window)
    by_podcast = world.ask(campaign_conversions.attribution_by_podcast, f, window)
    for answer in (by_episode, by_podcast):
        assert {key: answer.totals[key] for key in ("conversions", "attributed", "unattributed", "window_days")} == {
            "conversions": len(conversions), "attributed": attributed, "unattributed": len(conversions) - attributed,
            "window_days": window,
        }  # fmt: skip
        assert [row["linear_credit"] for row in answer.rows] == sorted(
            (row["linear_credit"] for row in answer.rows), reverse=True
        )
        assert abs(sum(row["linear_share"] for row in answer.rows) - 1) < Decimal("1e-20")
    show_of = {episode: world.shows[n % 2] for n, episode in enumerate(world.episodes)} | {None: None}
    for model in ("first_touch", "last_touch", "linear"):
        counted = counted_credit(world.tenant.events, world.mine, model, window, conversions)
        shows: dict[UUID | None, Fraction] = {}
        for episode, amount in counted.items():
            shows[show_of[episode]] = shows.get(show_of[episode], Fraction(0)) + amount
        for answer, key, expected in ((by_episode, "episode_id", counted), (by_podcast, "podcast_id", shows)):
            found = {
                row[key]: Fraction(row[f"{model}_credit"]) for row in answer.rows if row[f"{model}_credit"]
            }
            assert found.keys() == expected.keys()
            assert all(abs(found[channel] - expected[channel]) < Fraction(1, 10**9) for channel in found)
            assert sum(found.values(), Fraction(0)) == attributed


def test_credit_names_only_what_carries_the_campaign(world: World) -> None:
    f = world.filters(FIRST, LAST)
    names = rows_by(world.ask(campaign_conversions.attribution_by_episode, f), "episode_id")
    assert (names[world.episodes[4]]["title"], names[world.episodes[4]]["podcast_name"]) == (
        "Another show",
        "Another show",
    )
    assert (names[None]["title"], names[None]["podcast_name"]) == ("Website", None)
    assert (names[world.episodes[1]]["title"], names[world.episodes[1]]["podcast_name"]) == (
        "Episode 1",
        "Second show",
    )
    shows = rows_by(world.ask(campaign_conversions.attribution_by_podcast, f), "podcast_id")
    assert {key: row["podcast_name"] for key, row in shows.items()} == {
        world.shows[0]: "First show", world.shows[1]: "Second show", None: "Website",
    }  # fmt: skip


@pytest.mark.parametrize("window", [0, 1, 29, 61, "30"])
def test_a_window_that_is_not_kept_is_refused(world: World, window: Any) -> None:
    with pytest.raises(InvalidRequest, match="7, 14, 30 and 60"):
        world.ask(campaign_conversions.attribution_by_podcast, world.filters(), window)


@pytest.mark.parametrize("zone", ZONES)
def test_delivery_by_episode_equals_the_count_by_hand(worlds: dict[str, World], zone: str) -> None:
    world = worlds[zone]
    f = world.filters()
    answer = world.ask(campaign_delivery.delivery_by_episode, f)
    events = world.events("impression", f.period.start, f.period.end)
    expected = {}
    for n, episode in enumerate(world.episodes[:4]):
        here = [event for event in events if event.episode_id == episode]
        expected[episode] = {
            "title": f"Episode {n}", "podcast_name": ("First show", "Second show")[n % 2], "impressions": len(here),
            "reach": len({event.listener_id for event in here}), "share": Decimal(len(here)) / Decimal(len(events)),
            "unit_types": ("mid-roll, pre-roll", "mid-roll", "pre-roll", "mid-roll")[n],
        }  # fmt: skip
    found = {row["episode_id"]: {key: row[key] for key in expected[world.episodes[0]]} for row in answer.rows}
    assert found == expected
    assert [row["impressions"] for row in answer.rows] == sorted(
        (row["impressions"] for row in answer.rows), reverse=True
    )
    assert answer.totals == {"impressions": len(events)}


def test_an_episode_with_ads_and_nothing_delivered_stands_at_nothing(world: World) -> None:
    answer = world.ask(
        campaign_delivery.delivery_by_episode, world.filters(date(2026, 9, 1), date(2026, 9, 2))
    )
    assert {(row["impressions"], row["reach"], row["share"]) for row in answer.rows} == {(0, 0, None)}
    assert len(answer.rows) == 4


def test_bookings_are_those_written(world: World) -> None:
    answer = world.ask(campaign_delivery.bookings, world.filters())
    assert [row["starts_on"] for row in answer.rows] == [FIRST, FIRST, date(2026, 10, 25), date(2026, 11, 1)]
    assert {(row["starts_on"], row["pricing_model"], row["currency"], row["cost_micros"]) for row in answer.rows} == {
        (FIRST, "cpm", "USD", 10_500_000), (FIRST, "flat", "EUR", 490_000_000),
        (date(2026, 10, 25), "cpm", "USD", 27_000_000), (date(2026, 11, 1), "flat", "USD", 1_000_000_000),
    }  # fmt: skip
    assert [row["promo_code"] for row in answer.rows if row["promo_code"]] == ["A9"]


def test_cards_equal_the_count_by_hand(world: World) -> None:
    f = world.filters()
    cards = rows_by(world.ask(campaigns.campaign_cards, f), "campaign_id")
    assert cards.keys() == {world.mine, world.theirs}
    mine = cards[world.mine]
    spend = spend_by_hand(world, FIRST, date(2027, 1, 1), NOW)
    impressions = len(world.events("impression", FIRST, date(2027, 1, 1)))
    conversions = world.conversions(FIRST, date(2027, 1, 1))
    revenue = sum(c.value[0] for c in conversions if c.value[1] == "USD")
    assert mine["return_on_ad_spend"] == pytest.approx(
        Decimal(revenue) / (Decimal(spend.numerator) / spend.denominator)
    )
    elsewhere = ("return_on_ad_spend", "low", "high", "pacing_ratio", "pacing_state")
    assert {key: mine[key] for key in mine if key not in elsewhere} == {
        "campaign_id": world.mine, "name": "Acme autumn", "sponsor_name": "Acme", "stage": "live", "start_date": FIRST,
        "end_date": LAST, "booked_impressions": 1400, "impressions": impressions,
        "delivered_ratio": Decimal(impressions) / 1400, "spend_micros": round(spend), "revenue_micros": revenue,
        "conversions": len(conversions), "is_too_little": False, "note": "", "currency": "USD",
    }  # fmt: skip


def test_the_header_is_the_campaign_as_written(world: World) -> None:
    header = world.ask(campaigns.campaign, world.mine)
    assert header == {
        "campaign_id": world.mine, "name": "Acme autumn", "sponsor_id": world.sponsors[0], "sponsor_name": "Acme",
        "stage": "live", "start_date": FIRST, "end_date": LAST, "currency": "USD", "conversion_type": "purchase",
        "description": "", "flight": (FIRST, LAST),
    }  # fmt: skip


def test_stages_that_are_not_sold_or_are_over(books: Database) -> None:
    tenant = Tenant(books)
    sponsor = tenant.sponsor("S")
    found = {}
    for stage in ("prospect", "proposed", "booked", "live", "paused", "completed", "cancelled"):
        campaign = tenant.campaign(
            sponsor, FIRST, LAST, stage=stage, stage_changed_at=datetime(2026, 10, 10, tzinfo=UTC)
        )
        tenant.booking(
            campaign,
            sponsor,
            FIRST,
            LAST,
            pricing_model="flat",
            rate_micros=49_000_000,
            booked_impressions=10,
        )
        found[stage] = campaign
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        noon = datetime(2026, 10, 18, tzinfo=UTC)
        cards = rows_by(campaigns.campaign_cards(connection, tenant.filters(FIRST, LAST, noon)), "stage")
    assert {stage: (card["pacing_state"], card["spend_micros"]) for stage, card in cards.items()} == {
        "prospect": ("not started", None), "proposed": ("not started", None), "booked": ("behind", 10_000_000),
        "live": ("behind", 10_000_000), "paused": ("behind", 10_000_000), "completed": ("ended short", 10_000_000),
        "cancelled": ("ended short", 2_000_000),
    }  # fmt: skip
    assert list(cards) == ["live", "paused", "booked", "proposed", "prospect", "completed", "cancelled"]


def test_a_campaign_that_begins_later_has_no_numbers_yet(books: Database) -> None:
    tenant = Tenant(books)
    campaign = tenant.campaign(tenant.sponsor("S"), date(2026, 12, 1), date(2026, 12, 20), stage="booked")
    f = tenant.filters(date(2026, 11, 1), date(2026, 11, 15), NOW, campaign)
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        assert campaign_delivery.delivery(connection, f).is_empty
        assert campaign_delivery.bookings(connection, f).is_empty
        figures = rows_by(campaigns.campaign_figures(connection, f), "metric")
        assert {key: row["value"] for key, row in figures.items()} == {
            "impressions": 0, "reach": 0, "frequency": None, "visits": 0, "conversions": 0, "conversion_ratio": None,
            "spend_micros": None, "cost_per_conversion_micros": None, "return_on_ad_spend": None,
        }  # fmt: skip
        (card,) = campaigns.campaign_cards(connection, f).rows
        assert (card["pacing_state"], card["pacing_ratio"], card["booked_impressions"]) == (None, None, None)
        assert card["note"] == "nothing spent yet"


@pytest.mark.parametrize("question", OF_ONE_CAMPAIGN, ids=lambda question: question.__name__)
def test_foreign_unknown_and_deleted_campaigns_are_all_not_found(
    worlds: dict[str, World], question: Any
) -> None:
    world, stranger = worlds["America/New_York"], worlds["Europe/Berlin"]
    gone = world.tenant.campaign(world.sponsors[0], FIRST, LAST, deleted_at=NOW)
    messages = set()
    for reader, campaign_id in (
        (world.dora, uuid4()), (world.dora, stranger.mine), (world.dora, gone), (world.bob, world.theirs),
        (world.carol, world.mine), (world.dora, None),
    ):  # fmt: skip
        f = replace(world.filters(), campaign_id=campaign_id)
        with pytest.raises(NotFound) as refused:
            world.ask(question, f, reader=reader)
        messages.add(str(refused.value))
    assert messages == {"There is no such campaign."}


def test_the_header_of_a_foreign_campaign_is_not_found(worlds: dict[str, World]) -> None:
    world, stranger = worlds["America/New_York"], worlds["Europe/Berlin"]
    for reader, campaign_id in (
        (world.dora, stranger.mine),
        (world.bob, world.theirs),
        (world.carol, world.mine),
    ):
        with pytest.raises(NotFound, match=r"^There is no such campaign\.$"):
            world.ask(campaigns.campaign, campaign_id, reader=reader)


@pytest.mark.parametrize("question", OF_ONE_CAMPAIGN, ids=lambda question: question.__name__)
def test_a_sponsor_reads_of_its_own_campaign_what_the_account_manager_reads(
    world: World, question: Any
) -> None:
    assert world.ask(question, world.filters(), reader=world.bob) == world.ask(question, world.filters())


def test_a_sponsor_sees_its_own_cards_alone_and_a_podcaster_none(world: World) -> None:
    f = world.filters()
    seen = world.ask(campaigns.campaign_cards, f, reader=world.bob)
    assert [row["campaign_id"] for row in seen.rows] == [world.mine]
    assert seen.rows[0] == rows_by(world.ask(campaigns.campaign_cards, f), "campaign_id")[world.mine]
    assert world.ask(campaigns.campaign_cards, f, reader=world.carol).is_empty


def test_who_owns_a_single_campaign_sees_it(world: World) -> None:
    eve = world.tenant.person(
        f"eve-{uuid4().hex[:8]}@a.example", "sponsor", owns=[("campaign", world.theirs)]
    )
    (card,) = world.ask(campaigns.campaign_cards, world.filters(), reader=eve).rows
    assert (card["campaign_id"], card["sponsor_name"]) == (world.theirs, "")


def test_without_a_tenant_nothing_is_asked() -> None:
    with pytest.raises(TenantMissing), tenant_session(Actor(None)):
        pytest.fail("a session was opened without a tenant")


def test_as_of_is_the_older_of_rollups_and_attribution(world: World) -> None:
    older = datetime(2026, 11, 16, 9, tzinfo=UTC)
    with world.tenant.owner() as owner:
        owner.execute("delete from refresh_states")
        owner.execute(
            "insert into refresh_states (relation, refreshed_at) "
            "values ('rollups', %s), ('attribution', %s), ('other', %s)",
            [older + timedelta(hours=1), older, older - timedelta(days=9)],
        )
        # Of a tenant that has not computed any yet the last whole pass tells it, as long as a campaign waits.
        for states in ("attribution_states", "rollup_states"):
            owner.execute(f"delete from {states} where tenant_id = %s", [world.tenant.tenant_id])
        owner.execute(
            "insert into internal.dirty_campaigns (tenant_id, campaign_id, since) "
            "select tenant_id, id, '-infinity' from campaigns where tenant_id = %s limit 1",
            [world.tenant.tenant_id],
        )
    for question in (campaigns.campaign_cards, *OF_ONE_CAMPAIGN):
        assert world.ask(question, world.filters()).as_of == older
    with world.tenant.owner() as owner:
        owner.execute("delete from internal.dirty_campaigns where tenant_id = %s", [world.tenant.tenant_id])
    assert world.ask(campaigns.campaign_cards, world.filters()).as_of == older + timedelta(hours=1)


def test_what_is_delivered_outside_the_flight_counts_in_its_period_alone(
    books: Database,
) -> None:
    tenant = Tenant(books, "Europe/Berlin")
    sponsor = tenant.sponsor("S")
    campaign = tenant.campaign(sponsor, FIRST, LAST)
    tenant.booking(campaign, sponsor, FIRST, LAST, booked_impressions=10)
    tenant.add(
        Event(campaign, "impression", datetime(2026, 10, 8, tzinfo=UTC) + timedelta(hours=hours), f"l{hours}")
        for hours in (-3, -2, 0, 49 * 24 - 2, 49 * 24 - 1)
    )
    tenant.refresh()
    f = tenant.filters(date(2026, 10, 1), date(2026, 12, 1), NOW + timedelta(days=30), campaign)
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        (card,) = campaigns.campaign_cards(connection, f).rows
        delivered = campaign_delivery.delivery(connection, f).totals["delivered"]
        figures = rows_by(campaigns.campaign_figures(connection, f), "metric")
    # Berlin is two hours ahead when the flight begins and one when it ends.
    assert (card["impressions"], delivered, figures["impressions"]["value"]) == (3, 3, 5)
    assert (card["spend_micros"], figures["spend_micros"]["value"]) == (75_000, 75_000)


def test_figures_and_trend_agree_while_attribution_lags_behind(books: Database) -> None:
    tenant = Tenant(books)
    campaign = tenant.campaign(tenant.sponsor("S"), FIRST, LAST)
    tenant.add(
        [Event(campaign, "purchase", datetime(2026, 10, 9 + n, tzinfo=UTC), f"l{n}") for n in range(3)]
    )
    tenant.refresh()
    tenant.delete(tenant.events[:1])
    tenant.refresh_rollups()
    f = tenant.filters(FIRST, LAST, NOW, campaign)
    for expected in (3, 2):
        with tenant_session(Actor(tenant.tenant_id)) as connection:
            figures = rows_by(campaigns.campaign_figures(connection, f), "metric")
            assert figures["conversions"]["value"] == expected
            assert campaign_conversions.conversions_trend(connection, f).totals["conversions"] == expected
        tenant.refresh()


@pytest.mark.parametrize(("goal", "amount", "found"), [
    ("lead", None, None), ("lead", 50_000, Decimal(2)),
    ("purchase", None, Decimal(0)), ("purchase", 50_000, Decimal(2)),
])  # fmt: skip
def test_leads_without_an_amount_have_no_return(
    books: Database, goal: str, amount: int | None, found: Decimal | None
) -> None:
    tenant = Tenant(books)
    sponsor = tenant.sponsor("S")
    campaign = tenant.campaign(sponsor, FIRST, LAST, conversion_type=goal)
    tenant.booking(campaign, sponsor, FIRST, LAST)
    at = datetime(2026, 10, 10, tzinfo=UTC)
    tenant.add([
        Event(campaign, "impression", at, "l1"),
        Event(campaign, goal, at, "l1", value_micros=amount, currency="USD" if amount else None),
    ])  # fmt: skip
    tenant.refresh()
    f = tenant.filters(FIRST, LAST, NOW, campaign)
    with tenant_session(Actor(tenant.tenant_id)) as connection:
        (card,) = campaigns.campaign_cards(connection, f).rows
        figures = rows_by(campaigns.campaign_figures(connection, f), "metric")
    assert (card["return_on_ad_spend"], figures["return_on_ad_spend"]["value"]) == (found, found)
    assert card["note"] == figures["return_on_ad_spend"]["note"] == "fewer than 30 conversions"
