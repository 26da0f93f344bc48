"""Small cells: how few people there are in an app, a country or a type of device is not told.

One place for page, CSV, PDF and snapshot: what leaves here is text in place of a number, and nothing behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

Cell = tuple[str, ...]
"""Where a count stands: a value of each dimension of the table, in one order."""
Margins = Mapping[tuple[int, ...], Mapping[Cell, int]]
"""The counts by some of a table's dimensions, whose places are the key."""

SMALL_CELL = 5
"""From so many on, people and their downloads are told apart by app, country and device."""
SMALL = f"<{SMALL_CELL}"
WITHHELD = "hidden"
"""What stands in the place of a count that is not small itself, but from which a small one could be subtracted."""
FEWER = f"fewer than {SMALL_CELL}"
NOT_TOLD = f"fewer than {SMALL_CELL}, or next to so few"
"""Why the figure of a view is not told: it is small, or what is small could be worked out from it."""
ROWS_NOT_TOLD = (
    f"“{SMALL}”: fewer than {SMALL_CELL} downloads, and so fewer than {SMALL_CELL} listeners, of an app, a country or "
    f"a device are not told; “{WITHHELD}”: another row, from which they could be worked out."
)
BUCKETS_NOT_TOLD = (
    f"Where an app, a country or a device had fewer than {SMALL_CELL} downloads, they are not shown, "
    "nor what they could be worked out from."
)
VIEW_NOT_TOLD = (
    f"Fewer than {SMALL_CELL} downloads or listeners of an app, country or device are not shown, "
    "nor what they could be worked out from."
)


def is_small(count: int | None) -> bool:
    """Whether a count is below what may be told; nobody at all is."""
    return count is not None and 0 < count < SMALL_CELL


def withheld(counts: Sequence[int], along: Collection[int] = ()) -> frozenset[int]:
    """The places of the counts that are not told beside their sum: small ones, those `along` with them and, from the
    smallest on, as many others as it takes until each of these could be at least two different numbers.

    Where even all of them do not suffice (one row alone is the sum itself), all are withheld.
    """
    small = [place for place, count in enumerate(counts) if 0 < count < SMALL_CELL]
    larger = [place for place in along if counts[place] >= SMALL_CELL]
    hidden = {*small, *larger}
    if not hidden:
        return frozenset()
    others = sorted(
        (count, place) for place, count in enumerate(counts) if count >= SMALL_CELL and place not in hidden
    )
    total = sum(counts[place] for place in hidden)
    for taken, (count, place) in enumerate(others):
        if _is_open(total, len(small), len(larger), taken, count):
            break
        hidden.add(place)
        total += count
    return frozenset(hidden)


def withheld_cells(cells: Mapping[Cell, int], margins: Margins | None = None) -> frozenset[Cell]:
    """The cells of a table of up to four dimensions that are not told, wherever they appear: as a row of a breakdown
    along any of the dimensions, under filters of the others, or as a view of their own.

    One dimension alone is a breakdown. Of more, a cell goes along with every sum over one of its dimensions that is
    withheld itself, and no line of cells along a dimension tells one of them by the others: whichever line is looked
    at, and whether the others are read as its rows or as views filtered to them, the same cells are missing.

    `margins`: what stands in place of the sums, where cells do not add up (the same people may be in several).
    """
    return _withheld_cells(cells, margins, tuple(range(len(next(iter(cells), ())))))


def _withheld_cells(
    cells: Mapping[Cell, int], margins: Margins | None, places: tuple[int, ...]
) -> frozenset[Cell]:
    # One order, whoever asks: which cells go along must not hang on it.
    cells = {cell: cells[cell] for cell in sorted(cells) if cells[cell]}
    size = len(places)
    if size < 2:
        names = sorted(cells, key=lambda cell: (-cells[cell], cell))
        return frozenset(names[place] for place in withheld([cells[name] for name in names]))
    if not any(is_small(count) for count in cells.values()):
        return frozenset()
    hidden: set[Cell] = set()
    lines: dict[tuple[int, Cell], list[Cell]] = {}
    for axis in range(size):
        sums: Counter[Cell] = Counter()
        for cell, count in cells.items():
            rest = cell[:axis] + cell[axis + 1 :]
            sums[rest] += count
            lines.setdefault((axis, rest), []).append(cell)
        left = places[:axis] + places[axis + 1 :]
        gone = _withheld_cells(sums if margins is None else margins[left], margins, left)
        for rest in sorted(gone):
            hidden.update(lines.pop((axis, rest), ()))
    hidden.update(cell for cell, count in cells.items() if is_small(count))
    for line in lines.values():
        line.sort(key=lambda cell: (-cells[cell], cell))
    # What one line withholds the lines across it must withhold as well, until nothing is new.
    waiting = dict.fromkeys(lines)
    while waiting:
        name = next(iter(waiting))
        del waiting[name]
        line = lines[name]
        known = {place for place, cell in enumerate(line) if cell in hidden}
        for place in sorted(withheld([cells[cell] for cell in line], known) - known):
            cell = line[place]
            hidden.add(cell)
            for axis in range(size):
                across = axis, cell[:axis] + cell[axis + 1 :]
                if across != name and across in lines:
                    waiting[across] = None
    return frozenset(hidden)


def people_of_values(reached: Sequence[tuple[frozenset[str], int]]) -> list[int]:
    """How many people are with each of several chosen values, and how many only with such values as somebody is with.

    `reached`: people by the values with which they are. Whichever values are left out of a view, it lacks all who
    are with nothing but these: never fewer than those who are like one of them, or are so with fewer values.
    """
    each = Counter[str]()
    for values, people in reached:
        for value in values:
            each[value] += people
    # Of values with which alone enough people are there cannot be few.
    only = [
        sum(others for narrower, others in reached if narrower <= values)
        for values, people in reached
        if is_small(people)
    ]
    return [*each.values(), *only]


def told(count: int) -> str:
    """What stands in the place of a count that is withheld."""
    return SMALL if is_small(count) else WITHHELD


def _is_open(total: int, small: int, larger: int, taken: int, most: int) -> bool:
    """Whether none of what must be kept follows from the sum of what is hidden and from what is known of each of it.

    Known is that a small one lies below the limit, and another one at or above it; those taken beside them are not
    above the smallest that is still shown, as the smallest are taken first, and those that go along may be any number.
    """
    lows = small + SMALL_CELL * (larger + taken)
    highs = (SMALL_CELL - 1) * small + total * larger + most * taken
    kept = [(1, SMALL_CELL - 1)] * (small > 0) + [(SMALL_CELL, total)] * (larger > 0)
    return all(max(low, total - (highs - high)) < min(high, total - (lows - low)) for low, high in kept)
