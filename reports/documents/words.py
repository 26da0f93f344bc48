"""Phrases that documents share."""

from __future__ import annotations

from collections.abc import Sequence

from queries.filters import Filters
from reports.formatting import period


def compared_words(filters: Filters) -> str:
    """What the period is compared with: "1–30 Sep 2026"; empty without a comparison."""
    before = filters.compared
    return period(before.start, before.end, filters.zone) if before else ""


def against_words(filters: Filters) -> str:
    """What changes are taken against, and which days they are of where the period is not over."""
    before, whole = filters.compared, filters.whole
    if before is None or whole is None or whole == filters.period:
        return compared_words(filters)
    days = period(whole.start, whole.end, filters.zone)
    return f"{compared_words(filters)}, of the days that are over ({days})"


def period_words(filters: Filters) -> str:
    """The period itself: "1–31 Oct 2026"."""
    return period(filters.period.start, filters.period.end, filters.zone)


def listed(names: Sequence[str], *, limit: int) -> str:
    """Names in a row: "A, B and C", "A, B and 7 more"."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
