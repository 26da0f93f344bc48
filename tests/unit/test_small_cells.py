"""What a breakdown publishes is given to somebody who tries every table that would look the same."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.small_cells import SMALL, WITHHELD, is_small, told, withheld


def _published(counts: list[int]) -> list[int | str]:
    hidden = withheld(counts)
    return [told(count) if place in hidden else count for place, count in enumerate(counts)]


def _could_be(published: list[int | str], total: int) -> list[tuple[int, ...]]:
    """Every table of these words and this total, by trying them all; the reader knows that the smallest are hidden."""
    shown = [cell for cell in published if isinstance(cell, int)]
    most = min((cell for cell in shown if cell >= 5), default=total)
    choices = [
        [cell] if isinstance(cell, int) else range(1, 5) if cell == SMALL else range(5, most + 1)
        for cell in published
    ]
    return [table for table in product(*choices) if sum(table) == total]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=1, max_size=5))
def test_no_small_count_follows_from_what_is_published(counts: list[int]) -> None:
    published = _published(counts)
    assert [cell == SMALL for cell in published] == [0 < count < 5 for count in counts]
    tables = _could_be(published, sum(counts))
    assert tuple(counts) in tables, "what is shown is true"
    if all(isinstance(cell, str) or cell == 0 for cell in published):
        return  # the total is all there is
    for place, count in enumerate(counts):
        if 0 < count < 5:
            assert len({table[place] for table in tables}) > 1


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ([40, 12, 9], [40, 12, 9]),
        ([40, 12, 0], [40, 12, 0]),
        # Alone it would be the total less the others: the next larger one goes with it.
        ([40, 12, 3], [40, WITHHELD, SMALL]),
        # Two whose sum leaves a choice need no third; two of one each, or of four each, do.
        ([40, 12, 3, 2], [40, 12, SMALL, SMALL]),
        ([40, 12, 1, 1], [40, WITHHELD, SMALL, SMALL]),
        ([40, 12, 4, 4], [40, WITHHELD, SMALL, SMALL]),
        # A five beside a one adds up to six, which nothing else could: one more.
        ([40, 9, 5, 1], [40, WITHHELD, WITHHELD, SMALL]),
        ([3], [SMALL]),
        ([7, 3], [WITHHELD, SMALL]),
        ([5, 4], [WITHHELD, SMALL]),
    ],
)
def test_what_is_told(counts: list[int], published: list[int | str]) -> None:
    assert _published(counts) == published


def test_rows_go_along() -> None:
    assert withheld([9, 30, 12], along=[0]) == {0}
    assert withheld([2, 30, 12], along=[1]) == {0, 1}
    assert [is_small(count) for count in (None, 0, 1, 4, 5)] == [False, False, True, True, False]
