"""Models that ask for the order of touches against the reference cases, a brute force and their laws."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.attribution.models import ORDER_MODELS, Model, as_decimals, credit, decimal_text

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "attribution_small.json").read_text(encoding="utf-8")
)
NAMES: dict[Model, str] = {"first_touch": "first", "last_touch": "last", "linear": "linear",
                           "position": "position_40_20_40", "shapley": "shapley_set"}  # fmt: skip
CASES = [
    (case, model) for case in ("V1_analyzecore", "V2_puzyrov", "V3_mta_fixture") for model in ORDER_MODELS
]

paths = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcde"), max_size=7).map(tuple), st.integers(min_value=0, max_value=10**12)
    ),
    max_size=12,
)


def brute_force(given_paths: list[tuple[tuple[str, ...], int]], model: Model) -> dict[str, Fraction]:
    """The same by walking every touch of every path and asking what it earns."""
    total: dict[str, Fraction] = {}
    for channels, weight in given_paths:
        for place, channel in enumerate(channels):
            ends = (place == 0) + (place == len(channels) - 1)
            earns = {
                "first_touch": Fraction(place == 0),
                "last_touch": Fraction(place == len(channels) - 1),
                "linear": Fraction(1, len(channels)),
                "position": Fraction(1, len(channels)) if len(channels) < 3
                else Fraction(2 * ends, 5) or Fraction(1, 5 * (len(channels) - 2)),
                "shapley": Fraction(channel not in channels[:place], len(set(channels))),
            }[model]  # fmt: skip
            total[channel] = total.get(channel, Fraction(0)) + earns * weight
    return {channel: amount for channel, amount in total.items() if amount}


@pytest.mark.parametrize(("case", "model"), CASES)
def test_reference_cases(case: str, model: Model) -> None:
    rows: list[list[Any]] = VECTORS[case]["rows"]
    converting = [(path.split(" > "), conversions) for path, conversions, _ in rows if conversions]
    expected = {
        channel: share for channel, share in VECTORS[case]["heuristics"][NAMES[model]].items() if share
    }
    assert {
        channel: round(float(amount), 6) for channel, amount in credit(converting, model).items()
    } == expected


@pytest.mark.parametrize("model", ORDER_MODELS)
@given(given_paths=paths)
def test_equals_brute_force(model: Model, given_paths: list[tuple[tuple[str, ...], int]]) -> None:
    found = {channel: amount for channel, amount in credit(given_paths, model).items() if amount}
    assert found == brute_force(given_paths, model)


@pytest.mark.parametrize("model", ORDER_MODELS)
@given(given_paths=paths)
def test_credit_adds_up_to_exactly_what_was_handed_out(model: Model, given_paths: Any) -> None:
    assert sum(credit(given_paths, model).values(), Fraction(0)) == sum(
        weight for path, weight in given_paths if path
    )


@given(given_paths=paths)
def test_last_touch_is_first_touch_of_the_path_walked_backwards(given_paths: Any) -> None:
    backwards = [(path[::-1], weight) for path, weight in given_paths]
    assert credit(given_paths, "last_touch") == credit(backwards, "first_touch")


@given(touches=st.integers(min_value=1, max_value=200))
@pytest.mark.parametrize("model", ORDER_MODELS)
def test_shares_of_one_conversion(model: Model, touches: int) -> None:
    expected = {
        "first_touch": {0: Fraction(1)},
        "last_touch": {touches - 1: Fraction(1)},
        "linear": dict.fromkeys(range(touches), Fraction(1, touches)),
        "position": {0: Fraction(1)} if touches == 1 else {0: Fraction(1, 2), 1: Fraction(1, 2)} if touches == 2
        else {0: Fraction(2, 5), **dict.fromkeys(range(1, touches - 1), Fraction(1, 5 * (touches - 2))),
              touches - 1: Fraction(2, 5)},
        "shapley": dict.fromkeys(range(touches), Fraction(1, touches)),
    }  # fmt: skip
    assert credit([(tuple(range(touches)), 1)], model) == expected[model]


def test_shapley_credits_a_channel_once_however_often_it_was_met() -> None:
    assert credit([("aab", 3)], "shapley") == {"a": Fraction(3, 2), "b": Fraction(3, 2)}


def test_a_path_without_touches_credits_nobody() -> None:
    assert [credit([((), 5)], model) for model in ORDER_MODELS] == [{}] * 5


@given(given_paths=paths, places=st.integers(min_value=0, max_value=20))
def test_decimals_add_up_exactly_and_move_by_less_than_one_last_place(given_paths: Any, places: int) -> None:
    exact = credit(given_paths, "linear")
    rounded = as_decimals(exact, places)
    assert sum((Fraction(value) for value in rounded.values()), Fraction(0)) == sum(
        exact.values(), Fraction(0)
    )
    assert rounded.keys() == exact.keys()
    assert all(
        abs(Fraction(rounded[channel]) - exact[channel]) < Fraction(1, 10**places) for channel in exact
    )
    assert all(value >= 0 for value in rounded.values())


def test_decimals_round_the_same_way_whatever_the_order() -> None:
    thirds = {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)}
    expected = {"a": Decimal("0.34"), "b": Decimal("0.33"), "c": Decimal("0.33")}
    assert as_decimals(thirds, 2) == expected
    assert as_decimals(dict(reversed(thirds.items())), 2) == expected


def test_a_total_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        as_decimals({"a": Fraction(1, 3)})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.000", "1"),
        ("0.333333333333333", "0.333333333333333"),
        ("100", "100"),
        ("0", "0"),
        ("1E+3", "1000"),
        ("0.50", "0.5"),
    ],
)
def test_decimal_text(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text
