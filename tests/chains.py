"""A chain of steps walked instead of solved: the second way to Markov's numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

START, CONVERTED, LEFT = "(start)", "(converted)", "(left)"


def moves_of(walks: Iterable[tuple[Sequence[Any], bool, int]]) -> dict[Any, Counter[Any]]:
    """How often each place was left for each other, in walks of channels that end converted or not."""
    moves: defaultdict[Any, Counter[Any]] = defaultdict(Counter)
    for channels, converts, times in walks:
        if channels:
            for source, target in pairwise([START, *channels, CONVERTED if converts else LEFT]):
                moves[source][target] += times
    return moves


def converting(moves: Mapping[Any, Counter[Any]], removed: Any = None) -> float:
    """The share of all walks through these moves that converts, walked until nearly nobody walks any more.

    Who comes to the removed channel has left.
    """
    walking, converted = {START: 1.0}, 0.0
    while sum(walking.values()) > 1e-13:
        after: defaultdict[Any, float] = defaultdict(float)
        for place, share in walking.items():
            for target, times in moves[place].items():
                part = share * times / moves[place].total()
                if target == CONVERTED:
                    converted += part
                elif target not in (LEFT, removed):
                    after[target] += part
        walking = after
    return converted


def removal_effects(moves: Mapping[Any, Counter[Any]]) -> dict[Any, float]:
    """By channel the share of conversions that is lost without it."""
    whole = converting(moves)
    return {channel: 1 - converting(moves, channel) / whole for channel in moves if channel != START}
