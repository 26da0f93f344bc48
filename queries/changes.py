"""How a figure changed: relative for amounts, in percentage points for shares; the one rule of every question."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from queries.metrics import metric
from queries.results import Column

CHANGE_COLUMNS = (
    Column("change_ratio", "Change", "ratio"),
    Column("change_points", "Change in percentage points", "number"),
)
"""Columns of key figures of which one may be a share: each row fills one of them."""


NO_EARLIER = "no full period before"
"""The note of key figures that have nothing to be compared with; it is true of all of an answer's, and said once."""


class Change(TypedDict):
    """The change of one figure; both empty where there is nothing to tell."""

    change_ratio: Decimal | None
    change_points: Decimal | None


def change_ratio(value: int | Decimal | None, previous: int | Decimal | None) -> Decimal | None:
    """The relative change; None against a previous value of 0 or none at all."""
    return (
        None
        if value is None or not previous
        else (Decimal(value) - Decimal(previous)) / abs(Decimal(previous))
    )


def change_of(
    key: str, value: int | Decimal | None, previous: int | Decimal | None, *, is_enough: bool = True
) -> Change:
    """The change of a metric; empty against a previous value of 0 or none, and where there is not enough to tell.

    A share that fell from 45 % to 41 % fell by 4 points: "−9 %" would be read as those.
    """
    known = None if value is None or not previous or not is_enough else (Decimal(value), Decimal(previous))
    if known is None or not metric(key).changes_in_points:
        return {"change_ratio": change_ratio(*known) if known else None, "change_points": None}
    return {"change_ratio": None, "change_points": (known[0] - known[1]) * 100}
