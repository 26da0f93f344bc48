"""Campaigns with what was booked, delivered, spent and reached so far: for campaign and portfolio questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.pacing import Pacing, flight, pacing
from queries.attribution.spend import Booking, Moment, allocate, moment, spend_by_currency
from queries.errors import NotFound
from queries.filters import Filters
from queries.periods import Period
from queries.statements import ask

TOO_LITTLE = 30
"""Below so many conversions, rates are shown with a note."""
TOO_LITTLE_NOTE = "Too little data: fewer than 30 conversions."
RUNNING_STAGES = frozenset({"booked", "live", "paused"})
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

    @property
    def flight(self) -> tuple[date, date]:
        """First and last day of the campaign together with its bookings."""
        return flight(self.start_date, self.end_date, self.bookings)

    @property
    def sold_bookings(self) -> tuple[Booking, ...]:
        """The bookings that cost something: none before the campaign is sold."""
        return () if self.stage in UNSOLD_STAGES else self.bookings

    def spending_until(self, f: Filters) -> Moment:
        """Up to when flat bookings are spent: now, or the moment the campaign was cancelled."""
        return moment(min(f.now, self.stage_changed_at) if self.stage == "cancelled" else f.now, f.zone)


@dataclass(frozen=True, slots=True)
class CampaignState:
    """One campaign so far. Deliveries are (first day of a stretch, impressions) inside the flight up to now."""

    head: CampaignHead
    now: Moment
    spending_until: Moment
    deliveries: tuple[tuple[date, int], ...]
    conversions: int
    revenue: Mapping[str, Decimal]
    period_conversions: int
    period_revenue: Mapping[str, Decimal]
    pacing: Pacing = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pacing", pacing_of(self.head, self.delivered, self.now))

    @property
    def delivered(self) -> int:
        """Impressions since the flight began."""
        return sum(impressions for _, impressions in self.deliveries)

    @property
    def is_running(self) -> bool:
        """Whether the flight is under way and the campaign sold and not over."""
        first, last = self.head.flight
        return self.head.stage in RUNNING_STAGES and first <= self.now.today <= last

    def spend(self, period: Period | None = None) -> dict[str, Fraction]:
        """Spend per currency, in the period or so far.

        `period` must be the one the state was read with: deliveries are cut at its edges and nowhere else.
        """
        return spend_by_currency(self.head.sold_bookings, self.deliveries, period, self.spending_until)

    def delivered_by_booking(self) -> dict[UUID, int]:
        """Impressions that each booking has taken so far."""
        taken: Counter[UUID] = Counter()
        for _, shares in allocate(self.head.bookings, self.deliveries):
            taken.update(shares)
        return dict(taken)


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


def campaign_states(connection: Connection, f: Filters, heads: Sequence[CampaignHead]) -> list[CampaignState]:
    """These campaigns with deliveries and conversions so far and inside `f.period`: two statements for any number."""
    if not heads:
        return []
    ids = [head.campaign_id for head in heads]
    now = moment(f.now, f.zone)
    period = {"period_start": f.period.start, "period_end": f.period.end}
    deliveries: dict[UUID, list[tuple[date, int]]] = {}
    for row in ask(connection, "campaigns/deliveries", campaign_ids=ids, today=f.today, **period):
        deliveries.setdefault(row["campaign_id"], []).append((row["first_day"], int(row["impressions"])))
    conversions: Counter[UUID] = Counter()
    period_conversions: Counter[UUID] = Counter()
    revenue: dict[UUID, dict[str, Decimal]] = {}
    period_revenue: dict[UUID, dict[str, Decimal]] = {}
    for row in ask(connection, "campaigns/conversions_of_campaigns", campaign_ids=ids, **period):
        if row["currency"]:
            revenue.setdefault(row["campaign_id"], {})[row["currency"]] = row["revenue_micros"]
            period_revenue.setdefault(row["campaign_id"], {})[row["currency"]] = row["period_revenue_micros"]
        else:
            conversions[row["campaign_id"]] = int(row["conversions"])
            period_conversions[row["campaign_id"]] = int(row["period_conversions"])
    states = []
    for head in heads:
        first, last = head.flight
        states.append(
            CampaignState(
                head=head,
                now=now,
                spending_until=head.spending_until(f),
                deliveries=tuple(
                    (day, impressions)
                    for day, impressions in deliveries.get(head.campaign_id, ())
                    if first <= day <= last
                ),
                conversions=conversions[head.campaign_id],
                revenue=revenue.get(head.campaign_id, {}),
                period_conversions=period_conversions[head.campaign_id],
                period_revenue=period_revenue.get(head.campaign_id, {}),
            )
        )
    return states


def pacing_of(head: CampaignHead, delivered: int, now: Moment) -> Pacing:
    """The campaign's pacing; one not sold yet has not started, one completed or cancelled has ended."""
    return pacing(
        head.start_date,
        head.end_date,
        head.bookings,
        delivered,
        now,
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


def ratio(
    numerator: int | Decimal | Fraction | None, denominator: int | Decimal | Fraction | None
) -> Decimal | None:
    """Numerator by denominator, both summed before; None where there is nothing to divide by."""
    if numerator is None or not denominator:
        return None
    exact = Fraction(numerator) / Fraction(denominator)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def change_ratio(value: int | Decimal | None, previous: int | Decimal | None) -> Decimal | None:
    """The relative change; None against a previous value of 0 or none at all."""
    if value is None or not previous:
        return None
    return (Decimal(value) - Decimal(previous)) / abs(Decimal(previous))


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
    )
