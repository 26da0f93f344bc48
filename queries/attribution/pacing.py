"""How delivery keeps up with what was booked: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Literal

from queries.attribution.spend import Booking, Moment, as_decimal

PacingState = Literal["not started", "ahead", "on track", "behind", "ended short", "ended full"]
AHEAD = Fraction(105, 100)
BEHIND = Fraction(95, 100)


@dataclass(frozen=True, slots=True)
class Pacing:
    """Delivery of one campaign against its bookings.

    `elapsed_ratio`: share of what was booked that should have been delivered by the end of the data. `ratio`: delivered
    divided by that; None before the flight and where nothing was booked. `state` is None where nothing was booked, and
    in a flight that no data reaches yet. `forecast`: impressions at the end of the flight at the present pace.
    """

    delivered: int
    booked: int
    elapsed_ratio: Decimal | None
    ratio: Decimal | None
    state: PacingState | None
    forecast: Decimal | None

    @property
    def delivered_ratio(self) -> Decimal | None:
        """Delivered of booked."""
        return Decimal(self.delivered) / Decimal(self.booked) if self.booked else None

    @property
    def expected_shortfall(self) -> int | None:
        """Impressions that will be missing at the end at the present pace: max(0, booked - forecast)."""
        if self.forecast is None:
            return None
        return int(max(Decimal(0), self.booked - self.forecast).to_integral_value())


def flight(start: date, end: date, bookings: Sequence[Booking]) -> tuple[date, date]:
    """First and last day of the campaign together with its bookings."""
    return (
        min([start, *(booking.starts_on for booking in bookings)]),
        max([end, *(booking.ends_on for booking in bookings)]),
    )


def expected_by(bookings: Sequence[Booking], now: Moment) -> Fraction:
    """Impressions that should have been delivered by a moment, each booking spread evenly over its own flight."""
    return sum(
        (
            Fraction(booking.booked_impressions or 0)
            * now.elapsed(booking.starts_on, booking.ends_on + timedelta(days=1))
            / booking.days
            for booking in bookings
        ),
        Fraction(0),
    )


def targets_at_end_of(days: Iterable[date], bookings: Sequence[Booking]) -> list[int]:
    """Impressions that should have been delivered when each day is over, to the nearest whole one."""
    # `expected_by` at midnight, in whole numbers: a page asks for each day of a flight.
    parts = lcm(*(booking.days for booking in bookings))
    even = [
        (
            booking.starts_on.toordinal() - 1,
            booking.days,
            (booking.booked_impressions or 0) * (parts // booking.days),
        )
        for booking in bookings
    ]
    targets = []
    for day in days:
        place, target = day.toordinal(), 0
        for before, length, share in even:
            if place > before:
                target += min(length, place - before) * share
        whole, rest = divmod(target, parts)
        # To the even one from the middle, as round() does.
        targets.append(whole + (2 * rest > parts or (2 * rest == parts and whole % 2 == 1)))
    return targets


def pacing(
    start: date,
    end: date,
    bookings: Sequence[Booking],
    delivered: int,
    clock: Moment,
    *,
    today: date,
    is_sold: bool = True,
    is_over: bool = False,
) -> Pacing:
    """The pacing of a campaign that has delivered so many impressions since its flight began.

    Delivered is divided by booked x the elapsed share of the flight; with several bookings the share of each counts by
    what it booked. `clock` is the end of the data: what is expected, and forecast from, goes by it, its day by the
    share that has passed. Whether the flight has begun or ended goes by `today`. `is_over`: ended before its last day.
    """
    booked = sum(booking.booked_impressions or 0 for booking in bookings)
    first, last = flight(start, end, bookings)
    if not booked:
        return Pacing(delivered, 0, None, None, None, None)
    if not is_sold:
        return Pacing(delivered, booked, None, None, "not started", None)
    if today > last <= clock.today:
        # The last day is over and has data: no more will come, whenever on it the last came.
        clock = Moment(last + timedelta(days=1), Fraction(0))
    expected = expected_by(bookings, clock)
    ratio = Fraction(delivered) / expected if expected else None
    state: PacingState | None
    if is_over or today > last:
        state = "ended full" if delivered >= booked else "ended short"
    elif today < first:
        state = "not started"
    elif ratio is None:
        # The bookings begin later than the campaign; or nothing is known of the flight, where the data ends before it.
        state = "not started" if clock.today >= first else None
    else:
        state = "ahead" if ratio > AHEAD else "behind" if ratio < BEHIND else "on track"
    return Pacing(
        delivered=delivered,
        booked=booked,
        elapsed_ratio=as_decimal(expected / booked),
        ratio=as_decimal(ratio) if ratio is not None else None,
        state=state,
        forecast=Decimal(delivered)
        if is_over
        else as_decimal(delivered * booked / expected)
        if expected
        else None,
    )
