"""Metrics against pandas: random events around both changes of clocks in five time zones, counted from a flat table.

One example is eight organisations at once, one for each place, so that they are digested together. At each edge of the
periods somebody has a second of their own: who counts a day or a second too many or too few counts somebody else. That
each such mistake is noticed is tried in `test_oracle_mutants.py`. What the pages show of listening day by day is
compared in `test_listening_zones.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, count
from math import isclose, sqrt
from statistics import NormalDist, mean, stdev
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from queries import (
    campaign_conversions,
    campaign_delivery,
    campaign_prices,
    campaigns,
    listening_breakdowns,
    portfolio,
    refresh,
)
from queries.attribution import compute_attribution
from queries.attribution.paths import WINDOWS
from queries.filters import Filters
from queries.listening_scope import catalogue_of, periods_of
from queries.metrics import ENOUGH_CONVERSIONS
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.statements import ask
from tests.clock_changes import PLACES, Place, everywhere
from tests.conftest import Database
from tests.listening_oracle import midnight
from tests.oracles import Agreement
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

LISTENERS = ("ada", "ben", "cyd")
STAGES = ("live", "live", "paused", "booked", "completed")
DURATION = 1800
BEFORE, AFTER = 14, 4
NOON = 12 * 3600


@dataclass(frozen=True)
class Booked:
    """What one booking sold: impressions by the thousand, or its flight for a price; days from a change of clocks."""

    impressions: int | None
    rate: int
    begins: int
    ends: int


# In the order in which they take what is delivered; the campaign begins a day earlier. Two lie inside the period of the
# examples.
BOOKINGS = (
    Booked(4, 30_000_000, 1 - BEFORE, AFTER),
    Booked(50, 20_000_000, 2 - BEFORE, AFTER),
    Booked(None, 90_000_000, 1 - BEFORE, AFTER),
    Booked(200, 50_000_000, -2, 0),
    Booked(None, 70_000_001, -2, 0),
)
HOURS = {"first_1_day_downloads": 24, "first_3_day_downloads": 72, "first_7_day_downloads": 168,
         "first_30_day_downloads": 720}  # fmt: skip
# A first episode is known from its beginning where somebody downloaded it so soon.
_FIRST_DOWNLOAD = timedelta(hours=1)
_numbers = count(1)

_QUARTERS = st.integers(-5 * 96, 5 * 96)
_answers = st.lists(
    st.tuples(
        st.sampled_from(["impression", "impression", "impression", "visit", "purchase"]), _QUARTERS,
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 5),
    ),
    min_size=10, max_size=40,
)  # fmt: skip
_heard = st.lists(
    st.tuples(
        st.sampled_from(["play", "progress", "progress", "complete"]), _QUARTERS, st.integers(0, 2),
        st.sampled_from([100, 360, 719, 720]),
    ),
    min_size=5, max_size=30,
)  # fmt: skip
_downloads = st.lists(
    st.tuples(st.sampled_from([0, 1, 24, 72, 168, 720]), st.integers(-1, 1)), min_size=3, max_size=15
)


@dataclass(frozen=True)
class Drawn:
    """What happens to one organisation, as distances from a change of clocks and from an episode's publication.

    `edges`: days from the change of clocks at whose beginning and noon somebody else hears, visits, asks and buys, by
    each show, and listens, and nobody known says in a survey that they bought. `twins`: by how many seconds more than
    a day a second report of the same purchase comes; beside it somebody buys for as much in two currencies.
    `windows`: so many days and seconds before an order its listener heard of it. `outlasts`: by how many days the
    campaign ends later than its bookings.
    """

    answers: list[tuple[str, int, int, int, int]]
    heard: list[tuple[str, int, int, int]]
    downloads: list[tuple[int, int]]
    out: int
    looked_at: float
    first_day: int
    days: int
    stages: list[str]
    edges: tuple[int, ...]
    twins: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    outlasts: int


_drawn = st.builds(
    Drawn, _answers, _heard, _downloads, st.integers(-300, 300), st.sampled_from([-2, 0.5, 26, 150]),
    st.integers(-5, 1), st.integers(1, 7), st.lists(st.sampled_from(STAGES), max_size=3),
    st.lists(st.integers(-15, 6), max_size=4, unique=True).map(tuple),
    st.lists(st.integers(-1, 1), max_size=2).map(tuple),
    st.lists(st.tuples(st.sampled_from([0, *WINDOWS]), st.integers(-1, 1)), max_size=4).map(tuple), st.integers(0, 1),
)  # fmt: skip
# Of which every metric has something to tell: something every few hours, looked at two days and more after the change.
_KINDS = ("impression", "visit", "impression", "purchase", "impression")
_HEARD = ("play", "progress", "complete", "progress")
_TELLING = Drawn(
    # One listener has impressions on the day after the period alone, so that a day too many is a listener too many.
    answers=[
        (_KINDS[n % 5], 11 * n, (n // 2 % 2 if n < 18 else 2) if n % 5 in (0, 2, 4) else n // 2 % 3, n % 3, n % 6)
        for n in range(-35, 35)
    ],
    heard=[(_HEARD[n % 4], 9 * n, n // 4 % 3, 719 + n // 3 % 2) for n in range(-40, 40)],
    downloads=[(hours, second) for hours in (0, 24, 72, 168, 720) for second in (-1, 0, 1)],
    out=0, looked_at=60, first_day=-4, days=6, stages=["live", "booked"],
    # The first and last days of the flight, and from the day before the compared period to the day after this one.
    edges=(-BEFORE, *range(-11, AFTER + 3)), twins=(-1, 0, 1),
    windows=tuple((days, second) for days in (0, *WINDOWS) for second in (-1, 0, 1)), outlasts=1,
)  # fmt: skip
# The same with somebody at fewer edges: on the day of the change, inside the period; on the last day of the flight; and
# after it, with data of the day after it and with none after noon of its last day. The first of them begins on the
# first day compared with, the second a day later.
_RUNNING = replace(_TELLING, looked_at=5, edges=(-4, 0), twins=(), windows=((7, 0),))
_LAST = replace(_TELLING, looked_at=101, edges=(-8, AFTER), twins=(), windows=(), outlasts=0)
_OVER = replace(_TELLING, looked_at=150, edges=(-BEFORE, AFTER, AFTER + 1), twins=(), windows=())
_ENDED = replace(_OVER, edges=(-BEFORE, AFTER), outlasts=0)


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_oracles") as made:
        yield made


class Organisation:
    """Writes what was drawn, and holds it as one table besides."""

    def __init__(self, books: Database, place: Place, drawn: Drawn) -> None:
        self.place, self.drawn = place, drawn
        self.zone, self.day, change = ZoneInfo(place.zone), place.day, place.change
        self.now = change + timedelta(hours=drawn.looked_at)
        self.first, self.last = self.day - timedelta(days=BEFORE), self.day + timedelta(days=AFTER)
        self.published = change - timedelta(days=30) + timedelta(minutes=drawn.out)
        self.writer = Writer(books, f"oracle-{next(_numbers)}", zone=place.zone)
        with self.writer.transaction():
            self._write(change)

    def _write(self, change: datetime) -> None:
        writer, drawn = self.writer, self.drawn
        self.shows = [writer.insert("podcasts", name=name) for name in ("One", "Two")]
        self.episodes = [
            writer.insert("episodes", podcast_id=self.shows[n % 2], title=f"Episode {n}",
                          published_at=self.published, duration_seconds=DURATION)
            for n in range(3)
        ]  # fmt: skip
        sponsor = writer.insert("sponsors", name="Sponsor")
        flight = {"start_date": self.first, "end_date": self.last, "sponsor_id": sponsor, "currency": "USD"}
        self.campaign = writer.insert("campaigns", name="Campaign", stage="live", **flight)
        for stage in drawn.stages:
            writer.insert("campaigns", name="Another", stage=stage, **flight)
        # Nobody is told of what it delivered, brought and cost.
        deleted = writer.insert("campaigns", name="Deleted", stage="live", deleted_at=change, **flight)
        for campaign in (self.campaign, deleted):
            for booked in BOOKINGS:
                days = self.days_of(booked)
                writer.insert(
                    "io_bookings", campaign_id=campaign, sponsor_id=sponsor, booking_date=self.first,
                    pricing_model="cpm" if booked.impressions else "flat", booked_impressions=booked.impressions,
                    rate_micros=booked.rate, currency="USD", starts_on=days[0], ends_on=days[-1],
                )  # fmt: skip
        writer.insert(
            "io_bookings", campaign_id=self.campaign, sponsor_id=sponsor, booking_date=self.first, pricing_model="flat",
            rate_micros=1_000_000, currency="USD", starts_on=self.first, ends_on=self.last, deleted_at=change,
        )  # fmt: skip
        self.said: list[AttributionEvent] = []
        for kind, quarter, who, episode, order in drawn.answers:
            at = change + timedelta(minutes=15 * quarter)
            if kind == "purchase":
                # An order's listener and amount are always the same, so that its number alone says what is one.
                self._say(kind, at, LISTENERS[order % 3], order=f"o{order}", value=(order + 1) * 7_000_000,
                          currency="USD" if order % 3 else "EUR")  # fmt: skip
            else:
                self._say(kind, at, LISTENERS[who], episode)
        for number, (day, second, show) in enumerate(
            (day, second, show) for day in drawn.edges for second in (-1, 0, NOON) for show in (0, 1)
        ):
            at = midnight(self.day + timedelta(days=day), self.zone) + timedelta(seconds=second)
            order, value = f"edge {number}", 1_000_003 * (number + 1)
            for kind in ("impression", "visit"):
                self._say(kind, at, order, show)
            self._say("purchase", at, None)
            for kind in ("purchase", "lead"):
                self._say(kind, at, order, order=order, value=value)
        for second in drawn.twins:
            for after in (timedelta(0), timedelta(hours=24, seconds=second)):
                self._say("purchase", change - timedelta(hours=30) + after, f"twin {second}", value=5_000_011)
            for minutes, currency in ((0, "USD"), (1, "EUR")):
                at = change - timedelta(hours=30, minutes=-minutes)
                self._say("purchase", at, f"both {second}", value=5_000_011, currency=currency)
        for days, second in drawn.windows:
            who, at = f"window {days} {second}", change - timedelta(hours=3)
            self._say("impression", at - timedelta(days=days, seconds=second), who, 0)
            self._say("purchase", at, who, order=who, value=3_000_017)
        # Of moments at which the other has something too, so that the data ends with what is told.
        gone = [e for e in self.said if e.listener_id in LISTENERS or e.at.astimezone(self.zone).hour == 12]
        writer.attribution_events(
            [*self.said, *(replace(event, campaign_id=deleted, event_id=None) for event in gone)]
        )
        heard = [
            ListenerEvent(
                self.episodes[0], LISTENERS[who], kind, change + timedelta(minutes=15 * quarter, seconds=number),
                {"from_s": 0, "to_s": seconds} if kind == "progress" else {},
            )
            for number, (kind, quarter, who, seconds) in enumerate(drawn.heard)
        ]  # fmt: skip
        for day in drawn.edges:
            begins = midnight(self.day + timedelta(days=day), self.zone)
            # Begun on one day and listened to on the next is on neither of them a play that was listened to.
            listened = [("late", "play", -1), ("late", "progress", 0)]
            for second in (-1, 0):
                listened += [(f"heard {second}", kind, second) for kind in ("play", "complete", "progress")]
            for who, kind, second in listened:
                seconds = {"from_s": 0, "to_s": 720} if kind == "progress" else {}
                heard.append(
                    ListenerEvent(
                        self.episodes[0], f"{who} {day}", kind, begins + timedelta(seconds=second), seconds
                    )
                )
        writer.listener_events(
            heard
            + [
                ListenerEvent(
                    self.episodes[1],
                    f"l{number}",
                    "download",
                    self.published + timedelta(hours=hours, seconds=seconds),
                )
                for number, (hours, seconds) in enumerate(drawn.downloads)
            ]
        )
        shows = {episode: self.shows[n % 2] for n, episode in enumerate(self.episodes)}
        rows = [
            {"kind": e.attribution_type, "at": e.at, "who": e.listener_id, "episode": e.episode_id,
             "show": shows.get(e.episode_id) if e.episode_id else None, "id": e.event_id,
             **{key: e.data.get(name) for key, name in
                (("order", "order_id"), ("value", "value_micros"), ("currency", "currency"))}}
            for e in self.said
        ]  # fmt: skip
        columns = ["kind", "at", "who", "episode", "show", "id", "order", "value", "currency"]
        self.answers = self._with_days(pd.DataFrame(rows, columns=columns))
        self.merged = {kind: self._merged(kind) for kind in ("purchase", "lead")}
        self.heard = self._with_days(
            pd.DataFrame(
                [
                    {"kind": e.event_type, "at": e.at, "who": e.listener_id, "seconds": e.data.get("to_s", 0)}
                    for e in heard
                ],
                columns=["kind", "at", "who", "seconds"],
            )
        )

    def _say(self, kind: str, at: datetime, who: str | None, episode: int | None = None, *, order: str | None = None,
             value: int | None = None, currency: str = "USD") -> None:  # fmt: skip
        """Something of the campaign, unless it is still to come."""
        if at >= self.now:
            return
        said: dict[str, Any] = {"source": "survey"} if who is None else {}
        if value is not None:
            said = {"source": "pixel", "value_micros": value, "currency": currency}
        if order is not None:
            said["order_id"] = order
        event_id = UUID(int=(next(_numbers) << 64) + len(self.said))
        episode_id = None if episode is None else self.episodes[episode]
        self.said.append(AttributionEvent(self.campaign, kind, at, who, episode_id, said, event_id))

    def _merged(self, kind: str) -> pd.DataFrame:
        """The first report of each order, and of what a listener without one said in the 24 hours from the first on."""
        bought = self.answers[(self.answers["kind"] == kind) & self.answers["who"].notna()].sort_values(
            ["at", "id"]
        )
        numbered = bought[bought["order"].notna()].drop_duplicates("order")
        others = bought[bought["order"].isna()]
        kept = []
        for _, reports in others.groupby(["who", "value", "currency"]):
            first = None
            for row in reports.itertuples():
                if first is None or (row.at - first).total_seconds() > 24 * 3600:
                    first = row.at
                    kept.append(row.Index)
        return pd.concat([numbered, others.loc[kept]]) if kept else numbered

    def _with_days(self, rows: pd.DataFrame) -> pd.DataFrame:
        rows["at"] = pd.to_datetime(rows["at"], utc=True)
        rows["day"] = rows["at"].dt.tz_convert(str(self.zone)).dt.date
        return rows

    def filters(self) -> Filters:
        start = self.day + timedelta(days=self.drawn.first_day)
        return Filters(
            period=Period(start, start + timedelta(days=self.drawn.days)), zone=self.zone, now=self.now,
            campaign_id=self.campaign,
        )  # fmt: skip

    def within(self, rows: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
        return rows[(rows["day"] >= start) & (rows["day"] < end)]

    def data_to(self) -> datetime:
        """The end of its data, or now if that is earlier or there is none."""
        said = [row.at for row in self.answers.itertuples() if row.kind == "impression"]
        said += [row.at for row in self.heard.itertuples() if row.kind == "download"]
        said += [
            self.published + timedelta(hours=hours, seconds=seconds)
            for hours, seconds in self.drawn.downloads
        ]
        return min([self.now, max(said)]) if said else self.now

    def part_of(self, day: date, by: datetime | None = None) -> Fraction:
        """How much of a day of the organisation is over by now: a day of 25 hours has 25 of them."""
        begins, ends = (
            pd.Timestamp(day + timedelta(days=n)).tz_localize(str(self.zone), ambiguous=True) for n in (0, 1)
        )
        over = Fraction(
            int((pd.Timestamp(by or self.now) - begins).total_seconds()), int((ends - begins).total_seconds())
        )
        return min(Fraction(1), max(Fraction(0), over))

    def days_of(self, booked: Booked) -> list[date]:
        """The days of a booking's flight."""
        ends = min(booked.ends, AFTER - self.drawn.outlasts)
        return [self.day + timedelta(days=n) for n in range(booked.begins, ends + 1)]

    def over_of(self, booked: Booked, by: datetime) -> Fraction:
        """The share of a booking's flight that is over, its last day as far as it is."""
        days = self.days_of(booked)
        return sum((self.part_of(day, by) for day in days), Fraction(0)) / len(days)

    def delivered(self) -> pd.DataFrame:
        """The impressions of the flight, in order."""
        said = self.answers[self.answers["kind"] == "impression"].sort_values("at")
        return self.within(said, self.first, self.last + timedelta(days=1))

    @cached_property
    def spent_on(self) -> dict[date, Fraction]:
        """What each day cost: impression by impression, each paid by the first booking that has some left."""
        spent: dict[date, Fraction] = {}
        left = {booked: booked.impressions or 0 for booked in BOOKINGS}
        for day in self.delivered()["day"]:
            payer = next(
                (booked for booked in BOOKINGS if left[booked] and day in self.days_of(booked)), None
            )
            if payer is not None:
                left[payer] -= 1
                spent[day] = spent.get(day, Fraction(0)) + Fraction(payer.rate, 1000)
        for booked in BOOKINGS:
            days = self.days_of(booked) if booked.impressions is None else []
            for day in days:
                spent[day] = spent.get(day, Fraction(0)) + self.part_of(day) * booked.rate / len(days)
        return spent

    def spans(self, known: pd.DataFrame) -> tuple[Period, Period | None, Period | None]:
        """The period, its days that are over, and as many before them where there is something so early."""
        period, today = self.filters().period, self.now.astimezone(self.zone).date()
        over = [day for day in (period.start + timedelta(days=n) for n in range(period.days)) if day < today]
        if not over:
            return period, None, None
        before = Period(period.start - timedelta(days=len(over)), period.start)
        whole = Period(period.start, over[-1] + timedelta(days=1))
        return period, whole, before if (known["day"] <= before.start).any() else None


def _over(above: int | Fraction, below: int | Fraction) -> Fraction | None:
    return Fraction(above) / below if below else None


@dataclass(frozen=True)
class Told:
    """What one span of the campaign is: each figure, and the number of conversions and of amounts behind it."""

    figures: dict[str, int | Fraction | None]
    conversions: int
    amounts: list[int]


def _told(org: Organisation, span: Period) -> Told:
    inside = org.within(org.answers, span.start, span.end)
    impressions = inside[inside["kind"] == "impression"]
    visits, reach = int((inside["kind"] == "visit").sum()), impressions["who"].nunique()
    orders = org.within(org.merged["purchase"], span.start, span.end)
    amounts = [int(value) for value in orders.loc[orders["currency"] == "USD", "value"]]
    spend = sum((cost for day, cost in org.spent_on.items() if span.start <= day < span.end), Fraction(0))
    figures = {
        "impressions": len(impressions),
        "reach": reach,
        "frequency": _over(len(impressions), reach),
        "visits": visits,
        "conversions": len(orders),
        "conversion_ratio": _over(len(orders), reach),
        "spend_micros": round(spend),
        "cost_per_conversion_micros": _over(spend, len(orders)),
        "return_on_ad_spend": _over(sum(amounts), spend),
    }
    return Told(figures, len(orders), amounts)


def _enough(key: str, told: Told) -> bool:
    """Whether a span has enough for a rate to be told of it."""
    few = {
        "conversion_ratio": told.conversions,
        "cost_per_conversion_micros": told.conversions
        if told.figures["spend_micros"]
        else ENOUGH_CONVERSIONS,
        "return_on_ad_spend": min(told.conversions, len(told.amounts)),
    }
    return few.get(key, ENOUGH_CONVERSIONS) >= ENOUGH_CONVERSIONS


def _same(found: Any, counted: Any) -> bool:
    if found is None or counted is None:
        return found is counted
    return abs(Fraction(found) - Fraction(counted)) <= abs(Fraction(counted)) / 10**12


_DEVIATIONS = NormalDist().inv_cdf(0.975)


def _bounds_agree(row: dict[str, Any], low: float, high: float) -> bool:
    return isclose(row["low"], max(low, 0), rel_tol=1e-9) and isclose(row["high"], high, rel_tol=1e-9)


def _return_agrees(row: dict[str, Any], amounts: list[int], spend: int | Fraction) -> bool:
    """The bounds of the return on ad spend, where there is enough of it."""
    if not spend or len(amounts) < ENOUGH_CONVERSIONS:
        return row["low"] is None and row["high"] is None if "low" in row else True
    spread = _DEVIATIONS * sqrt(sum(amount * amount for amount in amounts))
    return _bounds_agree(row, (sum(amounts) - spread) / float(spend), (sum(amounts) + spread) / float(spend))


def _campaign(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f = org.filters()
    figures = campaigns.campaign_figures(connection, f)
    found = {row["metric"]: row for row in figures.rows}
    period, whole, before = org.spans(org.answers)
    told = _told(org, period)
    for key, value in told.figures.items():
        agree.on(key, found[key]["value"], value)
    for column, span in (("compared_value", whole), ("previous", before)):
        earlier = _told(org, span) if span else None
        for key in told.figures:
            value = earlier.figures[key] if earlier else None
            if earlier and column == "compared_value" and not _enough(key, earlier):
                value = None
            assert _same(found[key][column], value), (key, column, found[key][column], value)
    spent = org.spent_on
    days = [period.start + timedelta(days=n) for n in range(period.days)]
    begun = [day for day in days if day <= f.today]
    assert found["spend_micros"]["spark"] == [round(spent.get(day, Fraction(0))) for day in begun]
    spend = sum((spent.get(day, Fraction(0)) for day in days), Fraction(0))
    assert _return_agrees(found["return_on_ad_spend"], told.amounts, spend)
    inside = org.within(org.answers, period.start, period.end)
    orders = org.within(org.merged["purchase"], period.start, period.end)
    answered = [*inside.loc[inside["kind"] == "visit", "day"], *orders["day"]]
    reached = {"Impressions": max(inside.loc[inside["kind"] == "impression", "day"], default=None),
               "Visits and conversions": max(answered, default=None)}  # fmt: skip
    assert dict(figures.reaches) == (reached if any(reached.values()) else {})
    trend = {row["bucket"]: row for row in campaign_conversions.conversions_trend(connection, f).rows}
    assert list(trend) == days
    for day, row in trend.items():
        per_day = (inside.loc[inside["kind"] == "visit", "day"] == day).sum(), (orders["day"] == day).sum()
        assert (row["visits"], row["conversions"]) == (per_day if day <= f.today else (None, None)), day
    _prices(agree, connection, org, spend)
    _card(agree, connection, org)


def _prices(agree: Agreement, connection: Connection, org: Organisation, spend: Fraction) -> None:
    f = org.filters()
    found = {row["metric"]: row for row in campaign_prices.campaign_prices(connection, f).rows}
    kinds = org.within(org.answers, f.period.start, f.period.end)["kind"].value_counts()
    impressions, visits = (int(kinds.get(kind, 0)) for kind in ("impression", "visit"))
    leads, orders = (
        org.within(org.merged[kind], f.period.start, f.period.end) for kind in ("lead", "purchase")
    )
    amounts = [int(value) for value in orders.loc[orders["currency"] == "USD", "value"]]
    for key, value in (
        ("visit_ratio", _over(visits, impressions)),
        ("conversion_ratio_of_impressions", _over(len(orders), impressions)),
        ("leads", len(leads)),
        ("purchases", len(orders)),
        ("cpm_micros", _over(spend * 1000, impressions)),
        ("cost_per_visit_micros", _over(spend, visits)),
        ("cost_per_lead_micros", _over(spend, len(leads))),
        ("cost_per_purchase_micros", _over(spend, len(orders))),
        ("average_order_micros", _over(sum(amounts), len(amounts))),
    ):
        agree.on(key, found[key]["value"], value)
    if len(amounts) >= ENOUGH_CONVERSIONS:
        spread = _DEVIATIONS * stdev(amounts) / sqrt(len(amounts))
        assert _bounds_agree(found["average_order_micros"], mean(amounts) - spread, mean(amounts) + spread)


def _card(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f, everything, delivered = org.filters(), org.merged["purchase"], org.delivered()
    cards = {row["campaign_id"]: row for row in campaigns.campaign_cards(connection, f).rows}
    assert len(cards) == 1 + len(org.drawn.stages), "none of a deleted campaign"
    card, booked = cards[org.campaign], sum(each.impressions or 0 for each in BOOKINGS)
    agree.on("booked_impressions", card["booked_impressions"], booked)
    agree.on("delivered_ratio", card["delivered_ratio"], Fraction(len(delivered), booked))
    clock = org.data_to()
    if f.today > org.last and clock.astimezone(org.zone).date() >= org.last:
        clock = org.now
    expected = sum((org.over_of(each, clock) * (each.impressions or 0) for each in BOOKINGS), Fraction(0))
    if expected:
        agree.on("pacing_ratio", card["pacing_ratio"], len(delivered) / expected)
    else:
        assert (card["pacing_ratio"], card["pacing_state"]) == (None, None), "no data of the flight"
    amounts = [int(value) for value in everything.loc[everything["currency"] == "USD", "value"]]
    agree.on("revenue_micros", card["revenue_micros"], sum(amounts))
    to_date = sum(org.spent_on.values(), Fraction(0))
    agree.on("conversions", card["conversions"], len(everything))
    agree.on("spend_micros", card["spend_micros"], round(to_date))
    assert _return_agrees(card, amounts, to_date)
    per_day = {row["day"]: row for row in campaign_delivery.delivery(connection, f).rows}
    days = [org.first + timedelta(days=n) for n in range(BEFORE + AFTER + 1)]
    came = [int((delivered["day"] == day).sum()) for day in days]
    assert {day: (row["impressions"], row["delivered"]) for day, row in per_day.items()} == {
        day: (one, so_far) if day <= f.today else (None, None)
        for day, one, so_far in zip(days, came, accumulate(came), strict=True)
    }


def _portfolio(agree: Agreement, connection: Connection, org: Organisation) -> None:
    """Of one campaign that delivered, and of others: those that delivered nothing and the one that is deleted."""
    f = org.filters()
    answer = portfolio.portfolio_figures(connection, f)
    found = {(row["metric"], row["currency"]): row for row in answer.rows}
    agree.on("live_campaigns", answer.totals["live"], 1 + org.drawn.stages.count("live"))
    spans = org.spans(org.delivered())
    spent, orders = org.spent_on, org.merged["purchase"]
    for column, span in zip(("value", "compared_value", "previous"), spans, strict=True):
        counted: dict[tuple[str, str], int] = {}
        if span is not None:
            told = _told(org, span).figures
            counted |= {(key, ""): told[key] for key in ("impressions", "reach", "frequency", "conversions")}
            counted["spend_micros", "USD"] = told["spend_micros"]
            inside = org.within(orders, span.start, span.end)
            for currency in ("USD", "EUR"):
                amount = int(inside.loc[inside["currency"] == currency, "value"].sum())
                counted["revenue_micros", currency] = amount
        for (key, currency), row in found.items():
            assert _same(row[column], counted.get((key, currency))), (key, column)
        if column == "value":
            for (key, currency), value in counted.items():
                # A currency without an amount in any of the spans has no row.
                row = found.get((key, currency), {"value": 0})
                agree.on(key, row["value"], value)
    begun = [
        day for day in (spans[0].start + timedelta(days=n) for n in range(spans[0].days)) if day <= f.today
    ]
    assert found["spend_micros", "USD"]["spark"] == [round(spent.get(day, Fraction(0))) for day in begun]
    for currency in ("USD", "EUR"):
        row = found.get(("revenue_micros", currency))
        of_currency = orders[orders["currency"] == currency]
        assert row is None or row["spark"] == [
            int(of_currency.loc[of_currency["day"] == day, "value"].sum()) for day in begun
        ]
    assert found["conversions", ""]["spark"] == [int((orders["day"] == day).sum()) for day in begun]


def _credit(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f = org.filters()
    orders = org.within(org.merged["purchase"], f.period.start, f.period.end)
    orders = orders[["id", "who", "at"]].rename(columns={"id": "conversion"})
    said = org.within(org.answers, f.period.start, f.period.end)
    anonymous = int(((said["kind"] == "purchase") & said["who"].isna()).sum())
    touches = org.answers[org.answers["kind"].isin(["impression", "visit"])]
    pairs = orders.merge(touches, on="who", suffixes=("", "_touch")).sort_values(["at_touch", "id"])
    apart = (pairs["at"] - pairs["at_touch"]).dt.total_seconds()
    for window in WINDOWS:
        inside = pairs[(apart >= 0) & (apart <= window * 24 * 3600)]
        for channel, channels, ask_credit in (
            ("show", org.shows, campaign_conversions.attribution_by_podcast),
            ("episode", org.episodes, campaign_conversions.attribution_by_episode),
        ):
            answer = ask_credit(connection, f, window)
            key = "podcast_id" if channel == "show" else "episode_id"
            found = {row[key]: row for row in answer.rows}
            of_order = inside.groupby("conversion")[channel]
            attributed = inside["conversion"].nunique()
            assert answer.totals["attributed"] == attributed
            agree.on("anonymous_reports", answer.totals["anonymous"], anonymous)
            assert (answer.totals["unattributed"], answer.totals["conversions"]) == (
                len(orders) - attributed,
                len(orders),
            )
            for one in channels:
                # Who has no credit has no row.
                nothing = dict.fromkeys(("first_touch_credit", "last_touch_credit", "linear_credit"), 0)
                row = found.get(one, {**nothing, "linear_share": 0 if attributed else None})
                linear = sum(
                    (Fraction(int((group == one).sum()), len(group)) for _, group in of_order), Fraction(0)
                )
                agree.on(
                    "first_touch_credit", row["first_touch_credit"], int((of_order.first() == one).sum())
                )
                agree.on("last_touch_credit", row["last_touch_credit"], int((of_order.last() == one).sum()))
                agree.on("linear_credit", row["linear_credit"], linear)
                agree.on("linear_share", row["linear_share"], linear / attributed if attributed else None)


def _plays(agree: Agreement, connection: Connection, org: Organisation) -> None:
    for f in (org.filters(), replace(org.filters(), comparison="none")):
        # The figures show these divided by plays; the statement that they ask tells the sums, day by day.
        found = {
            row["day"]: row
            for row in ask(connection, "listening/overview_plays", **periods_of(f), **catalogue_of(f))
        }
        rows = org.heard[org.heard["kind"].isin(["play", "complete", "progress"])]
        start = f.compared.start if f.compared else f.period.start
        rows = org.within(rows, start, f.period.end)
        assert found.keys() == set(rows["day"])
        for day, of_day in rows.groupby("day"):
            agree.on("completes", found[day]["completes"], int((of_day["kind"] == "complete").sum()))
            agree.on("listen_seconds", found[day]["listen_seconds"], int(of_day["seconds"].sum()))
            assert found[day]["plays"] == int((of_day["kind"] == "play").sum())


def _engaged_plays(agree: Agreement, connection: Connection, org: Organisation) -> None:
    period = org.filters().period
    found = connection.execute(
        text("select coalesce(sum(total_value), 0) from metrics_daily where metric_name = 'engaged_plays'"
             " and day >= :start and day < :end"),
        {"start": period.start, "end": period.end},
    ).scalar_one()  # fmt: skip
    per_day = org.within(org.heard, period.start, period.end).groupby(["who", "day"]).agg(
        plays=("kind", lambda kinds: (kinds == "play").sum()), seconds=("seconds", "sum")
    )  # fmt: skip
    counted = int(((per_day["plays"] > 0) & (per_day["seconds"] >= 0.4 * DURATION)).sum())
    agree.on_stored("engaged_plays", found, counted)


def _first_hours(org: Organisation) -> dict[str, int | None]:
    """Known where the data begins with the podcast's first episode, and reaches the end of its time."""
    since = pd.Series(
        [pd.Timedelta(hours=h, seconds=s) for h, s in org.drawn.downloads], dtype="timedelta64[ns]"
    )
    begins, ends = since.min(), since.max()
    return {
        metric: int(((since >= pd.Timedelta(0)) & (since < pd.Timedelta(hours=hours))).sum())
        if begins <= _FIRST_DOWNLOAD and ends >= pd.Timedelta(hours=hours)
        else None
        for metric, hours in HOURS.items()
    }


def _first_week(agree: Agreement, connection: Connection, org: Organisation) -> None:
    before = org.published.astimezone(org.zone).date() - timedelta(days=1)
    f = replace(org.filters(), period=Period(before, before + timedelta(days=33)), campaign_id=None)
    metric = "first_7_day_downloads"
    begins = min(timedelta(hours=hour, seconds=second) for hour, second in org.drawn.downloads)
    over = org.published + timedelta(hours=168)
    for now in (over - timedelta(seconds=1), over, org.now):
        [row] = listening_breakdowns.top_episodes(connection, replace(f, now=now)).rows
        counted = _first_hours(org)[metric] if now >= over else None
        agree.on(metric, row[metric], counted)
        missing = "not known" if begins > _FIRST_DOWNLOAD and now >= over else "not complete yet"
        assert row["first_7_day_state"].partition(":")[0] == (missing if counted is None else "complete")


def _other_first_days(agree: Agreement, connection: Connection, org: Organisation) -> None:
    found = dict(
        connection.execute(
            text("select days, downloads from episode_milestones where episode_id = :episode"),
            {"episode": org.episodes[1]},
        ).all()
    )  # fmt: skip
    for metric, counted in _first_hours(org).items():
        if metric != "first_7_day_downloads":
            agree.on_stored(metric, found[HOURS[metric] // 24], counted)


def written(books: Database, worlds: tuple[Drawn, ...]) -> list[Organisation]:
    """What was drawn for each place, digested."""
    made = [Organisation(books, place, drawn) for place, drawn in zip(PLACES, worlds, strict=True)]
    refresh.refresh_rollups()
    refresh.refresh_milestones()
    refresh.refresh_metrics_daily()
    compute_attribution()
    return made


def compare(agree: Agreement, made: list[Organisation]) -> None:
    """Every number of these organisations with what is counted of it here."""
    for org in made:
        agree.at(org.place, org.filters().period)
        with tenant_session(Actor(org.writer.tenant_id)) as connection:
            _campaign(agree, connection, org)
            _portfolio(agree, connection, org)
            _credit(agree, connection, org)
            _plays(agree, connection, org)
            _engaged_plays(agree, connection, org)
            # Hours from a publication, whatever the period.
            agree.at(org.place)
            _first_week(agree, connection, org)
            _other_first_days(agree, connection, org)


EXAMPLES = (
    *((case,) * len(PLACES) for case in (_TELLING, _RUNNING, _LAST)),
    # In turn, at one change of a zone's clocks and at the other.
    tuple((_OVER, _ENDED)[place % 2] for place in range(len(PLACES))),
)
"""What every run compares, at each place."""
_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
# Eight organisations at once are made smaller for minutes; whoever needs the smallest case takes Phase.shrink in.
_PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
_OF = (
    "impressions", "reach", "frequency", "visits", "conversions", "conversion_ratio", "spend_micros",
    "cost_per_conversion_micros", "return_on_ad_spend", "booked_impressions", "delivered_ratio",
    "pacing_ratio", "revenue_micros", "live_campaigns", "first_touch_credit", "last_touch_credit", "linear_credit",
    "linear_share", "anonymous_reports", "visit_ratio", "conversion_ratio_of_impressions", "leads", "purchases",
    "cpm_micros", "cost_per_visit_micros", "cost_per_lead_micros", "cost_per_purchase_micros", "average_order_micros",
    "completes", "listen_seconds", "engaged_plays", *HOURS,
)  # fmt: skip


@pytest.mark.oracle(*_OF)
@settings(max_examples=2, deadline=None, phases=_PHASES, suppress_health_check=_CHECKS)
@given(worlds=everywhere(_drawn))
@example(worlds=EXAMPLES[0])
@example(worlds=EXAMPLES[1])
@example(worlds=EXAMPLES[2])
@example(worlds=EXAMPLES[3])
def test_metrics_agree_with_pandas(agree: Agreement, books: Database, worlds: tuple[Drawn, ...]) -> None:
    compare(agree, written(books, worlds))


@pytest.mark.proof
@pytest.mark.oracle(*_OF)
@settings(max_examples=40, deadline=None, phases=_PHASES, suppress_health_check=_CHECKS)
@given(worlds=everywhere(_drawn))
@example(worlds=EXAMPLES[0])
@example(worlds=EXAMPLES[1])
@example(worlds=EXAMPLES[2])
@example(worlds=EXAMPLES[3])
def test_metrics_agree_with_pandas_at_length(
    agree: Agreement, books: Database, worlds: tuple[Drawn, ...]
) -> None:
    compare(agree, written(books, worlds))
