"""Rates that rest on conversions, each with its 95 % interval, or flagged as resting on too few: pure functions.

The rule, here and nowhere else: below `ENOUGH_CONVERSIONS` a rate has no interval and is flagged; the raw value stays
for whoever recomputes it, and no page, CSV or PDF shows it (`reports.too_little`). From there on it has an interval:

- conversion rate: Wilson's interval of a share; of more conversions than listeners (some bought twice) the count's own;
- cost per conversion, lead or purchase: their count is a Poisson count, whose interval is Byar's;
- average order: the interval of a mean;
- return on ad spend: revenue is a sum of so many orders, so its variance is the sum of the squared amounts.

What was spent is known and has no interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from queries.metrics import ENOUGH_CONVERSIONS, TOO_FEW_CONVERSIONS, TOO_FEW_ORDERS

Z = Decimal("1.959963984540054")
"""Of the standard normal distribution, 95 % lie within so many deviations."""
Number = int | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with the bounds of its interval; without them where it is flagged or cannot be told at all.

    `note`: what there is too little of, in words; empty where there is enough.
    """

    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    note: str = ""

    @property
    def is_too_little(self) -> bool:
        """Whether the value rests on too little to be shown."""
        return bool(self.note)


def is_enough(conversions: int) -> bool:
    """Whether so many conversions carry a rate, a share or a change."""
    return conversions >= ENOUGH_CONVERSIONS


def ratio(numerator: Number | None, denominator: Number | None) -> Decimal | None:
    """Numerator by denominator, both summed before; None where there is nothing to divide by."""
    if numerator is None or not denominator:
        return None
    return _decimal(Fraction(numerator) / Fraction(denominator))


def conversion_rate(conversions: int, among: int) -> Rate:
    """Conversions per listener reached, or per impression."""
    value = ratio(conversions, among)
    if value is None or not is_enough(conversions):
        return Rate(value, note="" if value is None else TOO_FEW_CONVERSIONS)
    if conversions <= among:
        return Rate(value, *wilson(conversions, among))
    fewest, most = poisson(conversions)
    return Rate(value, fewest / among, most / among)


def cost_per_conversion(spend: Number | None, conversions: int) -> Rate:
    """Spend per conversion; the fewer conversions there may have been, the dearer each was."""
    value = ratio(spend, conversions)
    if spend is None or value is None or not is_enough(conversions):
        return Rate(value, note=TOO_FEW_CONVERSIONS if spend and not is_enough(conversions) else "")
    fewest, most = poisson(conversions)
    return Rate(value, _decimal(spend) / most, _decimal(spend) / fewest)


def return_on_ad_spend(
    revenue: int | None, spend: Number | None, conversions: int, orders: int, squares: int
) -> Rate:
    """Revenue per money spent; `revenue` is None where its worth is not known.

    `orders` are the conversions that carried an amount in the currency of the spend, `squares` the sum of these
    amounts squared.
    """
    value = ratio(revenue, spend)
    if spend is None or revenue is None or value is None:
        return Rate(value, note=TOO_FEW_CONVERSIONS if spend and not is_enough(conversions) else "")
    if not is_enough(min(conversions, orders)):
        return Rate(value, note=TOO_FEW_ORDERS if is_enough(conversions) else TOO_FEW_CONVERSIONS)
    spread = Z * Decimal(squares).sqrt()
    low, high = max(Decimal(0), revenue - spread), revenue + spread
    return Rate(value, low / _decimal(spend), high / _decimal(spend))


def average_order(revenue: int, orders: int, squares: int) -> Rate:
    """Revenue per order that carried an amount, with the interval of a mean; `squares` as of the return on ad spend."""
    value = ratio(revenue, orders)
    if value is None or not is_enough(orders):
        return Rate(value, note="" if value is None else TOO_FEW_ORDERS)
    # The variance of the mean of n amounts is that of the amounts, of which one is spent on the mean, by n.
    variance = _decimal((squares - Fraction(revenue * revenue, orders)) / (orders - 1) / orders)
    spread = Z * variance.sqrt()
    return Rate(value, max(Decimal(0), value - spread), value + spread)


def wilson(successes: int, trials: int) -> tuple[Decimal, Decimal]:
    """Wilson's 95 % interval of a share."""
    n, share = Decimal(trials), Decimal(successes) / Decimal(trials)
    centre = share + Z * Z / (2 * n)
    spread = Z * (share * (1 - share) / n + Z * Z / (4 * n * n)).sqrt()
    below = 1 + Z * Z / n
    return max(Decimal(0), (centre - spread) / below), min(Decimal(1), (centre + spread) / below)


def poisson(count: int) -> tuple[Decimal, Decimal]:
    """Byar's 95 % interval of a Poisson count; from 30 on within a thousandth of the exact one."""
    n, more = Decimal(count), Decimal(count) + 1
    return (
        n * (1 - 1 / (9 * n) - Z / (3 * n.sqrt())) ** 3,
        more * (1 - 1 / (9 * more) + Z / (3 * more.sqrt())) ** 3,
    )


def _decimal(value: Number) -> Decimal:
    exact = Fraction(value)
    return Decimal(exact.numerator) / Decimal(exact.denominator)
