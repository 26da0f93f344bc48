"""Spend, allocation and pacing: examples, laws, and a second count day by day and impression by impression."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.attribution.pacing import Pacing, expected_by, pacing, targets_at_end_of
from queries.attribution.spend import (
    Booking,
    Moment,
    allocate,
    as_decimal,
    micros,
    moment,
    spend_by_currency,
    spend_per_day,
    spend_per_period,
)
from queries.periods import Period

D0 = date(2026, 10, 1)


def day(offset: int) -> date:
    return D0 + timedelta(days=offset)


def cpm(
    number: int, start: int, end: int, booked: int, rate: int = 20_000_000, currency: str = "USD"
) -> Booking:
    return Booking(UUID(int=number), "cpm", booked, rate, currency, day(start), day(end))


def flat(
    number: int, start: int, end: int, price: int, booked: int | None = None, currency: str = "USD"
) -> Booking:
    return Booking(UUID(int=number), "flat", booked, price, currency, day(start), day(end))


def now(offset: int, share: Fraction = Fraction(0)) -> Moment:
    return Moment(day(offset), share)


def test_cpm_costs_what_was_delivered_in_the_flight_and_never_more_than_booked() -> None:
    booking = cpm(1, 10, 19, 1000)
    deliveries = [(day(9), 500), (day(10), 400), (day(12), 400), (day(19), 400), (day(20), 400)]
    assert spend_by_currency([booking], deliveries[:3], None, now(30)) == {"USD": 800 * 20_000}
    assert spend_by_currency([booking], deliveries, None, now(30)) == {"USD": 1000 * 20_000}
    assert booking.cost_micros == 1000 * 20_000


def test_deliveries_go_to_bookings_in_the_order_of_their_start() -> None:
    bookings = [cpm(2, 5, 20, 100), cpm(1, 5, 20, 50), cpm(3, 0, 20, 100)]
    assert allocate(bookings, [(day(6), 120), (day(7), 200), (day(21), 9)]) == [
        (day(6), {UUID(int=3): 100, UUID(int=1): 20}),
        (day(7), {UUID(int=1): 30, UUID(int=2): 100}),
        (day(21), {}),
    ]


def test_a_flat_booking_takes_its_impressions_and_costs_its_days() -> None:
    bookings = [flat(1, 0, 9, 10_000_000, booked=100), cpm(2, 0, 9, 100)]
    spent = spend_by_currency(bookings, [(day(0), 150)], None, now(3, Fraction(1, 2)))
    assert spent == {"USD": Fraction(3_500_000) + 50 * 20_000}


def test_today_counts_by_the_share_that_has_passed() -> None:
    booking = [flat(1, 0, 9, 10_000_000)]
    assert spend_by_currency(booking, [], None, now(-1)) == {"USD": 0}
    assert spend_by_currency(booking, [], None, now(0, Fraction(1, 4))) == {"USD": 250_000}
    assert spend_by_currency(booking, [], None, now(9, Fraction(1))) == {"USD": 10_000_000}
    assert spend_by_currency(booking, [], None, now(50)) == {"USD": 10_000_000}


def test_currencies_are_never_added() -> None:
    bookings = [
        flat(1, 0, 9, 10_000_000),
        flat(2, 0, 9, 7_000_000, currency="EUR"),
        cpm(3, 0, 9, 10, currency="EUR"),
    ]
    assert spend_by_currency(bookings, [(day(1), 99)], None, now(10)) == {"USD": 10_000_000, "EUR": 7_200_000}
    assert spend_by_currency([], [(day(1), 99)], None, now(10)) == {}


def test_earlier_days_take_from_a_booking_what_is_then_not_left_for_the_period() -> None:
    spent = spend_by_currency(
        [cpm(1, 0, 9, 100)], [(day(0), 80), (day(5), 80)], Period(day(5), day(9)), now(20)
    )
    assert spent == {"USD": 20 * 20_000}


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Asia/Kolkata", D0, 24),
    ],
)
def test_the_share_of_a_day_knows_how_long_the_day_is(zone: str, on: date, hours: int) -> None:
    start = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for passed in (0, 6, hours - 1):
        assert moment(start + timedelta(hours=passed), ZoneInfo(zone)) == Moment(on, Fraction(passed, hours))
    assert moment(start + timedelta(hours=hours), ZoneInfo(zone)).today == on + timedelta(days=1)


@pytest.mark.parametrize(
    ("amount", "whole"), [("1/2", 0), ("3/2", 2), ("5/2", 2), ("7/3", 2), ("8/3", 3), ("-1/2", 0)]
)
def test_money_is_rounded_once_half_to_even(amount: str, whole: int) -> None:
    assert micros(Fraction(amount)) == whole


spans = st.tuples(st.integers(0, 25), st.integers(0, 12))
bookings_drawn = st.lists(
    st.tuples(
        st.sampled_from(["cpm", "flat"]), spans, st.sampled_from([None, 3, 10, 40]), st.integers(0, 5000),
        st.sampled_from(["USD", "EUR"]),
    ),
    max_size=4,
).map(
    lambda drawn: [
        Booking(
            UUID(int=n), kind, booked or (7 if kind == "cpm" else None), rate, currency, day(start), day(start + days)
        )
        for n, (kind, (start, days), booked, rate, currency) in enumerate(drawn, 1)
    ]
)  # fmt: skip
deliveries_drawn = st.dictionaries(st.integers(0, 40).map(day), st.integers(0, 30), max_size=20).map(
    lambda found: sorted(found.items())
)
moments = st.builds(now, st.integers(-2, 45), st.fractions(0, Fraction(95, 96), max_denominator=96))
periods = st.one_of(st.none(), spans.map(lambda span: Period(day(span[0]), day(span[0] + span[1] + 1))))


def one_by_one(
    bookings: list[Booking], deliveries: list[tuple[date, int]], period: Period | None, at: Moment
) -> dict[str, Fraction]:
    """Spend by walking every impression and every day."""
    spent = {booking.currency: Fraction(0) for booking in bookings}
    used = dict.fromkeys((booking.booking_id for booking in bookings), 0)
    for on, impressions in deliveries:
        for _ in range(impressions):
            for booking in sorted(bookings, key=lambda b: (b.starts_on, b.booking_id)):
                if booking.starts_on <= on <= booking.ends_on and used[booking.booking_id] < (
                    booking.booked_impressions or 0
                ):
                    used[booking.booking_id] += 1
                    if booking.pricing_model == "cpm" and (period is None or period.start <= on < period.end):
                        spent[booking.currency] += Fraction(booking.rate_micros, 1000)
                    break
    for booking in bookings:
        length = (booking.ends_on - booking.starts_on).days + 1
        for offset in range(length if booking.pricing_model == "flat" else 0):
            on = booking.starts_on + timedelta(days=offset)
            if period is None or period.start <= on < period.end:
                passed = Fraction(1) if on < at.today else at.share if on == at.today else Fraction(0)
                spent[booking.currency] += Fraction(booking.rate_micros, length) * passed
    return spent


@given(bookings=bookings_drawn, deliveries=deliveries_drawn, period=periods, at=moments)
def test_spend_equals_the_count_one_by_one(
    bookings: list[Booking], deliveries: list[tuple[date, int]], period: Period | None, at: Moment
) -> None:
    assert spend_by_currency(bookings, deliveries, period, at) == one_by_one(bookings, deliveries, period, at)


@given(bookings=bookings_drawn, deliveries=deliveries_drawn, at=moments)
def test_days_add_up_to_the_whole_and_nothing_exceeds_its_booking(
    bookings: list[Booking], deliveries: list[tuple[date, int]], at: Moment
) -> None:
    whole = spend_by_currency(bookings, deliveries, None, at)
    days = [day(offset) for offset in range(-5, 60)]
    for currency, amount in whole.items():
        assert sum(spend_per_day(bookings, deliveries, currency, days, at).values(), Fraction(0)) == amount
        assert 0 <= amount <= sum(booking.cost_micros for booking in bookings if booking.currency == currency)


@given(bookings=bookings_drawn, deliveries=deliveries_drawn, period=periods, at=moments)
def test_stretches_without_an_edge_may_be_taken_together(
    bookings: list[Booking], deliveries: list[tuple[date, int]], period: Period | None, at: Moment
) -> None:
    edges = {edge for b in bookings for edge in (b.starts_on, b.ends_on + timedelta(days=1))}
    edges |= {period.start, period.end} if period else set()
    together: dict[int, tuple[date, int]] = {}
    for on, impressions in deliveries:
        stretch = sum(edge <= on for edge in edges)
        first, total = together.get(stretch, (on, 0))
        together[stretch] = (first, total + impressions)
    stretched = list(together.values())
    assert spend_by_currency(bookings, stretched, period, at) == spend_by_currency(
        bookings, deliveries, period, at
    )


def paced(delivered: int, at: Moment, *bookings: Booking, today: date | None = None, **said: bool) -> Pacing:
    booked = bookings or (cpm(1, 0, 9, 1000),)
    return pacing(day(0), day(9), booked, delivered, at, today=today or at.today, **said)


@pytest.mark.parametrize(
    ("delivered", "at", "today", "state", "elapsed", "shortfall"),
    [
        # Imported up to the end of the fifth day: late on the sixth nothing is missing yet.
        (500, now(4, Fraction(1435, 1440)), 5, "on track", Fraction(4 * 1440 + 1435, 14400), 0),
        (400, now(5), 7, "behind", Fraction(1, 2), 200),
        # The first day of which there is no data yet has begun by the calendar, and is not behind.
        (0, now(-1, Fraction(9, 10)), 0, None, Fraction(0), None),
        (0, now(-1, Fraction(9, 10)), -1, "not started", Fraction(0), None),
        # The last day is over, and whatever came on it was the last: nothing is added to it.
        (999, now(9, Fraction(1, 2)), 10, "ended short", Fraction(1), 1),
        (500, now(5), 10, "ended short", Fraction(1, 2), 0),
    ],
)
def test_what_is_expected_goes_by_the_end_of_the_data_and_the_state_by_the_calendar(
    delivered: int, at: Moment, today: int, state: str | None, elapsed: Fraction, shortfall: int | None
) -> None:
    found = paced(delivered, at, today=day(today))
    assert (found.state, found.expected_shortfall) == (state, shortfall)
    assert found.elapsed_ratio == as_decimal(elapsed)


@pytest.mark.parametrize(
    ("delivered", "at", "state", "ratio"),
    [
        (0, now(-1), "not started", None),
        (0, now(0), "not started", None),
        (525, now(5), "on track", "1.05"),
        (526, now(5), "ahead", "1.052"),
        (475, now(5), "on track", "0.95"),
        (474, now(5), "behind", "0.948"),
        (550, now(5, Fraction(1, 2)), "on track", "1"),
        (999, now(10), "ended short", "0.999"),
        (1000, now(10), "ended full", "1"),
        (0, now(10), "ended short", "0"),
    ],
)
def test_pacing_states(delivered: int, at: Moment, state: str, ratio: str | None) -> None:
    found = paced(delivered, at)
    assert (found.state, found.ratio) == (state, None if ratio is None else Decimal(ratio))


def test_expected_shortfall_is_what_the_present_pace_leaves_missing() -> None:
    behind = paced(300, now(5))
    assert (behind.forecast, behind.expected_shortfall, behind.delivered_ratio) == (600, 400, Decimal("0.3"))
    assert paced(600, now(5)).expected_shortfall == 0
    assert paced(0, now(-3)).expected_shortfall is None


def test_several_bookings_count_by_what_each_booked() -> None:
    found = paced(100, now(5), cpm(1, 0, 4, 100), cpm(2, 5, 9, 300))
    assert (found.booked, found.elapsed_ratio, found.ratio) == (400, Decimal("0.25"), 1)


def test_nothing_booked_has_no_pacing() -> None:
    assert paced(50, now(5), flat(1, 0, 9, 1)) == Pacing(50, 0, None, None, None, None)


def test_what_is_not_sold_has_not_started_and_what_is_over_has_ended() -> None:
    assert paced(0, now(5), is_sold=False).state == "not started"
    ended = paced(400, now(5), is_over=True)
    assert (ended.state, ended.forecast, ended.expected_shortfall) == ("ended short", 400, 600)


@given(bookings=bookings_drawn)
def test_the_target_rises_from_nothing_to_what_is_booked(bookings: list[Booking]) -> None:
    targets = targets_at_end_of([day(offset) for offset in range(-1, 60)], bookings)
    booked = sum(booking.booked_impressions or 0 for booking in bookings)
    assert targets == sorted(targets)
    assert (targets[0], targets[-1]) == (0, booked)
    assert expected_by(bookings, now(60)) == booked
    assert targets == [round(expected_by(bookings, now(offset + 1))) for offset in range(-1, 60)]


def test_spend_of_periods_is_that_of_their_days() -> None:
    bookings = [cpm(1, 3, 20, 900), flat(2, 5, 14, 10_000_000), flat(3, 0, 30, 3_100_000, currency="EUR")]
    deliveries = [(day(offset), 70 + offset) for offset in range(1, 18)]
    at = now(16, Fraction(1, 3))
    periods = [Period(day(offset), day(min(offset + 7, 20))) for offset in (-1, 6, 13)]
    found = spend_per_period(bookings, deliveries, periods, at)
    for period, spent in zip(periods, found, strict=True):
        days = [period.start + timedelta(days=offset) for offset in range(period.days)]
        for currency in ("USD", "EUR"):
            by_day = spend_per_day(bookings, deliveries, currency, days, at)
            assert spent.get(currency, 0) == sum(by_day.values())
    assert sum(spent["USD"] for spent in found) > 0
