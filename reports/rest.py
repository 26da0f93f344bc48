"""What a list has no room for: its last rows as one, so that what is shown still adds up to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from queries.results import Answer, rest_name
from queries.small_cells import WITHHELD

MOST_EPISODES = 12
"""Rows that a list of a campaign's episodes has room for."""


def with_rest(
    rows: Sequence[Mapping[str, Any]], *, name_key: str, sums: Sequence[str], limit: int
) -> list[Mapping[str, Any]]:
    """At most `limit` rows: the first ones and, where there are more, one for all others, marked `is_rest`.

    `sums` are the columns that add up; a value that is withheld (None, or text in its place) in any of the others is
    withheld of all of them.
    """
    if len(rows) <= limit:
        return list(rows)
    others = rows[limit - 1 :]
    return [
        *rows[: limit - 1],
        {name_key: rest_name(len(others)), **{key: _sum(others, key) for key in sums}, "is_rest": True},
    ]


def credit_with_rest(answer: Answer) -> list[Mapping[str, Any]]:
    """The episodes that earn most of a campaign's conversions and, as one, the others: the same on page and paper."""
    sums = ("first_touch_credit", "last_touch_credit", "linear_credit", "linear_share")
    return with_rest(answer.rows, name_key="title", sums=sums, limit=MOST_EPISODES)


def heard_with_rest(answer: Answer, *, limit: int = MOST_EPISODES) -> list[Mapping[str, Any]]:
    """The episodes in which a campaign was heard most and, as one, the others."""
    heard = [row for row in answer.rows if row["impressions"]]
    return with_rest(heard, name_key="title", sums=("impressions", "share"), limit=limit)


def _sum(rows: Sequence[Mapping[str, Any]], key: str) -> int | Decimal | str | None:
    values = [row[key] for row in rows]
    if any(isinstance(value, str) for value in values):
        return WITHHELD
    if any(value is None for value in values):
        return None
    total = sum((Decimal(str(value)) for value in values), Decimal(0))
    return int(total) if all(isinstance(value, int) for value in values) else total
