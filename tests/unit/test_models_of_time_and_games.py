"""Time decay, Markov and Shapley against the reference cases, counts by another way, and their laws."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.attribution.markov import Chain, End, markov, steps_of
from queries.attribution.models import credit, shapley_values, time_decay
from tests.chains import CONVERTED, LEFT, START, converting, moves_of, removal_effects

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "attribution_small.json").read_text(encoding="utf-8")
)
CLOSE = 1e-9

Walk = tuple[str, End, int]
_walks = st.lists(
    st.tuples(
        st.text("abcd", max_size=5), st.sampled_from([End.CONVERTED, End.LEFT]), st.integers(1, 9)
    ),
    max_size=8,
)  # fmt: skip


# Time decay -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "shares"),
    [
        ((14, 7, 0), (Fraction(1, 7), Fraction(2, 7), Fraction(4, 7))),
        *(
            (case["touch_days_before"], case["credit"])
            for case in (VECTORS["V7_time_decay_halflife7"], VECTORS["V7_time_decay_halflife7"]["second"])
        ),
        ((3,), (1,)),
        ((60, 60), (Fraction(1, 2), Fraction(1, 2))),
    ],
)
def test_time_decay_reference_cases(days: Any, shares: Any) -> None:
    found = time_decay([(range(len(days)), [timedelta(days=day) for day in days], 1)])
    places = 6 if any(isinstance(share, float) for share in shares) else 14
    assert {channel: round(float(share), places) for channel, share in found.items()} == {
        place: round(float(Fraction(share)), places) for place, share in enumerate(shares)
    }


_aged = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60 * 86_400)), max_size=6),
        st.integers(0, 1000),
    ),
    max_size=6,
)


@settings(max_examples=40)
@given(drawn=_aged, half_life=st.sampled_from([1, 7, 30]))
def test_time_decay_equals_the_formula_and_adds_up_exactly(drawn: Any, half_life: int) -> None:
    paths = [
        ([channel for channel, _ in touches], [timedelta(seconds=age) for _, age in touches], weight)
        for touches, weight in drawn
    ]
    found = time_decay(paths, timedelta(days=half_life))
    counted: Counter[str] = Counter()
    for touches, weight in drawn:
        each = [0.5 ** (age / 86_400 / half_life) for _, age in touches]
        for (channel, _), share in zip(touches, each, strict=True):
            counted[channel] += weight * share / sum(each)
    assert found.keys() == counted.keys()
    assert all(
        abs(found[channel] - counted[channel]) <= CLOSE * max(1, counted[channel]) for channel in found
    )
    assert sum(found.values()) == sum(weight for touches, weight in drawn if touches)


def test_touches_of_one_moment_share_as_linear_does() -> None:
    same = [timedelta(hours=5)] * 4
    assert time_decay([("abca", same, 2)]) == credit([("abca", 2)], "linear")


# Markov -----------------------------------------------------------------------------------------------------


def _chain(walks: Any) -> Chain[str]:
    return markov(steps_of(walks))


@pytest.mark.parametrize("case", ["V1_analyzecore", "V2_puzyrov", "V3_mta_fixture"])
def test_markov_reference_cases(case: str) -> None:
    rows = [(path.split(" > "), *counts) for path, *counts in VECTORS[case]["rows"]]
    found = _chain(
        [(path, End.CONVERTED, times) for path, times, _ in rows]
        + [(path, End.LEFT, times) for path, _, times in rows]
    )
    expected = VECTORS[case]["markov1_exact"]
    assert found.conversion_ratio == pytest.approx(expected["p_conv"], abs=1e-12)
    assert found.removal_effect == pytest.approx(expected["removal_effect"], abs=1e-12)
    assert {channel: float(share) for channel, share in found.credit.items()} == pytest.approx(
        expected["conversions"], abs=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(walks=_walks)
def test_markov_equals_walking_every_way(walks: list[Walk]) -> None:
    moves = moves_of((channels, end is End.CONVERTED, times) for channels, end, times in walks)
    found = _chain(walks)
    conversions = sum(times for channels, end, times in walks if channels and end is End.CONVERTED)
    assert sum(found.credit.values()) == conversions
    assert found.credit.keys() == {channel for channels, _, _ in walks for channel in channels}
    if not conversions:
        assert not any([found.conversion_ratio, *found.removal_effect.values(), *found.credit.values()])
        return
    effects = removal_effects(moves)
    assert found.conversion_ratio == pytest.approx(converting(moves), abs=CLOSE)
    assert found.removal_effect == pytest.approx(effects, abs=CLOSE)
    for channel, effect in effects.items():
        share = conversions * effect / sum(effects.values())
        assert float(found.credit[channel]) == pytest.approx(share, abs=CLOSE * max(1, conversions))


def test_markov_of_walks_without_a_way_back_equals_every_walk_in_whole_fractions() -> None:
    walks = [("abd", End.CONVERTED, 3), ("acd", End.LEFT, 2), ("bcd", End.CONVERTED, 1), ("ad", End.LEFT, 4)]
    moves = moves_of((channels, end is End.CONVERTED, times) for channels, end, times in walks)

    def ways(place: Any, removed: str | None) -> Fraction:
        if place in (LEFT, removed):
            return Fraction(0)
        if place == CONVERTED:
            return Fraction(1)
        onward = moves[place]
        return sum((Fraction(n, onward.total()) * ways(t, removed) for t, n in onward.items()), Fraction(0))

    whole = ways(START, None)
    effects = {channel: 1 - ways(START, channel) / whole for channel in "abcd"}
    assert _chain(walks).removal_effect == pytest.approx({c: float(e) for c, e in effects.items()}, abs=1e-12)


def test_paths_that_do_not_convert_change_the_credit() -> None:
    converted = [("ab", End.CONVERTED, 1), ("b", End.CONVERTED, 1)]
    without, among = _chain(converted), _chain([*converted, ("b", End.LEFT, 5)])
    assert (without.conversion_ratio, without.removal_effect["a"]) == pytest.approx((1, 1 / 2))
    assert (among.conversion_ratio, among.removal_effect["a"]) == pytest.approx((2 / 7, 1 / 7))
    assert sum(among.credit.values()) == 2


# Shapley ----------------------------------------------------------------------------------------------------


def test_shapley_values_reference_case() -> None:
    case = VECTORS["V6_shapley_game"]
    worth = {frozenset(coalition): earned for coalition, earned in case["v"].items()}
    assert shapley_values(worth) == {player: Fraction(owed) for player, owed in case["shapley"].items()}


@settings(max_examples=30)
@given(st.data())
def test_shapley_values_equal_every_order_of_joining(data: st.DataObject) -> None:
    players = "abcd"[: data.draw(st.integers(1, 4))]
    coalitions = [
        frozenset(p for n, p in enumerate(players) if bits >> n & 1) for bits in range(2 ** len(players))
    ]
    worth = {coalition: data.draw(st.integers(-50, 50)) for coalition in coalitions}
    counted: Counter[str] = Counter()
    orders = list(permutations(players))
    for order in orders:
        for place, player in enumerate(order):
            counted[player] += worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]
    assert shapley_values(worth) == {player: Fraction(counted[player], len(orders)) for player in players}


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.text("abcd", min_size=1, max_size=5), st.integers(1, 9)), min_size=1, max_size=8)
)
def test_the_set_game_is_the_general_one_whose_paths_need_all_their_channels(paths: Any) -> None:
    channels = sorted({channel for path, _ in paths for channel in path})
    worth = {
        (coalition := frozenset(c for n, c in enumerate(channels) if bits >> n & 1)): sum(
            weight for path, weight in paths if coalition >= set(path)
        )
        for bits in range(2 ** len(channels))
    }
    assert credit(paths, "shapley") == shapley_values(worth)


def test_a_game_without_a_player_owes_nobody_and_an_untold_coalition_is_refused() -> None:
    assert shapley_values({}) == {}
    with pytest.raises(KeyError):
        shapley_values({frozenset("ab"): 1})
