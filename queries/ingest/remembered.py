"""On which lines the downloads of a run stood, as far as they are remembered."""

from __future__ import annotations

from itertools import islice
from typing import TypeVar

REMEMBERED = 200_000
"""Downloads of which it is known where they stood, should a later line of the same run rule on them otherwise."""

Key = TypeVar("Key")


def forget_oldest(lines: dict[Key, int]) -> None:
    """Lets go of those that were noted first, where there are too many."""
    for key in list(islice(lines, max(0, len(lines) - REMEMBERED))):
        del lines[key]
