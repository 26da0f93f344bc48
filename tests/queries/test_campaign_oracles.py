"""What campaigns cost, whom models credit and where a flight ends, against plain loops over the raw events.

Every organisation is drawn from a number: three episodes of two shows, of which two carry ads, a campaign with
conversions of every source, and one that only delivers, with two bookings of different lengths.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate, count
from statistics import median
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from queries import campaign_conversions, refresh
from queries.attribution import compute_attribution
from queries.campaign_forecast import delivery_forecast
from queries.campaign_models import ChannelKind, credit_by_channel
from queries.campaign_prices import campaign_prices
from queries.filters import Filters
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.chains import moves_of, removal_effects
from tests.clock_changes import PLACES, Place, everywhere
from tests.conftest import Database
from tests.oracles import Agreement
from tests.sponsorship import Counted, Event, counted_conversions, own_database, touches_before
from tests.world import AttributionEvent, Writer

DAYS = 40
BOOKED, PER_THOUSAND, FLAT = 60, 30_000_000, 90_000_000
WINDOWS = (1, 2, 7, 30, 60)
SOURCES = ("pixel", "promo_code", "vanity_url", "survey")
_numbers = count(1)


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_campaign_oracles") as made:
        yield made


class Organisation:
    """Writes what its number draws, and remembers it."""

    def __init__(self, books: Database, place: Place, seed: int) -> None:
        self.draw = draw = random.Random(seed)  # noqa: S311 - made-up events
        self.place = place
        self.zone = ZoneInfo(place.zone)
        self.first = (place.change - timedelta(days=DAYS // 2)).astimezone(self.zone).date()
        self.days = [self.first + timedelta(days=n) for n in range(DAYS)]
        # Late in its flight there has been enough for trials of the forecast, and some days are still to come.
        is_late = seed % 4 > 0
        self.today = self.days[draw.randrange(29, 37) if is_late else draw.randrange(3, DAYS)]
        self.now = self.begins(self.today) + timedelta(hours=draw.randrange(1, 20))
        self.writer = Writer(books, f"campaign-oracle-{next(_numbers)}", zone=place.zone)
        self.goal = draw.choice(["purchase", "lead"])
        with self.writer.transaction():
            self._write(is_late=is_late)

    def _write(self, *, is_late: bool) -> None:
        writer, draw = self.writer, self.draw
        shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
        self.episodes = [
            writer.insert("episodes", podcast_id=shows[n % 2], title=f"Episode {n}", duration_seconds=600)
            for n in range(3)
        ]
        self.show_of = {episode: shows[n % 2] for n, episode in enumerate(self.episodes)}
        sponsor = writer.insert("sponsors", name="Sponsor")
        flight = {"sponsor_id": sponsor, "start_date": self.days[0], "end_date": self.days[-1], "stage": "live",
                  "currency": "USD"}  # fmt: skip
        self.campaign = writer.insert("campaigns", name="Sold", conversion_type=self.goal, **flight)
        self.steady = writer.insert("campaigns", name="Delivering", **flight)
        self.bookings: list[tuple[UUID, int, int]] = [
            (self.campaign, BOOKED, 0), (self.steady, 300, 0), (self.steady, 150, 10),
        ]  # fmt: skip
        rows = [("cpm", *booking, PER_THOUSAND) for booking in self.bookings]
        for model, campaign, booked, begins, rate in (*rows, ("flat", self.campaign, None, 0, FLAT)):
            writer.insert(
                "io_bookings", campaign_id=campaign, sponsor_id=sponsor, booking_date=self.first,
                pricing_model=model, booked_impressions=booked, rate_micros=rate, currency="USD",
                starts_on=self.days[begins], ends_on=self.days[-1],
            )  # fmt: skip
        # The third episode carries none: what it brings is of another show.
        self.units = {
            writer.insert("ad_units", campaign_id=self.campaign, episode_id=self.episodes[episode],
                          unit_type=kind, position_seconds=second, duration_seconds=30): (episode, kind)
            for episode, kind, second in ((0, "pre_roll", 0), (0, "mid_roll", 300), (1, "host_read", 500))
        }  # fmt: skip
        said = [self._said() for _ in range(draw.randrange(60, 120))]
        said += [
            Event(self.steady, "impression", self.begins(day) + timedelta(hours=draw.randrange(23)))
            for day in self.days[: draw.randrange(25 if is_late else 2, DAYS)]
            for _ in range(draw.randrange(12))
        ]
        for day in self.days:
            for second in (-1, 0):
                said += self._at_edge(day, second)
        self.events = [event for event in said if event.at < self.now]
        writer.attribution_events(
            AttributionEvent(e.campaign_id, e.attribution_type, e.at, e.listener_id, e.episode_id, e.data(), e.event_id)
            for e in self.events
        )  # fmt: skip

    def _said(self) -> Event:
        draw = self.draw
        kind = draw.choices(["impression", "visit", "purchase", "lead"], [6, 2, 3, 2])[0]
        # On half days, so that some are of one moment, and some lie a window apart to the second; or a second before.
        half = draw.randrange(-1, DAYS * 2)
        begins = self.begins(self.first + timedelta(days=half // 2))
        at = begins + timedelta(hours=12 * (half % 2), seconds=-draw.choice([0, 0, 1]))
        listener = draw.choice("abc")
        event_id = UUID(int=draw.getrandbits(128))
        if kind == "impression":
            unit, (episode, _) = draw.choice([*self.units.items(), (None, (2, ""))])
            return Event(
                self.campaign, kind, at, listener, self.episodes[episode], ad_unit_id=unit, event_id=event_id
            )
        if kind == "visit":
            episode_id = draw.choice([None, *self.episodes])
            return Event(self.campaign, kind, at, listener, episode_id, "vanity_url", event_id=event_id)
        order = draw.choice([None, f"o{draw.randrange(12)}"])
        # A lead may be worth something too, which is no order's.
        value = draw.choice([None, draw.randrange(1, 9) * 1_000_000])
        return Event(
            self.campaign, kind, at, draw.choice([None, listener]), None, draw.choice(SOURCES), order, value,
            None if value is None else draw.choice(["USD", "USD", "EUR"]), event_id=event_id,
        )  # fmt: skip

    def _at_edge(self, day: Any, second: int) -> Iterator[Event]:
        """Somebody who hears and buys in the moment when a day begins, or just before it, and one who hears alone.

        And just before it one who heard a window earlier buys, and another hears again: neither's path has closed.
        """
        at = self.begins(day) + timedelta(seconds=second)
        earlier = at - timedelta(days=1)
        said = [
            ("buyer", "impression", at, 0),
            ("buyer", self.goal, at, None),
            ("looker", "impression", at, 1),
        ]
        if second < 0:
            said += [("late", "impression", earlier, 0), ("late", self.goal, at, None)]
            said += [("twice", "impression", moment, 1) for moment in (earlier, at)]
        for who, kind, moment, episode in said:
            event_id = UUID(int=self.draw.getrandbits(128))
            episode_id = None if episode is None else self.episodes[episode]
            yield Event(
                self.campaign, kind, moment, f"{who} {day} {second}", episode_id, "pixel", event_id=event_id
            )

    def begins(self, day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(ZoneInfo("UTC"))

    def day(self, moment: datetime) -> Any:
        return moment.astimezone(self.zone).date()

    def views(self) -> Iterator[tuple[Filters, int]]:
        """The whole flight, a part that is drawn, and days across the change, each with a window of the credit.

        The last ends before the data does, and its window is of one day: none of the paths that close at its edges goes
        across the change, so that they begin at such edges too.
        """
        start = self.draw.randrange(DAYS - 2)
        end = self.draw.randrange(start + 1, DAYS + 1)
        middle = DAYS // 2
        for begins, ends, window in (
            (0, DAYS, self.draw.choice(WINDOWS)),
            (start, end, self.draw.choice(WINDOWS)),
            (middle - 2, middle + 4, 1),
        ):
            period = Period(self.days[begins], self.days[begins] + timedelta(days=ends - begins))
            yield self.filters(self.campaign, period), window

    def filters(self, campaign: UUID, period: Period) -> Filters:
        return Filters(period=period, zone=self.zone, now=self.now, comparison="none", campaign_id=campaign)

    def delivered(self, campaign: UUID) -> list[datetime]:
        found = (
            e.at for e in self.events if e.campaign_id == campaign and e.attribution_type == "impression"
        )
        return sorted(at for at in found if self.first <= self.day(at) <= self.days[-1])

    def data_to(self) -> datetime:
        return max((e.at for e in self.events if e.attribution_type == "impression"), default=self.now)

    def over(self, day: Any, by: datetime) -> Fraction:
        """How much of a day is over at a moment."""
        begins, ends = self.begins(day), self.begins(day + timedelta(days=1))
        passed = Fraction((by - begins) // timedelta(seconds=1), (ends - begins) // timedelta(seconds=1))
        return min(Fraction(1), max(Fraction(0), passed))


def _share(above: int | Fraction, below: int) -> Fraction | None:
    return Fraction(above) / below if below else None


def _prices(agree: Agreement, connection: Connection, org: Organisation, f: Filters) -> None:
    agree.at(org.place, f.period)
    found = {row["metric"]: row["value"] for row in campaign_prices(connection, f).rows}
    inside = [
        e
        for e in org.events
        if e.campaign_id == org.campaign and f.period.start <= org.day(e.at) < f.period.end
    ]
    kinds = Counter(event.attribution_type for event in inside)
    merged = {
        kind: [c for c in counted_conversions(org.events, org.campaign, kind)
               if f.period.start <= org.day(c.at) < f.period.end]
        for kind in ("lead", "purchase")
    }  # fmt: skip
    leads, purchases = len(merged["lead"]), len(merged["purchase"])
    paid = [at for at in org.delivered(org.campaign)[:BOOKED] if f.period.start <= org.day(at) < f.period.end]
    days = [day for day in org.days if f.period.start <= day < f.period.end]
    spend = Fraction(len(paid) * PER_THOUSAND, 1000) + Fraction(FLAT, DAYS) * sum(
        (org.over(day, org.now) for day in days), Fraction(0)
    )
    amounts = [
        amount for amount, currency in (c.value for c in merged["purchase"]) if currency == "USD" and amount
    ]
    conversions = leads if org.goal == "lead" else purchases
    agree.on("visit_ratio", found["visit_ratio"], _share(kinds["visit"], kinds["impression"]))
    agree.on("cpm_micros", found["cpm_micros"], _share(spend * 1000, kinds["impression"]))
    agree.on("cost_per_visit_micros", found["cost_per_visit_micros"], _share(spend, kinds["visit"]))
    agree.on("leads", found["leads"], leads)
    agree.on("purchases", found["purchases"], purchases)
    agree.on("cost_per_lead_micros", found["cost_per_lead_micros"], _share(spend, leads))
    agree.on("cost_per_purchase_micros", found["cost_per_purchase_micros"], _share(spend, purchases))
    agree.on("average_order_micros", found["average_order_micros"], _share(sum(amounts), len(amounts)))
    agree.on("conversion_ratio_of_impressions", found["conversion_ratio_of_impressions"],
             _share(conversions, kinds["impression"]))  # fmt: skip
    told = campaign_conversions.attribution_by_podcast(connection, f).totals
    agree.on("overlapping_conversions", told["overlap"],
             sum(len({event.source for event in c.events}) > 1 for c in merged[org.goal]))  # fmt: skip
    agree.on("anonymous_reports", told["anonymous"], sum(
        e.attribution_type == org.goal and e.listener_id is None and e.order_id is None
        and e.source in ("survey", "promo_code") for e in inside
    ))  # fmt: skip


def _channel(org: Organisation, touch: Event, kind: ChannelKind) -> str:
    if kind in ("ad_unit", "position"):
        if touch.ad_unit_id is None:
            return "none"
        return str(touch.ad_unit_id) if kind == "ad_unit" else org.units[touch.ad_unit_id][1]
    if touch.episode_id is None:
        return "none"
    if touch.episode_id == org.episodes[2]:
        return "elsewhere"
    return str(touch.episode_id if kind == "episode" else org.show_of[touch.episode_id])


def _left(
    org: Organisation, conversions: list[Counted], window: timedelta
) -> Iterator[tuple[list[Event], datetime]]:
    """Paths that did not convert, each with the moment at which it closed."""
    by_listener: dict[str, list[Event]] = {}
    for event in org.events:
        if event.listener_id and event.attribution_type in ("impression", "visit"):
            by_listener.setdefault(event.listener_id, []).append(event)
    for listener, own in by_listener.items():
        happened: list[tuple[datetime, int, UUID, Event | None]] = [(e.at, 0, e.event_id, e) for e in own]
        happened += [(c.at, 1, c.events[0].event_id, None) for c in conversions if c.listener_id == listener]
        path: list[Event] = []
        for at, _, _, touch in sorted(happened, key=lambda one: one[:3]):
            if path and at > path[-1].at + window:
                yield path, path[-1].at + window
                path = []
            path = [*path, touch] if touch is not None else []
        if path:
            yield path, path[-1].at + window


def _credit(agree: Agreement, connection: Connection, org: Organisation, f: Filters, window: int) -> None:
    agree.at(org.place, f.period)
    kind = org.draw.choice(get_args(ChannelKind))
    answer = credit_by_channel(connection, f, window, kind)
    everything = counted_conversions(org.events, org.campaign, org.goal)
    paths = [
        (conversion.at, touches)
        for conversion in everything
        if f.period.start <= org.day(conversion.at) < f.period.end
        and (touches := touches_before(org.events, org.campaign, conversion, window))
    ]
    starts, ends = f.period.moments(org.zone)
    left = [
        path for path, closed in _left(org, everything, timedelta(days=window))
        if starts <= closed < min(ends, org.data_to())
    ]  # fmt: skip
    counted: dict[str, Counter[str]] = {
        model: Counter()
        for model in ("first_touch", "last_touch", "linear", "position", "time_decay", "shapley")
    }
    for at, touches in paths:
        channels = [_channel(org, touch, kind) for touch in touches]
        ages = [(at - touch.at) / timedelta(days=7) for touch in touches]
        n = len(channels)
        for place, channel in enumerate(channels):
            ends_here = (place == 0) + (place == n - 1)
            counted["first_touch"][channel] += place == 0
            counted["last_touch"][channel] += place == n - 1
            counted["linear"][channel] += 1 / n
            counted["position"][channel] += 1 / n if n < 3 else 0.4 * ends_here or 0.2 / (n - 2)
            counted["time_decay"][channel] += 2.0 ** -ages[place] / sum(2.0**-age for age in ages)
        for channel in set(channels):
            counted["shapley"][channel] += 1 / len(set(channels))
    moves = moves_of(
        [([_channel(org, touch, kind) for touch in touches], True, 1) for _, touches in paths]
        + [([_channel(org, touch, kind) for touch in path], False, 1) for path in left]
    )
    effects = removal_effects(moves) if paths else {}
    rows = {row["channel_id"]: row for row in answer.rows}
    assert answer.totals["attributed"] == len(paths)
    assert answer.totals["not_converted"] == len(left)
    for channel in rows.keys() | {channel for channel, effect in effects.items() if effect > 1e-12}:
        row = rows[channel]
        for model, credited in counted.items():
            agree.on(f"{model}_credit", row[f"{model}_credit"], credited[channel])
        agree.on("removal_effect", row["removal_effect"], effects[channel])
        agree.on("markov_credit", row["markov_credit"], len(paths) * effects[channel] / sum(effects.values()))
    for model in (*counted, "markov"):
        assert sum(row[f"{model}_credit"] for row in rows.values()) == len(paths)


def _forecast(agree: Agreement, connection: Connection, org: Organisation) -> None:
    # The forecast goes by the flight, whatever the period.
    answer = delivery_forecast(connection, org.filters(org.steady, Period(org.days[0], org.days[1])))
    agree.at(org.place)
    found = {row["metric"]: row for row in answer.rows}
    clock, delivered = org.data_to(), org.delivered(org.steady)
    per_day = [
        sum((Fraction(booked, DAYS - begins) for campaign, booked, begins in org.bookings
             if campaign == org.steady and place >= begins), Fraction(0))
        for place in range(DAYS)
    ]  # fmt: skip
    expected = sum(
        (share * org.over(day, clock) for share, day in zip(per_day, org.days, strict=True)), Fraction(0)
    )
    if not expected:
        assert found == {}
        return
    total = len(delivered) * sum(per_day) / expected
    agree.on("forecast_impressions", found["forecast_impressions"]["value"], round(total))
    agree.on("expected_shortfall", found["expected_shortfall"]["value"], round(max(Fraction(0), 450 - total)))
    counts = Counter(org.day(at) for at in delivered)
    whole = org.days.index(org.day(clock)) if org.day(clock) in org.days else DAYS
    came = [0, *accumulate(counts[day] for day in org.days[:whole])]
    due = [Fraction(0), *accumulate(per_day[:whole])]
    ahead = min(DAYS - whole, (whole - 7) // 2)
    tried = [
        (came[day + ahead] - came[day]) * due[day] / ((due[day + ahead] - due[day]) * came[day])
        for day in range(7, whole - ahead + 1) if came[day]
    ] if whole >= 21 and total > len(delivered) else []  # fmt: skip
    if not tried:
        assert found["forecast_error_ratio"]["value"] is None
        return
    off = median(abs(one - 1) for one in tried)
    agree.on("forecast_error_ratio", found["forecast_error_ratio"]["value"], off)
    to_come = total - len(delivered)
    reach = to_come * _percentile([abs(one - 1) for one in tried], Fraction(4, 5))
    low, high = max(Fraction(len(delivered)), total - reach), total + reach
    assert [found["forecast_impressions"][key] for key in ("low", "high")] == [round(low), round(high)]
    assert [found["expected_shortfall"][key] for key in ("low", "high")] == [
        round(max(Fraction(0), 450 - high)), round(max(Fraction(0), 450 - low)),
    ]  # fmt: skip


def _percentile(values: list[Fraction], part: Fraction) -> Fraction:
    place = part * (len(values) - 1)
    below = int(place)
    ordered = [*sorted(values), Fraction(0)]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


_OF = (
    "visit_ratio", "cpm_micros", "cost_per_visit_micros", "leads", "purchases", "cost_per_lead_micros",
    "cost_per_purchase_micros", "average_order_micros", "conversion_ratio_of_impressions", "overlapping_conversions",
    "anonymous_reports", "first_touch_credit", "last_touch_credit", "linear_credit", "position_credit",
    "time_decay_credit", "shapley_credit", "markov_credit", "removal_effect", "forecast_impressions",
    "forecast_error_ratio", "expected_shortfall",
)  # fmt: skip
# An organisation late in its flight of which every metric has something to tell, at each place.
_TELLING = 1
EXAMPLES = ((_TELLING,) * len(PLACES),)
"""What every run compares, at each place."""


@pytest.mark.oracle(*_OF)
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(seeds=everywhere(st.integers(0, 2**32)))
@example(seeds=EXAMPLES[0])
def test_metrics_of_campaigns_agree_with_plain_loops(
    agree: Agreement, books: Database, seeds: tuple[int, ...]
) -> None:
    compare(agree, written(books, seeds))


def written(books: Database, seeds: tuple[int, ...]) -> list[Organisation]:
    """What the numbers draw for each place, digested."""
    made = [Organisation(books, place, seed) for place, seed in zip(PLACES, seeds, strict=True)]
    refresh.refresh_rollups()
    compute_attribution()
    return made


def compare(agree: Agreement, made: list[Organisation]) -> None:
    """Every number of these organisations with what is counted of it here."""
    for org in made:
        with tenant_session(Actor(org.writer.tenant_id)) as connection:
            for f, window in org.views():
                _prices(agree, connection, org, f)
                _credit(agree, connection, org, f, window)
            _forecast(agree, connection, org)
