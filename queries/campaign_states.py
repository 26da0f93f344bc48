"""Campaigns with what was booked, delivered, spent and reached so far: for campaign and portfolio questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.pacing import Pacing, flight, pacing
from queries.attribution.spend import Booking, Moment, allocate, moment, spend_by_currency
from queries.errors import NotFound
from queries.filters import Filters
from queries.metrics import metric
from queries.periods import LONGEST_DAYS, Period
from queries.results import Column
from queries.statements import ask

LIVE_STAGE = "live"
SOLD_STAGES = frozenset({"booked", "live", "paused"})
UNSOLD_STAGES = frozenset({"prospect", "proposed"})
OVER_STAGES = frozenset({"completed", "cancelled"})
STAGES = ("prospect", "proposed", "booked", "live", "paused", "completed", "cancelled")


@dataclass(frozen=True, slots=True)
class CampaignHead:
    """One campaign as written down, with its bookings in the order of their start."""

    campaign_id: UUID
    name: str
    sponsor_id: UUID
    sponsor_name: str
    stage: str
    stage_changed_at: datetime
    start_date: date
    end_date: date
    currency: str
    conversion_type: str
    description: str
    bookings: tuple[Booking, ...]
    booking_rows: tuple[Mapping[str, Any], ...]
    as_of: datetime | None
    data_to: datetime | None

    @property
    def flight(self) -> tuple[date, date]:
        """First and last day of the campaign together with its bookings."""
        return flight(self.start_date, self.end_date, self.bookings)

    @property
    def sold_bookings(self) -> tuple[Booking, ...]:
        """The bookings that cost something: none before the campaign is sold."""
        return () if self.stage in UNSOLD_STAGES else self.bookings

    def pacing_clock(self, f: Filters) -> datetime:
        """Up to when delivery is expected: the end of the tenant's data, at most now. Without data it is now."""
        return f.now if self.data_to is None else min(f.now, self.data_to)

    def spending_until(self, f: Filters) -> Moment:
        """Up to when flat bookings are spent: now, or the moment the campaign was cancelled."""
        return moment(min(f.now, self.stage_changed_at) if self.stage == "cancelled" else f.now, f.zone)


@dataclass(frozen=True, slots=True)
class CampaignState:
    """One campaign's delivery so far: (first day of a stretch, impressions) inside the flight up to now."""

    head: CampaignHead
    now: Moment
    spending_until: Moment
    deliveries: tuple[tuple[date, int], ...]
    pacing: Pacing

    @property
    def delivered(self) -> int:
        """Impressions since the flight began."""
        return self.pacing.delivered

    @property
    def is_live(self) -> bool:
        """Whether the campaign counts as live; the metric `live_campaigns` says what that means."""
        return is_live(self.head.stage)

    def spend(self, period: Period | None = None) -> dict[str, Fraction]:
        """Spend per currency, in the period or so far.

        `period` must be one the state was read with: deliveries are cut at the edges of those and nowhere else.
        """
        return spend_by_currency(self.head.sold_bookings, self.deliveries, period, self.spending_until)

    def delivered_by_booking(self) -> dict[UUID, int]:
        """Impressions that each booking has taken so far."""
        taken: Counter[UUID] = Counter()
        for _, shares in allocate(self.head.bookings, self.deliveries):
            taken.update(shares)
        return dict(taken)


@dataclass(slots=True)
class CampaignResults:
    """One campaign's conversions and revenue per currency, by the first day of a stretch."""

    conversions: list[tuple[date, int]] = field(default_factory=list)
    revenue: list[tuple[date, str, int]] = field(default_factory=list)
    orders: list[tuple[date, str, int, int]] = field(default_factory=list)

    def conversions_in(self, period: Period | None = None) -> int:
        """Conversions in the period (one that the results were read with) or so far."""
        return sum(count for day, count in self.conversions if _inside(day, period))

    def revenue_in(self, period: Period | None = None) -> dict[str, int]:
        """Revenue in millionths per currency, in the period (one that the results were read with) or so far."""
        total: Counter[str] = Counter()
        for day, currency, amount in self.revenue:
            if _inside(day, period):
                total[currency] += amount
        return dict(total)

    def orders_in(self, currency: str, period: Period | None = None) -> tuple[int, int]:
        """Orders that carried an amount in this currency, and the sum of these amounts squared (read with `orders`)."""
        inside = [
            (orders, squares)
            for day, other, orders, squares in self.orders
            if other == currency and _inside(day, period)
        ]
        return sum(orders for orders, _ in inside), sum(squares for _, squares in inside)


def is_live(stage: str) -> bool:
    """Whether a campaign of this stage counts as live: the one definition, of the metric `live_campaigns`."""
    return stage == LIVE_STAGE


def campaign_heads(connection: Connection, campaign_ids: Sequence[UUID] = ()) -> list[CampaignHead]:
    """The campaigns in scope (of these, when ids are given), the newest flight first."""
    rows = ask(connection, "campaigns/campaigns_with_bookings", campaign_ids=list(campaign_ids))
    by_campaign: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        by_campaign.setdefault(row["campaign_id"], []).append(row)
    return [_head(campaign_rows) for campaign_rows in by_campaign.values()]


def campaign_head(connection: Connection, campaign_id: UUID | None) -> CampaignHead:
    """The campaign. Raises: NotFound when there is none of that id for this reader, whatever the reason."""
    heads = campaign_heads(connection, [campaign_id]) if campaign_id is not None else []
    if not heads:
        raise NotFound("There is no such campaign.")
    return heads[0]


def flights_so_far(heads: Iterable[CampaignHead], today: date) -> Period:
    """The days from the first of these flights to the end of the last, or to today; today where none has begun."""
    flights = [head.flight for head in heads]
    last = min(max((last for _, last in flights), default=today), today)
    first = min(min((first for first, _ in flights), default=last), last)
    return Period(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last + timedelta(days=1))


def opened_view(connection: Connection, f: Filters) -> Filters:
    """The view with the period that its address means; one of no campaign is as it was parsed.

    Without a period asked for, a campaign whose flight was over before the last 30 days opens on that flight. Page, CSV
    and report all come through here. Raises: NotFound.
    """
    if f.campaign_id is None or f.is_period_asked:
        return f
    return f.opened_on(*campaign_head(connection, f.campaign_id).flight)


def begins_later(connection: Connection, f: Filters) -> bool:
    """Whether the view is of a campaign whose flight has not begun. Raises: NotFound."""
    return f.campaign_id is not None and f.today < campaign_head(connection, f.campaign_id).flight[0]


def campaign_states(
    connection: Connection, f: Filters, heads: Sequence[CampaignHead], periods: Iterable[Period] = ()
) -> list[CampaignState]:
    """Delivery of these campaigns so far, cut at the edges of the periods: one statement for any number of them."""
    if not heads:
        return []
    deliveries: dict[UUID, list[tuple[date, int]]] = {}
    for row in ask(
        connection,
        "campaigns/deliveries",
        campaign_ids=[head.campaign_id for head in heads],
        period_edges=_edges(periods),
        today=f.today,
    ):
        deliveries.setdefault(row["campaign_id"], []).append((row["first_day"], int(row["impressions"])))
    now = moment(f.now, f.zone)
    states = []
    for head in heads:
        first, last = head.flight
        inside = tuple(found for found in deliveries.get(head.campaign_id, ()) if first <= found[0] <= last)
        pace = pacing_of(head, sum(impressions for _, impressions in inside), f)
        states.append(CampaignState(head, now, head.spending_until(f), inside, pace))
    return states


def campaign_results(
    connection: Connection, heads: Sequence[CampaignHead], periods: Iterable[Period] = ()
) -> dict[UUID, CampaignResults]:
    """Conversions and revenue of these campaigns, cut at the edges of the periods: one statement."""
    results = {head.campaign_id: CampaignResults() for head in heads}
    if not heads:
        return results
    for row in ask(
        connection,
        "campaigns/conversions_of_campaigns",
        campaign_ids=list(results),
        period_edges=_edges(periods),
    ):
        found = results[row["campaign_id"]]
        if row["currency"]:
            found.revenue.append((row["first_day"], row["currency"], int(row["revenue_micros"])))
        else:
            found.conversions.append((row["first_day"], int(row["conversions"])))
    return results


def add_orders(
    connection: Connection,
    f: Filters,
    results: Mapping[UUID, CampaignResults],
    periods: Iterable[Period] = (),
) -> None:
    """Adds to these results the orders with an amount, cut at the edges of the periods: one statement."""
    if not results:
        return
    for row in ask(
        connection,
        "campaigns/order_values",
        campaign_ids=list(results),
        period_edges=_edges(periods),
        time_zone=f.zone.key,
    ):
        results[row["campaign_id"]].orders.append(
            (row["first_day"], row["currency"], int(row["orders"]), int(row["squares"]))
        )


def _edges(periods: Iterable[Period]) -> list[date]:
    # width_bucket takes no empty list; a day before all others cuts nothing.
    return sorted({date.min, *(edge for period in periods for edge in (period.start, period.end))})


def _inside(day: date, period: Period | None) -> bool:
    return period is None or period.start <= day < period.end


def pacing_of(head: CampaignHead, delivered: int, f: Filters) -> Pacing:
    """The campaign's pacing; one not sold yet has not started, one completed or cancelled has ended.

    What is expected goes by the data's end, whether the flight has begun or ended by today.
    """
    return pacing(
        head.start_date,
        head.end_date,
        head.bookings,
        delivered,
        moment(head.pacing_clock(f), f.zone),
        today=f.today,
        is_sold=head.stage not in UNSOLD_STAGES,
        is_over=head.stage in OVER_STAGES,
    )


def other_currency_notes(heads: Sequence[CampaignHead]) -> tuple[str, ...]:
    """One note per foreign currency in which something is booked: it is never added to the campaign's own."""
    foreign = sorted(
        {booking.currency for head in heads for booking in head.bookings if booking.currency != head.currency}
    )
    return tuple(
        f"Bookings in {currency} are not in this sum: currencies are never added." for currency in foreign
    )


def oldest(heads: Sequence[CampaignHead]) -> datetime | None:
    """As of when the numbers of these campaigns are."""
    return heads[0].as_of if heads else None


def known_revenue(head: CampaignHead, revenue: int) -> int | None:
    """The revenue; None where leads that carry no amount are the goal, for their worth is not known."""
    return None if head.conversion_type == "lead" and not revenue else revenue


def column_of(key: str, label: str | None = None) -> Column:
    """A column of a metric, called like it unless a label says otherwise."""
    entry = metric(key)
    return Column(key, label or entry.label, entry.unit, metric=key)


def _head(rows: Sequence[Mapping[str, Any]]) -> CampaignHead:
    first = rows[0]
    booked = tuple(row for row in rows if row["booking_id"] is not None)
    return CampaignHead(
        campaign_id=first["campaign_id"],
        name=first["name"],
        sponsor_id=first["sponsor_id"],
        sponsor_name=first["sponsor_name"] or "",
        stage=first["stage"],
        stage_changed_at=first["stage_changed_at"],
        start_date=first["start_date"],
        end_date=first["end_date"],
        currency=first["currency"],
        conversion_type=first["conversion_type"],
        description=first["description"],
        bookings=tuple(
            Booking(
                booking_id=row["booking_id"],
                pricing_model=row["pricing_model"],
                booked_impressions=row["booked_impressions"],
                rate_micros=row["rate_micros"],
                currency=row["booking_currency"],
                starts_on=row["starts_on"],
                ends_on=row["ends_on"],
            )
            for row in booked
        ),
        booking_rows=booked,
        as_of=first["as_of"],
        data_to=first["data_to"],
    )
