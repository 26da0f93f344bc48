"""Credit that a model gives to the channels of conversion paths: pure functions, exact to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

Model = Literal["first_touch", "last_touch", "linear"]
MODELS: tuple[Model, ...] = ("first_touch", "last_touch", "linear")
CREDIT_PLACES = 15
"""Decimal places kept per campaign, day and channel: years of days still add up to 1e-9."""

Channel = TypeVar("Channel", bound=Hashable)
Weight = int | Fraction


def credit(paths: Iterable[tuple[Sequence[Channel], Weight]], model: Model) -> dict[Channel, Fraction]:
    """Credit per channel over all paths; it adds up to exactly the weights of the paths that have touches.

    Shape: a path is its channels, oldest touch first, with the weight it hands out (1 for a conversion, or its value).
    A channel that stands twice in a path is credited twice; a path without touches credits nobody.
    """
    # Grouped by path length, so that a fraction is made once per channel and length and not once per touch.
    grouped: dict[int, dict[Channel, Weight]] = {}
    for channels, weight in paths:
        touches = len(channels)
        if not touches:
            continue
        match model:
            case "first_touch":
                credited = grouped.setdefault(1, {})
                credited[channels[0]] = credited.get(channels[0], 0) + weight
            case "last_touch":
                credited = grouped.setdefault(1, {})
                credited[channels[-1]] = credited.get(channels[-1], 0) + weight
            case "linear":
                credited = grouped.setdefault(touches, {})
                for channel, times in Counter(channels).items():
                    credited[channel] = credited.get(channel, 0) + weight * times
            case _:
                raise ValueError(f"unknown model {model!r}")
    total: dict[Channel, Fraction] = {}
    for touches, shares in grouped.items():
        for channel, amount in shares.items():
            total[channel] = total.get(channel, Fraction(0)) + Fraction(amount) / touches
    return total


def as_decimals(credited: Mapping[Channel, Fraction], places: int = CREDIT_PLACES) -> dict[Channel, Decimal]:
    """The credit as decimals that add up to exactly the same total; no value moves by more than one last place.

    Largest remainders are rounded up, ties by the channel's text, so that the same credit always rounds the same way.
    Raises: ValueError when the total itself needs more places.
    """
    unit = 10**places
    scaled = {channel: amount * unit for channel, amount in credited.items()}
    total = sum(scaled.values(), Fraction(0))
    if total.denominator != 1:
        raise ValueError("the total does not fit the places kept")
    floors = {channel: amount.numerator // amount.denominator for channel, amount in scaled.items()}
    missing = total.numerator - sum(floors.values())
    by_remainder = sorted(scaled, key=lambda channel: (floors[channel] - scaled[channel], str(channel)))
    for channel in by_remainder[:missing]:
        floors[channel] += 1
    return {channel: _exact(count, places) for channel, count in floors.items()}


def decimal_text(value: Decimal) -> str:
    """A decimal in plain notation without trailing zeros: 1, 0.333333333333333."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exact(count: int, places: int) -> Decimal:
    # From digits: arithmetic would round to the context's 28.
    sign, digits, _ = Decimal(count).as_tuple()
    return Decimal((sign, digits, -places))
