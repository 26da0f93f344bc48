"""Credit that a model gives to the channels of conversion paths: pure functions, exact to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any, Literal, TypeVar

Model = Literal["first_touch", "last_touch", "linear", "position", "shapley"]
MODELS: tuple[Model, ...] = ("first_touch", "last_touch", "linear")
"""Kept per day in attribution_analytics."""
ORDER_MODELS: tuple[Model, ...] = (*MODELS, "position", "shapley")
"""Every model that asks only which channels stand in a path, and in which order."""
HALF_LIFE = timedelta(days=7)
CREDIT_PLACES = 15
"""Decimal places kept per campaign, day and channel: years of days still add up to 1e-9."""
_SCALE = 60
"""Bits of the weight of the youngest touch: one of 60 half-lives before it still has one."""

Channel = TypeVar("Channel", bound=Hashable)
Player = TypeVar("Player", bound=Hashable)
Weight = int | Fraction
Shares = tuple[Mapping[Channel, int], int]
"""Parts that each channel earns of one path, and how many parts there are."""


def credit(paths: Iterable[tuple[Sequence[Channel], Weight]], model: Model) -> dict[Channel, Fraction]:
    """Credit per channel over all paths; it adds up to exactly the weights of the paths that have touches.

    Shape: a path is its channels, oldest touch first, with the weight it hands out (1 for a conversion, or its value).
    A channel that stands twice in a path is credited twice (Shapley: once, it is the set game); a path without touches
    credits nobody.
    """
    shares = _SHARES[model]
    return _handed_out((shares(channels), weight) for channels, weight in paths if channels)


def time_decay(
    paths: Iterable[tuple[Sequence[Channel], Sequence[timedelta], Weight]], half_life: timedelta = HALF_LIFE
) -> dict[Channel, Fraction]:
    """Credit per channel where a touch counts half as much for each half-life that it lies before the conversion.

    Shape: channels, oldest touch first, and how long before the conversion each was. It adds up as `credit` does.
    """
    return _handed_out(
        (_decaying(channels, ages, half_life), weight) for channels, ages, weight in paths if channels
    )


def shapley_values(worth: Mapping[frozenset[Player], int | Fraction]) -> dict[Player, Fraction]:
    """What each player of a game is owed: its mean contribution over all orders in which they may join.

    `worth` tells what each coalition earns; the empty one may be left out and earns 0 then. Shape: 2 to the number of
    players. Raises: KeyError for a coalition that is not told.
    """
    players = frozenset[Player]().union(*worth)
    told = {frozenset[Player](): 0, **worth}
    orders = factorial(len(players))
    owed: dict[Player, Fraction] = {}
    for player in players:
        others = players - {player}
        owed[player] = sum(
            (
                # So many orders have just these before the player.
                Fraction(factorial(size) * factorial(len(others) - size), orders)
                * (told[before | {player}] - told[before])
                for size in range(len(others) + 1)
                for before in map(frozenset, combinations(others, size))
            ),
            Fraction(0),
        )
    return owed


def _first_touch(channels: Sequence[Channel]) -> Shares[Channel]:
    return {channels[0]: 1}, 1


def _last_touch(channels: Sequence[Channel]) -> Shares[Channel]:
    return {channels[-1]: 1}, 1


def _linear(channels: Sequence[Channel]) -> Shares[Channel]:
    return Counter(channels), len(channels)


def _position(channels: Sequence[Channel]) -> Shares[Channel]:
    """40 % the first, 40 % the last, 20 % those between; two share evenly."""
    between = len(channels) - 2
    if between < 1:
        return _linear(channels)
    parts = Counter(channels[1:-1])
    for end in (channels[0], channels[-1]):
        parts[end] += 2 * between
    return parts, 5 * between


def _shapley(channels: Sequence[Channel]) -> Shares[Channel]:
    """The set game, in which a path converts with all its channels and with fewer not: each is owed the same."""
    parts = dict.fromkeys(channels, 1)
    return parts, len(parts)


_SHARES: Mapping[Model, Callable[[Sequence[Any]], Shares[Any]]] = {
    "first_touch": _first_touch,
    "last_touch": _last_touch,
    "linear": _linear,
    "position": _position,
    "shapley": _shapley,
}


def _decaying(
    channels: Sequence[Channel], ages: Sequence[timedelta], half_life: timedelta
) -> Shares[Channel]:
    youngest = min(ages)
    weights: Counter[Channel] = Counter()
    for channel, age in zip(channels, ages, strict=True):
        weights[channel] += int(2 ** (_SCALE - (age - youngest) / half_life))
    # Powers of two are irrational: kept to the last place, so that the parts of all paths have one denominator.
    whole, total = 10**CREDIT_PLACES, weights.total()
    return _whole_parts(
        {channel: Fraction(weight * whole, total) for channel, weight in weights.items()}
    ), whole


def _handed_out(shares: Iterable[tuple[Shares[Channel], Weight]]) -> dict[Channel, Fraction]:
    # Grouped by denominator, so that a fraction is made once per channel and denominator and not once per touch.
    grouped: dict[int, dict[Channel, Weight]] = {}
    for (parts, whole), weight in shares:
        credited = grouped.setdefault(whole, {})
        for channel, part in parts.items():
            credited[channel] = credited.get(channel, 0) + weight * part
    total: dict[Channel, Fraction] = {}
    for whole, parts_of in grouped.items():
        for channel, amount in parts_of.items():
            total[channel] = total.get(channel, Fraction(0)) + Fraction(amount) / whole
    return total


def as_decimals(credited: Mapping[Channel, Fraction], places: int = CREDIT_PLACES) -> dict[Channel, Decimal]:
    """The credit as decimals that add up to exactly the same total; no value moves by more than one last place.

    Largest remainders are rounded up, ties by the channel's text, so that the same credit always rounds the same way.
    Raises: ValueError when the total itself needs more places.
    """
    unit = 10**places
    scaled = {channel: amount * unit for channel, amount in credited.items()}
    if sum(scaled.values(), Fraction(0)).denominator != 1:
        raise ValueError("the total does not fit the places kept")
    return {channel: _exact(count, places) for channel, count in _whole_parts(scaled).items()}


def decimal_text(value: Decimal) -> str:
    """A decimal in plain notation without trailing zeros: 1, 0.333333333333333."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole_parts(scaled: Mapping[Channel, Fraction]) -> dict[Channel, int]:
    """Whole numbers with the same (whole) total, by largest remainders."""
    floors = {channel: amount.numerator // amount.denominator for channel, amount in scaled.items()}
    missing = int(sum(scaled.values(), Fraction(0))) - sum(floors.values())
    by_remainder = sorted(scaled, key=lambda channel: (floors[channel] - scaled[channel], str(channel)))
    for channel in by_remainder[:missing]:
        floors[channel] += 1
    return floors


def _exact(count: int, places: int) -> Decimal:
    # From digits: arithmetic would round to the context's 28.
    sign, digits, _ = Decimal(count).as_tuple()
    return Decimal((sign, digits, -places))
