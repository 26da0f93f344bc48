"""What a campaign's bookings cost so far: pure functions over bookings and deliveries, exact fractions throughout.

The spend rule, one per booking:
- A CPM booking costs its rate per 1,000 impressions delivered on days of its flight, never more than was booked.
  Deliveries go to the bookings whose flight covers the day in the order of their start (then their id), each up to what
  it booked; a flat booking that names a number of impressions takes its share of them too, at no further cost. What is
  delivered beyond every booking costs nothing.
- A flat booking costs its price spread evenly over the days of its flight; today counts by the share that has passed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.periods import Period, day_start


@dataclass(frozen=True, slots=True)
class Booking:
    """One insertion order; `starts_on` and `ends_on` both lie inside its flight."""

    booking_id: UUID
    pricing_model: str
    booked_impressions: int | None
    rate_micros: int
    currency: str
    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        """Days of the flight."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def cost_micros(self) -> Fraction:
        """What the whole booking costs, and the most it can cost."""
        if self.pricing_model == "flat":
            return Fraction(self.rate_micros)
        return Fraction(self.rate_micros * (self.booked_impressions or 0), 1000)

    def covers(self, day: date) -> bool:
        """Whether the day lies in the flight."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as a tenant day and the share of it that has passed."""

    today: date
    share: Fraction

    def elapsed(self, first: date, end: date) -> Fraction:
        """Days of `[first, end)` that have passed, today by its share."""
        whole = Fraction(max(0, (min(end, self.today) - first).days))
        return whole + (self.share if first <= self.today < end else 0)


def moment(now: datetime, zone: ZoneInfo) -> Moment:
    """The tenant's day at `now` and the share of its 23, 24 or 25 hours that has passed."""
    today = now.astimezone(zone).date()
    start, end = day_start(today, zone), day_start(today + timedelta(days=1), zone)
    return Moment(
        today,
        Fraction((now - start) // timedelta(microseconds=1), (end - start) // timedelta(microseconds=1)),
    )


def allocate(
    bookings: Iterable[Booking], deliveries: Iterable[tuple[date, int]]
) -> list[tuple[date, dict[UUID, int]]]:
    """Impressions that each booking takes, per delivery and in the order of days.

    A delivery is a day, or the first day of a stretch in which no flight begins or ends, with its impressions.
    """
    in_order = sorted(bookings, key=lambda booking: (booking.starts_on, booking.booking_id))
    left = {booking.booking_id: booking.booked_impressions or 0 for booking in in_order}
    allocated: list[tuple[date, dict[UUID, int]]] = []
    for day, impressions in sorted(deliveries):
        remaining = impressions
        taken: dict[UUID, int] = {}
        for booking in in_order:
            share = min(remaining, left[booking.booking_id]) if booking.covers(day) else 0
            if share:
                taken[booking.booking_id] = share
                left[booking.booking_id] -= share
                remaining -= share
        allocated.append((day, taken))
    return allocated


def spend_by_currency(
    bookings: Sequence[Booking], deliveries: Iterable[tuple[date, int]], period: Period | None, now: Moment
) -> dict[str, Fraction]:
    """Spend in millionths per currency inside the period (None: everything so far); every booked currency is there.

    `deliveries` must reach back to the first impression whatever the period is: what earlier days took of a booking is
    not left for later ones.
    """
    spent: dict[str, Fraction] = {booking.currency: Fraction(0) for booking in bookings}
    taken: Counter[UUID] = Counter()
    for day, shares in allocate(bookings, deliveries):
        if period is None or period.start <= day < period.end:
            taken.update(shares)
    for booking in bookings:
        if booking.pricing_model == "flat":
            first = booking.starts_on if period is None else max(booking.starts_on, period.start)
            end = booking.ends_on + timedelta(days=1)
            end = end if period is None else min(end, period.end)
            spent[booking.currency] += booking.cost_micros * now.elapsed(first, end) / booking.days
        else:
            spent[booking.currency] += Fraction(booking.rate_micros * taken[booking.booking_id], 1000)
    return spent


def spend_per_day(
    bookings: Sequence[Booking],
    deliveries: Iterable[tuple[date, int]],
    currency: str,
    days: Sequence[date],
    now: Moment,
) -> dict[date, Fraction]:
    """Spend of each of these days in one currency; empty where nothing is booked in it."""
    in_currency = [booking for booking in bookings if booking.currency == currency]
    if not in_currency:
        return {}
    taken = dict(allocate(bookings, deliveries))
    return {
        day: sum(
            (
                booking.cost_micros * now.elapsed(day, day + timedelta(days=1)) / booking.days
                if booking.covers(day)
                else Fraction(0)
                for booking in in_currency
                if booking.pricing_model == "flat"
            ),
            sum(
                (
                    Fraction(booking.rate_micros * taken.get(day, {}).get(booking.booking_id, 0), 1000)
                    for booking in in_currency
                    if booking.pricing_model != "flat"
                ),
                Fraction(0),
            ),
        )
        for day in days
    }


def spend_per_period(
    bookings: Sequence[Booking],
    deliveries: Iterable[tuple[date, int]],
    periods: Sequence[Period],
    now: Moment,
) -> list[dict[str, Fraction]]:
    """Spend per currency in each of these periods, which lie one behind the other without overlapping.

    `deliveries` reach back to the first impression and are cut at the edges of the periods.
    """
    spent: list[dict[str, Fraction]] = [{} for _ in periods]
    starts = [period.start for period in periods]
    by_id = {booking.booking_id: booking for booking in bookings if booking.pricing_model != "flat"}
    for day, shares in allocate(bookings, deliveries):
        place = bisect_right(starts, day) - 1
        if place < 0 or day >= periods[place].end:
            continue
        for booking_id, taken in shares.items():
            if booking_id in by_id:
                _add(
                    spent[place],
                    by_id[booking_id].currency,
                    Fraction(by_id[booking_id].rate_micros * taken, 1000),
                )
    for booking in bookings:
        if booking.pricing_model == "flat":
            per_day = booking.cost_micros / booking.days
            for period, found in zip(periods, spent, strict=True):
                first = max(booking.starts_on, period.start)
                end = min(booking.ends_on + timedelta(days=1), period.end)
                if first < end:
                    _add(found, booking.currency, per_day * now.elapsed(first, end))
    return spent


def _add(total: dict[str, Fraction], currency: str, amount: Fraction) -> None:
    total[currency] = total.get(currency, Fraction(0)) + amount


def micros(amount: Fraction) -> int:
    """A whole number of millionths, half to even: the one place where money is rounded."""
    return int(as_decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def as_decimal(amount: Fraction) -> Decimal:
    """The fraction as a decimal of 28 digits."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)
