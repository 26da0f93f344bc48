"""What a flight will have delivered at its end, with an interval from the rule's own past errors: pure functions.

The rule is that of the pacing: delivered so far, and what is booked for the days to come at the present pace. How far
off it is was tried on the flight itself: at each day gone by it is asked for as many days ahead as remain (or as the
past allows), and what came is divided by what it said. The interval reaches to both sides as far as eight of ten trials
missed: trials share days, so all of them may have missed to one side. Drawn flights (even, weekly, of days that
resemble the day before) end inside it in 73 to 93 of 100; a trend that breaks after today is in no trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from statistics import median, quantiles

FEWEST_DAYS = 21
"""Whole days of delivery below which nothing is said of the error."""
_WARM_UP = 7
"""Days of each week differ: before a first week the pace says little."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Impressions at the end of a flight; without an interval where too few days have gone by.

    `error_ratio`: by how much of what it said the rule was off in the middle of its trials, `horizon_days` ahead.
    """

    value: Fraction
    low: Fraction | None = None
    high: Fraction | None = None
    error_ratio: Fraction | None = None
    horizon_days: int | None = None
    trials: int = 0


def forecast(
    days: Sequence[tuple[Fraction, int]], delivered: int, total: Fraction, remaining_days: int
) -> Forecast:
    """The forecast `total` of a flight with the interval that its past gives it.

    `days`: expected and delivered of each whole day since the flight began. `delivered`: by the end of the data.
    """
    to_come = total - delivered
    if not to_come:
        return Forecast(total, total, total)
    horizon = min(remaining_days, (len(days) - _WARM_UP) // 2)
    quotients = _tried(days, horizon) if len(days) >= FEWEST_DAYS else []
    if len(quotients) < 2:
        return Forecast(total)
    missed = [abs(quotient - 1) for quotient in quotients]
    reach = to_come * quantiles(missed, n=5, method="inclusive")[-1]
    return Forecast(
        total,
        max(Fraction(delivered), total - reach),
        total + reach,
        median(missed),
        horizon,
        len(quotients),
    )


def _tried(days: Sequence[tuple[Fraction, int]], horizon: int) -> list[Fraction]:
    """Delivered by forecast of the `horizon` days after each day that has as many after it and a week before."""
    expected = [Fraction(0), *accumulate(share for share, _ in days)]
    delivered = [0, *accumulate(count for _, count in days)]
    quotients = []
    for day in range(_WARM_UP, len(days) - horizon + 1):
        ahead = expected[day + horizon] - expected[day]
        if expected[day] and ahead and delivered[day]:
            said = ahead * delivered[day] / expected[day]
            quotients.append((delivered[day + horizon] - delivered[day]) / said)
    return quotients
