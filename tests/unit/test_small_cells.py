"""What a breakdown publishes is given to somebody who tries every table that would look the same."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.small_cells import SMALL, WITHHELD, Cell, is_small, told, withheld, withheld_cells


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
    assert withheld([9, 30, 12], along=[0]) == {0, 2}, "alone it would be the sum less the others"
    assert withheld([2, 30, 12], along=[1]) == {0, 1}
    assert [is_small(count) for count in (None, 0, 1, 4, 5)] == [False, False, True, True, False]


@st.composite
def _tables(draw: st.DrawFn) -> dict[Cell, int]:
    """Downloads by app, country and device, with as many zeros as they like to have."""
    places = list(product("ab", "mnp", "xyz"))
    counts = draw(st.lists(st.integers(0, 14), min_size=len(places), max_size=len(places)))
    return dict(zip(places, counts, strict=True))


def _sums(table: dict[Cell, int], kept: tuple[int, ...]) -> dict[Cell, int]:
    sums: dict[Cell, int] = {}
    for cell, count in table.items():
        name = tuple(cell[place] for place in kept)
        sums[name] = sums.get(name, 0) + count
    return sums


@settings(max_examples=300, deadline=None)
@given(_tables())
def test_no_filter_more_or_less_and_no_siblings_tell_what_a_breakdown_withholds(
    table: dict[Cell, int],
) -> None:
    """Somebody reads every breakdown in every view and subtracts along every filter, as often as it brings anything."""
    sums: dict[Cell, int] = {}
    known: dict[Cell, int] = {}
    for size in range(4):
        for kept in combinations(range(3), size):
            cells = _sums(table, kept)
            hidden = withheld_cells(cells)
            assert hidden == withheld_cells(dict(reversed([*cells.items(), (("new",) * size, 0)])))
            assert not any(0 < count < 5 and cell not in hidden for cell, count in cells.items())
            for cell, count in cells.items():
                named = iter(cell)
                place = tuple(next(named) if axis in kept else "*" for axis in range(3))
                sums[place] = count
                if cell not in hidden or not count:
                    known[place] = count
    told_openly = set(known)
    lines = [
        (
            whole,
            [part for part in sums if part[axis] != "*" and (*part[:axis], "*", *part[axis + 1 :]) == whole],
        )
        for whole in sums
        for axis in range(3)
        if whole[axis] == "*"
    ]
    # Where one row alone is the sum itself, the total is all there is.
    lines = [(whole, parts) for whole, parts in lines if sum(sums[part] > 0 for part in parts) > 1]
    lines = [(whole, parts) for whole, parts in lines if not _is_all_hidden(whole, parts, told_openly, sums)]
    for _ in range(len(sums)):
        found = False
        for whole, parts in lines:
            unknown = [part for part in (whole, *parts) if part not in known]
            if len(unknown) == 1:
                others = sum(known[part] for part in parts if part in known)
                known[unknown[0]] = others if unknown[0] == whole else known[whole] - others
                found = True
        if not found:
            break
    derived = {place: sums[place] for place in known.keys() - told_openly}
    assert not derived, derived


def _is_all_hidden(whole: Cell, parts: list[Cell], known: set[Cell], sums: dict[Cell, int]) -> bool:
    return all(part not in known for part in parts if sums[part])


def test_a_view_is_withheld_with_the_row_it_is() -> None:
    table = {
        ("Castbox", "phone"): 8,
        ("Castbox", "tablet"): 1,
        ("Spotify", "phone"): 40,
        ("Spotify", "tablet"): 30,
    }
    # 8 and 1 are 9 together, which the app alone tells; and where Spotify is 40 of 48 by phone, Castbox were 8.
    assert withheld_cells(table) == {*table}
    assert withheld_cells({**table, ("Castbox", "speaker"): 60, ("Spotify", "speaker"): 70}) >= {
        ("Castbox", "phone"), ("Castbox", "tablet"),
    }  # fmt: skip
