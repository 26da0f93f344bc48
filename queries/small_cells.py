"""Small cells: how few people there are in an app, a country or a type of device is not told.

One place for page, CSV, PDF and snapshot: what leaves here is text in place of a number, and nothing behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

SMALL_CELL = 5
"""From so many on, people and their downloads are told apart by app, country and device."""
SMALL = f"<{SMALL_CELL}"
WITHHELD = "hidden"
"""What stands in the place of a count that is not small itself, but from which a small one could be subtracted."""
FEWER = f"fewer than {SMALL_CELL}"
ROWS_NOT_TOLD = (
    f"“{SMALL}”: fewer than {SMALL_CELL} downloads, and so fewer than {SMALL_CELL} listeners, of an app, a country or "
    f"a device are not told; “{WITHHELD}”: another row, from which they could be worked out."
)
VIEW_NOT_TOLD = f"Fewer than {SMALL_CELL} downloads or listeners of an app, country or device are not shown."


def is_small(count: int | None) -> bool:
    """Whether a count is below what may be told; nobody at all is."""
    return count is not None and 0 < count < SMALL_CELL


def withheld(counts: Sequence[int], along: Collection[int] = ()) -> frozenset[int]:
    """The places of the counts that are not told beside their sum: small ones, those `along` with them and, from the
    smallest on, as many others as it takes until each small one could be at least two different numbers.

    Where even all of them do not suffice (one row alone is the sum itself), all are withheld.
    """
    small = frozenset(place for place, count in enumerate(counts) if is_small(count))
    hidden = small | frozenset(along)
    others = sorted(
        (place for place, count in enumerate(counts) if count and place not in hidden),
        key=lambda place: (counts[place], place),
    )
    for place in others:
        if _is_open(counts, small, hidden):
            break
        hidden |= {place}
    return hidden


def told(count: int) -> str:
    """What stands in the place of a count that is withheld."""
    return SMALL if is_small(count) else WITHHELD


def _is_open(counts: Sequence[int], small: frozenset[int], hidden: frozenset[int]) -> bool:
    """Whether none of the small counts follows from the sum of what is hidden and from what is known of each of it.

    Known is that a small one lies below the limit; another one at or above it, and not above what is still shown, as
    the smallest are taken first.
    """
    total = sum(counts[place] for place in hidden)
    shown = [count for place, count in enumerate(counts) if place not in hidden and count >= SMALL_CELL]
    most = min(shown, default=total)
    low = {place: 1 if place in small else min(counts[place], SMALL_CELL) for place in hidden}
    high = {place: SMALL_CELL - 1 if place in small else max(counts[place], most) for place in hidden}
    lows, highs = sum(low.values()), sum(high.values())
    return all(
        max(low[place], total - (highs - high[place])) < min(high[place], total - (lows - low[place]))
        for place in small
    )
