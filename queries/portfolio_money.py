"""Money of a portfolio: what its campaigns cost and brought, per currency, in periods and steps of a sparkline."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from queries.attribution.spend import micros, spend_per_period
from queries.campaign_states import CampaignResults, CampaignState
from queries.filters import Filters
from queries.periods import Period

_MOST_DAYS = 92
"""Up to so many days a sparkline of money has one point per day."""


def own_first(sums: Iterable[Mapping[str, Any] | None], own: str) -> list[str]:
    """The currencies of these sums, the tenant's own before the others."""
    found = {currency for by_currency in sums for currency in by_currency or ()}
    return sorted(found, key=lambda currency: (currency != own, currency))


def steps_of(f: Filters) -> list[Period]:
    """The period up to today in the steps of a sparkline: days, or weeks where it is long."""
    end = min(f.period.end, f.today + timedelta(days=1))
    length = timedelta(days=1 if f.period.days <= _MOST_DAYS else 7)
    steps = []
    start = f.period.start
    while start < end:
        steps.append(Period(start, min(start + length, end)))
        start += length
    return steps


def spend(states: Iterable[CampaignState], period: Period) -> dict[str, int]:
    """What the bookings of these campaigns cost in a period, per currency, in micros."""
    total: dict[str, Fraction] = {}
    for state in states:
        for currency, amount in state.spend(period).items():
            total[currency] = total.get(currency, Fraction(0)) + amount
    return {currency: micros(amount) for currency, amount in total.items()}


def spend_by_step(states: Iterable[CampaignState], steps: Sequence[Period]) -> list[dict[str, Fraction]]:
    """The same of each of some periods, as fractions."""
    total: list[dict[str, Fraction]] = [{} for _ in steps]
    for state in states:
        own = spend_per_period(state.head.sold_bookings, state.deliveries, steps, state.spending_until)
        for whole, spent in zip(total, own, strict=True):
            for currency, amount in spent.items():
                whole[currency] = whole.get(currency, Fraction(0)) + amount
    return total


def revenue(results: Iterable[CampaignResults], period: Period) -> dict[str, int]:
    """What conversions brought in a period, per currency, in micros."""
    total: Counter[str] = Counter()
    for result in results:
        total.update(result.revenue_in(period))
    return {currency: amount for currency, amount in total.items() if amount}


def revenue_by_step(results: Iterable[CampaignResults], steps: Sequence[Period]) -> list[dict[str, int]]:
    """What conversions brought in each of some periods that follow one another, per currency, in micros."""
    starts = [step.start for step in steps]
    total: list[dict[str, int]] = [{} for _ in steps]
    for result in results:
        for day, currency, amount in result.revenue:
            place = bisect_right(starts, day) - 1
            if place >= 0 and day < steps[place].end:
                total[place][currency] = total[place].get(currency, 0) + amount
    return total


def of_spans(found: Sequence[Mapping[str, int] | None], currency: str) -> tuple[int, int | None, int | None]:
    """The amounts of the period, of its days that are over and of the period compared with."""
    value, over, previous = (None if sums is None else sums.get(currency, 0) for sums in found)
    return value or 0, over, previous
