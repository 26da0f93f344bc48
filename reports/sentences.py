"""The opening sentence of the listening pages and reports: one true sentence made from their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from queries.filters import Filters
from queries.results import Answer
from queries.small_cells import NOT_TOLD, SMALL_CELL
from reports import formatting

_TITLE_LENGTH = 80
_ROLLING = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "12m": "12 months", "24m": "24 months"}
_RUNNING = {"mtd": "this month", "ytd": "this year"}


def audience_sentence(figures: Answer, top: Answer, f: Filters) -> str:
    """How downloads of the period moved and which episode brought most of them.

    Source: overview_figures and top_episodes, under the same filters. A period that is not over
    is told as "so far", and its days that are over are compared, named with the last of them.
    """
    if figures.as_of is None:
        return "No download has been counted yet."
    downloads = next(row for row in figures.rows if row["metric"] == "downloads")
    value = downloads["value"]
    if downloads.get("note") == NOT_TOLD:
        return (
            f"Downloads {period_phrase(f)} by these filters are not told: there are fewer than {SMALL_CELL}, "
            "or so few next to them."
        )
    if not value:
        before = downloads["previous"]
        after = f", after {formatting.number(before)} {_during_before(f)}" if before else ""
        return f"There was no download {period_phrase(f)}{' so far' if figures.partial_from else ''}{after}."
    return f"{_movement(downloads, f, so_far=figures.partial_from is not None)}{_leader(top, value)}."


def library_sentence(reports: Mapping[str, int]) -> str:
    """How many reports are ready, being made and failed. Source: reports_by_status of queries.report_library."""
    ready, failed = reports.get("ready", 0), reports.get("failed", 0)
    making = reports.get("queued", 0) + reports.get("running", 0)
    if not ready + making + failed:
        return "There is no report yet."
    parts = [
        f"{count or 'no'} {word}"
        for count, word in (
            (ready, f"{'report is' if ready == 1 else 'reports are'} ready"),
            (making, f"{'is' if making == 1 else 'are'} being made"),
            (failed, "failed"),
        )
        if count or word.endswith("ready")
    ]
    said = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    return f"{said[:1].upper()}{said[1:]}."


def _movement(downloads: Mapping[str, Any], f: Filters, *, so_far: bool) -> str:
    value, change = downloads["value"], downloads["change_ratio"]
    counted = formatting.counted(value, "download")
    if so_far:
        compared = f" ({_against(change, f)})" if change is not None else ""
        return f"{counted} so far {period_phrase(f)}{compared}"
    if change is None:
        return f"There {'was' if value == 1 else 'were'} {counted} {period_phrase(f)}"
    since = ", compared with a year ago" if f.comparison == "year" else ""
    signed = formatting.signed_percent(change)
    if signed[0] not in ("+", formatting.MINUS):
        return f"Downloads held at {formatting.number(value)} {period_phrase(f)}{since}"
    moved = "rose" if change > 0 else "fell"
    return f"Downloads {moved} {signed[1:]} to {formatting.number(value)} {period_phrase(f)}{since}"


def _against(change: Any, f: Filters) -> str:
    signed = formatting.signed_percent(change)
    is_change = signed[0] in ("+", formatting.MINUS)
    through = f"through {formatting.day(f.whole.last_day, year=False)}" if f.whole else ""
    if is_change:
        return f"{through} {signed} against {_before(f)}"
    return f"{through} as many as {_during_before(f)}"


def _leader(top: Answer, downloads: int) -> str:
    if top.is_empty:
        return ""
    first = top.rows[0]
    # Of deleted episodes none is named.
    if first["share"] is None or first.get("is_rest"):
        return ""
    title = (
        first["title"]
        if len(first["title"]) <= _TITLE_LENGTH
        else first["title"][: _TITLE_LENGTH - 1].rstrip() + "…"
    )
    if first["downloads"] == downloads:
        return f"; it came from “{title}”" if downloads == 1 else f", all of them from “{title}”"
    return f"; “{title}” brought {formatting.percent(first['share'])} of them"


def period_phrase(f: Filters) -> str:
    """When: "in the last 30 days", "this month", "on 3 Nov 2026", "over 1–30 Sep 2026"."""
    if f.preset in _ROLLING:
        return f"in the last {_ROLLING[f.preset]}"
    if f.preset in _RUNNING:
        return _RUNNING[f.preset]
    words = formatting.period(f.period.start, f.period.end, f.zone)
    return f"on {words}" if f.period.days == 1 else f"over {words}"


def _before(f: Filters) -> str:
    if f.comparison == "year":
        return "the same days a year ago"
    days = f.compared.days if f.compared else f.period.days
    return "the day before" if days == 1 else f"the {formatting.number(days)} days before"


def _during_before(f: Filters) -> str:
    days = f.compared.days if f.compared else f.period.days
    return f"{'on' if days == 1 and f.comparison != 'year' else 'in'} {_before(f)}"
