"""What the key figures of a page and of a paper have in common: how a change is told, and the form of their money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from queries.changes import NO_EARLIER
from queries.metrics import METRICS
from reports.formatting import MoneyForm, money_form, rate_decimals, signed_percent, signed_points


def change_words(row: Mapping[str, Any]) -> str:
    """The change of a key figure: +12.0 %, for a share −4.2 pp; empty where none is told."""
    if row.get("change_points") is not None:
        return signed_points(row["change_points"], decimals_of(row))
    return signed_percent(row["change_ratio"]) if row.get("change_ratio") is not None else ""


def has_no_earlier(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these figures have no full period before them: said once for the row, not under each."""
    return any(row.get("note") == NO_EARLIER for row in rows)


def note_of(row: Mapping[str, Any]) -> str:
    """What there is to say of this figure alone."""
    note = row.get("note") or ""
    return "" if note == NO_EARLIER else str(note)


def decimals_of(row: Mapping[str, Any]) -> int:
    """The digits of a share, of its interval and of its change, alike."""
    return rate_decimals(row.get("high"))


def form_of_amounts(rows: Sequence[Mapping[str, Any]]) -> MoneyForm:
    """The form that all amounts of a row have. A price of something (CPM) keeps its cents whatever stands beside it."""
    amounts = [
        row for row in rows if METRICS[row["metric"]].unit == "money" and not METRICS[row["metric"]].is_price
    ]
    return money_form(row.get(key) for row in amounts for key in ("value", "previous"))


def form_of(row: Mapping[str, Any], amounts: MoneyForm) -> MoneyForm:
    """The form of this row's money, given that of the amounts beside it."""
    return "full" if METRICS[row["metric"]].is_price else amounts
