"""The forecast of a flight: its interval, its error, and when it says neither."""

from __future__ import annotations

import random
from fractions import Fraction

from queries.attribution.forecast import FEWEST_DAYS, Forecast, forecast


def _even(days: int, each: int = 10) -> list[tuple[Fraction, int]]:
    return [(Fraction(10), each)] * days


def test_even_delivery_leaves_nothing_open() -> None:
    found = forecast(_even(30, 8), 240, Fraction(480), 30)
    assert (found.value, found.low, found.high, found.error_ratio) == (480, 480, 480, 0)
    # 30 days leave 11 ahead of a first week and of as many trials.
    assert (found.horizon_days, found.trials) == (11, 13)


def test_too_few_days_have_no_interval() -> None:
    assert forecast(_even(FEWEST_DAYS - 1), 200, Fraction(400), 20) == Forecast(Fraction(400))
    assert forecast(_even(FEWEST_DAYS), 210, Fraction(400), 19).low == 400


def test_a_flight_that_is_over_is_known() -> None:
    assert forecast(_even(5), 50, Fraction(50), 0) == Forecast(Fraction(50), Fraction(50), Fraction(50))


def test_delivery_that_dries_up_widens_the_interval_to_both_sides_and_never_below_what_is_delivered() -> None:
    days = [(Fraction(10), 20 - n // 3) for n in range(40)]
    delivered = sum(count for _, count in days)
    found = forecast(days, delivered, Fraction(delivered * 60, 40), 20)
    assert found.low is not None
    assert found.high is not None
    assert delivered < found.low < found.value
    assert found.high - found.value == found.value - found.low
    gone = forecast([(Fraction(10), 20 if n < 20 else 0) for n in range(40)], 400, Fraction(600), 20)
    assert gone.low == 400


def test_most_flights_end_inside_their_interval() -> None:
    draw = random.Random(3)  # noqa: S311 - made-up deliveries
    inside = 0
    for _ in range(100):
        came = [max(0, round(draw.gauss(100, 25))) for _ in range(60)]
        so_far = sum(came[:40])
        found = forecast([(Fraction(100), n) for n in came[:40]], so_far, Fraction(so_far * 60, 40), 20)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= sum(came) <= found.high
    assert 70 <= inside <= 95
