"""Credit by removal in a Markov chain of order 1: an absorbing chain, solved exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np

Channel = TypeVar("Channel", bound=Hashable)


class End(Enum):
    """Where paths begin and end."""

    START = "start"
    CONVERTED = "converted"
    LEFT = "left"


Step = tuple[Channel | End, Channel | End]
"""From START or a channel to a channel, or to how the path ended."""


@dataclass(frozen=True, slots=True)
class Chain(Generic[Channel]):
    """What a chain says of its channels.

    `conversion_ratio`: of the paths that start, so many convert. `removal_effect`: the share of conversions that is
    lost when whoever comes to the channel leaves there. `credit`: conversions, handed out in proportion to it.
    """

    conversion_ratio: float
    removal_effect: dict[Channel, float]
    credit: dict[Channel, Fraction]


def steps_of(paths: Iterable[tuple[Sequence[Channel], End, int]]) -> Counter[Step[Channel]]:
    """How often each step was taken in these paths, each walked so many times; one without touches takes none."""
    steps: Counter[Step[Channel]] = Counter()
    for channels, end, times in paths:
        if channels and times:
            walked: list[Channel | End] = [End.START, *channels, end]
            for step in pairwise(walked):
                steps[step] += times
    return steps


def markov(steps: Mapping[Step[Channel], int]) -> Chain[Channel]:
    """The chain of these steps: of order 1 it needs no more of paths, converting or not, than how often each occurs.

    Credit adds up to exactly the conversions. With V the expected visits to each channel from each other, r the
    probability to convert right from a channel and s that to start in it, s V r converts. Of all starts (s V)k / Vkk
    ever come to k, and (V r)k of them convert: so much is lost without it, and one matrix is inverted for all channels.
    """
    channels: list[Channel] = list(
        dict.fromkeys(end for step in steps for end in step if not isinstance(end, End))
    )
    place = {channel: number for number, channel in enumerate(channels)}
    moves = np.zeros((len(channels), len(channels)))
    starts, converted, left = (np.zeros(len(channels)) for _ in range(3))
    conversions = 0
    for (source, target), times in steps.items():
        if isinstance(source, End):
            starts[place[target]] += times  # type: ignore[index]  # a path has touches: START leads to a channel
        elif target is End.CONVERTED:
            converted[place[source]] += times
            conversions += times
        elif target is End.LEFT:
            left[place[source]] += times
        else:
            moves[place[source], place[target]] += times  # type: ignore[index]
    if not conversions:
        return Chain(0.0, dict.fromkeys(channels, 0.0), dict.fromkeys(channels, Fraction(0)))
    taken = moves.sum(axis=1) + converted + left
    visits = np.linalg.inv(np.eye(len(channels)) - moves / taken[:, None])
    reached = starts / starts.sum() @ visits
    converting = visits @ (converted / taken)
    lost = np.maximum(reached / visits.diagonal() * converting, 0)
    ratio = float(reached @ (converted / taken))
    effects = {channel: float(lost[number] / ratio) for channel, number in place.items()}
    whole = sum(map(Fraction, effects.values()))
    return Chain(
        ratio,
        effects,
        {channel: conversions * Fraction(effect) / whole for channel, effect in effects.items()},
    )
