"""What a question answers with: rows, what their columns mean, and as of when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from queries.periods import Period


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer.

    `unit` is one of the units of `reports.formatting`: text, count, ratio, number, money (micros, with the row's
    `currency`), seconds, date, datetime. `metric` names the registry entry the values are of. Columns with
    `in_csv=False` serve the page only (links, ids already shown by name).
    """

    key: str
    label: str
    unit: str = "text"
    metric: str | None = None
    in_csv: bool = True


def rest_name(count: int) -> str:
    """What a row is called that stands for so many others."""
    return f"Other ({count:,})"


def partial_from(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The first bucket of those at the end that are not complete; None when the last one is."""
    first = None
    for row in reversed(rows):
        if not row["is_partial"]:
            break
        first = row["bucket"]
    return first


def reaches_of(period: Period, days: Mapping[str, Iterable[date]]) -> tuple[tuple[str, date | None], ...]:
    """Each source with the last of its days inside the period; nothing where none of them has one."""
    last = {
        source: max((day for day in found if period.start <= day < period.end), default=None)
        for source, found in days.items()
    }
    return tuple(last.items()) if any(last.values()) else ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with their meaning; the same object feeds page, CSV and PDF.

    `covers` says which days the rows are about: those of the view, others (a whole flight), or None where they tell
    how things stand and no period is asked for. `reaches`: the sources that feed the rows, and the last day of the
    period on which each brought something (None: on none of them).
    """

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    as_of: datetime | None = None
    partial_from: date | datetime | None = None
    notes: tuple[str, ...] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)
    covers: Period | Literal["view"] | None = "view"
    reaches: tuple[tuple[str, date | None], ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to show."""
        return not self.rows
