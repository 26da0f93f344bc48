"""Rates that rest on conversions: flagged below thirty, and with intervals that a second way of counting finds too."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist, stdev

import pytest

from queries.attribution.rates import (
    Rate,
    average_order,
    conversion_rate,
    cost_per_conversion,
    poisson,
    return_on_ad_spend,
    wilson,
)
from queries.metrics import ENOUGH_CONVERSIONS, METRICS

Z = 1.959963984540054


def root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses 0, by halving."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) > 0 else (middle, high)
    return low


def poisson_at_most(count: int, mean: float) -> float:
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


@pytest.mark.parametrize(("successes", "trials"), [(30, 30), (30, 31), (30, 1000), (57, 90), (412, 100_000)])
def test_the_bounds_of_a_share_are_those_from_which_it_is_just_not_surprising(
    successes: int, trials: int
) -> None:
    share = successes / trials
    low, high = wilson(successes, trials)
    assert float(low) == pytest.approx(
        root(lambda p: p - share + Z * math.sqrt(p * (1 - p) / trials), 0, share), abs=1e-9
    )
    above = root(lambda p: p - share - Z * math.sqrt(p * (1 - p) / trials), share, 1) if share < 1 else 1.0
    assert float(high) == pytest.approx(above, abs=1e-9)


@pytest.mark.parametrize("count", [30, 31, 50, 114, 1000])
def test_the_bounds_of_a_count_are_close_to_the_exact_ones(count: int) -> None:
    low, high = map(float, poisson(count))
    exact_low = root(lambda mean: 0.975 - poisson_at_most(count - 1, mean), 1e-9, count)
    exact_high = root(lambda mean: 0.025 - poisson_at_most(count, mean), count, 3 * count + 30)
    assert low == pytest.approx(exact_low, rel=1e-3)
    assert high == pytest.approx(exact_high, rel=1e-3)


def test_the_interval_of_the_return_holds_the_truth_in_19_of_20_months() -> None:
    dice = random.Random(20261123)  # noqa: S311 - the same months every time
    months, held = 2000, 0
    for _ in range(months):
        orders = sum(dice.random() < 0.06 for _ in range(1000))
        amounts = [dice.choice([19_000_000, 19_000_000, 49_000_000, 120_000_000]) for _ in range(orders)]
        rate = return_on_ad_spend(
            sum(amounts), 1_000_000_000, 60, max(30, orders), sum(amount**2 for amount in amounts)
        )
        held += rate.low <= Decimal("3.105") <= rate.high  # 60 orders of 51.75 for 1000
    assert 0.93 < held / months < 0.97


def test_thirty_conversions_are_enough_and_29_are_not() -> None:
    for conversions, is_enough in ((29, False), (30, True)):
        rates = (
            conversion_rate(conversions, 1000),
            cost_per_conversion(Fraction(90_000_000), conversions),
            return_on_ad_spend(90_000_000, 30_000_000, conversions, conversions, 10**15),
            return_on_ad_spend(90_000_000, 30_000_000, 90, conversions, 10**15),
        )
        for rate in rates:
            assert rate.is_too_little is not is_enough
            assert (rate.low is not None and rate.high is not None) is is_enough
            assert rate.value is not None  # what it is stays known, to be recomputed
    assert conversion_rate(29, 1000).note == "fewer than 30 conversions"
    assert return_on_ad_spend(1, 1, 90, 29, 1).note == "fewer than 30 orders with an amount"
    assert ENOUGH_CONVERSIONS == 30


def test_where_there_is_nothing_to_divide_nothing_is_said() -> None:
    assert (
        conversion_rate(0, 0)
        == cost_per_conversion(None, 0)
        == return_on_ad_spend(None, 5, 40, 40, 1)
        == Rate(None)
    )
    assert cost_per_conversion(Fraction(0), 0) == Rate(None)
    # Money was spent and nothing came of it: that is too little, not nothing.
    assert cost_per_conversion(Fraction(5), 0).is_too_little
    # Leads carry no amount: of few of them that is not the first thing to say.
    assert return_on_ad_spend(None, 5, 29, 0, 0) == Rate(None, note="fewer than 30 conversions")


def test_the_average_order_has_the_interval_of_a_mean() -> None:
    amounts = [10, 20, 30] * 10
    rate = average_order(sum(amounts), len(amounts), sum(amount**2 for amount in amounts))
    spread = NormalDist().inv_cdf(0.975) * stdev(amounts) / 30**0.5
    assert rate.value == 20
    assert (float(rate.low or 0), float(rate.high or 0)) == pytest.approx((20 - spread, 20 + spread))
    assert average_order(580, 29, 14_000).is_too_little
    assert average_order(0, 0, 0) == Rate(None)


def test_more_conversions_than_listeners_have_the_interval_of_a_count() -> None:
    rate = conversion_rate(40, 20)
    assert rate.value == 2
    assert (rate.low, rate.high) == tuple(bound / 20 for bound in poisson(40))


def test_the_registry_names_what_rests_on_conversions() -> None:
    assert {key for key, entry in METRICS.items() if entry.rests_on_conversions} == {
        "conversion_ratio", "cost_per_conversion_micros", "return_on_ad_spend", "linear_share", "removal_effect",
        "conversion_ratio_of_impressions", "cost_per_lead_micros", "cost_per_purchase_micros", "average_order_micros",
    }  # fmt: skip
