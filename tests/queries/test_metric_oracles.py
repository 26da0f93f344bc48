"""Metrics against pandas: random events around both changes of clocks in five time zones, counted from a flat table.

One example is eight organisations at once, one for each place, so that they are digested together. What the
pages show of listening day by day is compared in `test_listening_zones.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from queries import campaign_conversions, campaigns, listening_breakdowns, portfolio, refresh
from queries.attribution import compute_attribution
from queries.filters import Filters
from queries.listening_scope import catalogue_of, periods_of
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.statements import ask
from tests.clock_changes import PLACES, Place, everywhere
from tests.conftest import Database
from tests.oracles import Agreement
from tests.sponsorship import own_database
from tests.world import AttributionEvent, ListenerEvent, Writer

LISTENERS = ("ada", "ben", "cyd")
STAGES = ("live", "live", "paused", "booked", "completed")
DURATION = 1800
BOOKED, PER_THOUSAND, FLAT = 4, 30_000_000, 90_000_000
BEFORE, AFTER = 4, 4
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
_edges = st.lists(
    st.tuples(st.sampled_from([0, 1, 24, 72, 168, 720]), st.integers(-1, 1)), min_size=3, max_size=15
)


@dataclass(frozen=True)
class Drawn:
    """What happens to one organisation, as distances from a change of clocks and from an episode's publication."""

    answers: list[tuple[str, int, int, int, int]]
    heard: list[tuple[str, int, int, int]]
    downloads: list[tuple[int, int]]
    out: int
    looked_at: float
    first_day: int
    days: int
    stages: list[str]


_drawn = st.builds(
    Drawn, _answers, _heard, _edges, st.integers(-300, 300), st.sampled_from([-2, 0.5, 26, 150]),
    st.integers(-5, 1), st.integers(1, 7), st.lists(st.sampled_from(STAGES), max_size=3),
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
)  # fmt: skip


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
        for model, booked, rate in (("cpm", BOOKED, PER_THOUSAND), ("flat", None, FLAT)):
            writer.insert(
                "io_bookings", campaign_id=self.campaign, sponsor_id=sponsor, booking_date=self.first,
                pricing_model=model, booked_impressions=booked, rate_micros=rate, currency="USD",
                starts_on=self.first, ends_on=self.last,
            )  # fmt: skip
        answers, rows = [], []
        for number, (kind, quarter, who, episode, order) in enumerate(drawn.answers):
            at = change + timedelta(minutes=15 * quarter)
            if at >= self.now:
                continue
            said: dict[str, Any] = {}
            listener = LISTENERS[who]
            if kind == "purchase":
                # An order's listener and amount are always the same, so that its number alone says what is one.
                listener, episode_id = LISTENERS[order % 3], None
                said = {"source": "pixel", "order_id": f"o{order}", "value_micros": (order + 1) * 7_000_000,
                        "currency": "USD" if order % 3 else "EUR"}  # fmt: skip
            else:
                episode_id = self.episodes[episode]
            event_id = UUID(int=(next(_numbers) << 64) + number)
            answers.append(AttributionEvent(self.campaign, kind, at, listener, episode_id, said, event_id))
            rows.append({"kind": kind, "at": at, "who": listener, "show": self.shows[episode % 2],
                         "id": event_id, "order": said.get("order_id"), "value": said.get("value_micros"),
                         "currency": said.get("currency")})  # fmt: skip
        writer.attribution_events(answers)
        heard = [
            ListenerEvent(
                self.episodes[0], LISTENERS[who], kind, change + timedelta(minutes=15 * quarter, seconds=number),
                {"from_s": 0, "to_s": seconds} if kind == "progress" else {},
            )
            for number, (kind, quarter, who, seconds) in enumerate(drawn.heard)
        ]  # fmt: skip
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
        columns = ["kind", "at", "who", "show", "id", "order", "value", "currency"]
        self.answers = self._with_days(pd.DataFrame(rows, columns=columns))
        self.heard = self._with_days(
            pd.DataFrame(
                [
                    {"kind": e.event_type, "at": e.at, "who": e.listener_id, "seconds": e.data.get("to_s", 0)}
                    for e in heard
                ],
                columns=["kind", "at", "who", "seconds"],
            )
        )

    def _with_days(self, rows: pd.DataFrame) -> pd.DataFrame:
        rows["at"] = pd.to_datetime(rows["at"], utc=True)
        rows["day"] = rows["at"].dt.tz_convert(str(self.zone)).dt.date
        return rows

    def filters(self) -> Filters:
        start = self.day + timedelta(days=self.drawn.first_day)
        return Filters(
            period=Period(start, start + timedelta(days=self.drawn.days)), zone=self.zone, now=self.now,
            comparison="none", campaign_id=self.campaign,
        )  # fmt: skip

    def within(self, rows: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
        return rows[(rows["day"] >= start) & (rows["day"] < end)]

    def orders(self) -> pd.DataFrame:
        """The first report of each order."""
        bought = self.answers[self.answers["kind"] == "purchase"].sort_values(["at", "id"])
        return bought.drop_duplicates("order")

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
        begins, ends = (pd.Timestamp(day + timedelta(days=n)).tz_localize(str(self.zone)) for n in (0, 1))
        over = Fraction(
            int((pd.Timestamp(by or self.now) - begins).total_seconds()), int((ends - begins).total_seconds())
        )
        return min(Fraction(1), max(Fraction(0), over))

    def days_of_flight(self, start: date, end: date, by: datetime | None = None) -> Fraction:
        """Days of the flight inside `[start, end)` that are over, today as far as it is."""
        flight = [self.first + timedelta(days=n) for n in range(BEFORE + AFTER + 1)]
        return sum((self.part_of(day, by) for day in flight if start <= day < end), Fraction(0))


def _campaign(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f = org.filters()
    start, end = f.period.start, f.period.end
    figures = campaigns.campaign_figures(connection, f)
    found = {row["metric"]: row["value"] for row in figures.rows}
    inside = org.within(org.answers, start, end)
    impressions = inside[inside["kind"] == "impression"]
    visits, reach = int((inside["kind"] == "visit").sum()), impressions["who"].nunique()
    orders = org.within(org.orders(), start, end)
    revenue = int(orders.loc[orders["currency"] == "USD", "value"].sum())
    delivered = org.answers[org.answers["kind"] == "impression"].sort_values("at")
    delivered = org.within(delivered, org.first, org.last + timedelta(days=1))
    paid = len(org.within(delivered.head(BOOKED), start, end))
    spend = Fraction(paid * PER_THOUSAND, 1000) + Fraction(FLAT, BEFORE + AFTER + 1) * org.days_of_flight(
        start, end
    )

    def over(above: int | Fraction, below: int | Fraction) -> Fraction | None:
        return Fraction(above) / below if below else None

    agree.on("impressions", found["impressions"], len(impressions))
    agree.on("reach", found["reach"], reach)
    agree.on("frequency", found["frequency"], over(len(impressions), reach))
    agree.on("visits", found["visits"], visits)
    agree.on("conversions", found["conversions"], len(orders))
    agree.on("conversion_ratio", found["conversion_ratio"], over(len(orders), reach))
    agree.on("spend_micros", found["spend_micros"], round(spend))
    agree.on("cost_per_conversion_micros", found["cost_per_conversion_micros"], over(spend, len(orders)))
    agree.on("return_on_ad_spend", found["return_on_ad_spend"], over(revenue, spend))
    answered = [*inside.loc[inside["kind"] == "visit", "day"], *orders["day"]]
    reached = {"Impressions": max(impressions["day"], default=None),
               "Visits and conversions": max(answered, default=None)}  # fmt: skip
    assert dict(figures.reaches) == (reached if any(reached.values()) else {})

    cards = {row["campaign_id"]: row for row in campaigns.campaign_cards(connection, f).rows}
    card, everything = cards[org.campaign], org.orders()
    agree.on("booked_impressions", card["booked_impressions"], BOOKED)
    agree.on("delivered_ratio", card["delivered_ratio"], Fraction(len(delivered), BOOKED))
    clock = org.data_to()
    if f.today > org.last and clock.astimezone(org.zone).date() >= org.last:
        clock = org.now
    elapsed = org.days_of_flight(org.first, org.last + timedelta(days=1), clock) / (BEFORE + AFTER + 1)
    if elapsed:
        agree.on("pacing_ratio", card["pacing_ratio"], Fraction(len(delivered), BOOKED) / elapsed)
    else:
        assert (card["pacing_ratio"], card["pacing_state"]) == (None, None), "no data of the flight"
    to_date = int(everything.loc[everything["currency"] == "USD", "value"].sum())
    agree.on("revenue_micros", card["revenue_micros"], to_date)
    live = portfolio.portfolio_figures(connection, f).totals["live"]
    agree.on("live_campaigns", live, 1 + org.drawn.stages.count("live"))


def _credit(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f = org.filters()
    answer = campaign_conversions.attribution_by_podcast(connection, f)
    found = {row["podcast_id"]: row for row in answer.rows}
    orders = org.within(org.orders(), f.period.start, f.period.end)[["order", "who", "at"]]
    touches = org.answers[org.answers["kind"].isin(["impression", "visit"])]
    pairs = orders.merge(touches, on="who", suffixes=("", "_touch"))
    apart = pairs["at"] - pairs["at_touch"]
    pairs = pairs[(apart >= pd.Timedelta(0)) & (apart <= pd.Timedelta(days=30))]
    pairs = pairs.sort_values(["at_touch", "id"])
    of_order = pairs.groupby("order")["show"]
    attributed = pairs["order"].nunique()
    assert answer.totals["attributed"] == attributed
    for show in org.shows:
        # A show without credit has no row.
        nothing = dict.fromkeys(("first_touch_credit", "last_touch_credit", "linear_credit"), 0)
        row = found.get(show, {**nothing, "linear_share": 0 if attributed else None})
        linear = sum((Fraction(int((group == show).sum()), len(group)) for _, group in of_order), Fraction(0))
        agree.on("first_touch_credit", row["first_touch_credit"], int((of_order.first() == show).sum()))
        agree.on("last_touch_credit", row["last_touch_credit"], int((of_order.last() == show).sum()))
        agree.on("linear_credit", row["linear_credit"], linear)
        agree.on("linear_share", row["linear_share"], linear / attributed if attributed else None)


def _plays(agree: Agreement, connection: Connection, org: Organisation) -> None:
    f = org.filters()
    # The figures show these divided by plays; the statement that they ask tells the sums.
    found = ask(connection, "listening/overview_plays", **periods_of(f), **catalogue_of(f))
    rows = org.within(org.heard, f.period.start, f.period.end)
    agree.on("completes", sum(row["completes"] for row in found), int((rows["kind"] == "complete").sum()))
    agree.on("listen_seconds", sum(row["listen_seconds"] for row in found), int(rows["seconds"].sum()))


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
    [row] = listening_breakdowns.top_episodes(connection, f).rows
    metric = "first_7_day_downloads"
    counted = _first_hours(org)[metric]
    agree.on(metric, row[metric], counted)
    begins = min(timedelta(hours=hour, seconds=second) for hour, second in org.drawn.downloads)
    missing = "not known" if begins > _FIRST_DOWNLOAD else "not complete yet"
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


def _compare(agree: Agreement, books: Database, worlds: tuple[Drawn, ...]) -> None:
    made = [Organisation(books, place, drawn) for place, drawn in zip(PLACES, worlds, strict=True)]
    refresh.refresh_rollups()
    refresh.refresh_milestones()
    refresh.refresh_metrics_daily()
    compute_attribution()
    for org in made:
        agree.at(org.place, org.filters().period)
        with tenant_session(Actor(org.writer.tenant_id)) as connection:
            _campaign(agree, connection, org)
            _credit(agree, connection, org)
            _plays(agree, connection, org)
            _engaged_plays(agree, connection, org)
            # Hours from a publication, whatever the period.
            agree.at(org.place)
            _first_week(agree, connection, org)
            _other_first_days(agree, connection, org)


_TOLD = (_TELLING,) * len(PLACES)
_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
# Eight organisations at once are made smaller for minutes; whoever needs the smallest case takes Phase.shrink in.
_PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
_OF = (
    "impressions", "reach", "frequency", "visits", "conversions", "conversion_ratio", "spend_micros",
    "cost_per_conversion_micros", "return_on_ad_spend", "booked_impressions", "delivered_ratio",
    "pacing_ratio", "revenue_micros", "live_campaigns", "first_touch_credit", "last_touch_credit", "linear_credit",
    "linear_share", "completes", "listen_seconds", "engaged_plays", *HOURS,
)  # fmt: skip


@pytest.mark.oracle(*_OF)
@settings(max_examples=2, deadline=None, phases=_PHASES, suppress_health_check=_CHECKS)
@given(worlds=everywhere(_drawn))
@example(worlds=_TOLD)
def test_metrics_agree_with_pandas(agree: Agreement, books: Database, worlds: tuple[Drawn, ...]) -> None:
    _compare(agree, books, worlds)


@pytest.mark.proof
@pytest.mark.oracle(*_OF)
@settings(max_examples=40, deadline=None, phases=_PHASES, suppress_health_check=_CHECKS)
@given(worlds=everywhere(_drawn))
@example(worlds=_TOLD)
def test_metrics_agree_with_pandas_at_length(
    agree: Agreement, books: Database, worlds: tuple[Drawn, ...]
) -> None:
    _compare(agree, books, worlds)
