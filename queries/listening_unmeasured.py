"""Downloads that counted although nobody knows how many bytes were sent for them: labelled so, and told by source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from queries.filters import Filters
from queries.listening_scope import catalogue_of, is_by_dimension, limits_of
from queries.results import Answer, Column
from queries.small_cells import NOT_TOLD, Cell, is_small, withheld_cells
from queries.statements import ask

SOURCES = {
    "prefix": "the enclosure prefix",
    "log": "access logs",
    "unknown": "an unknown source",
}
"""What people call the sources of downloads that come without bytes."""
_UNKNOWN = "Of how many downloads it is not known how many bytes were sent"
_NOT_KEPT = f"{_UNKNOWN} is kept for the last two years only."
_NOT_OF_SINGLE = f"{_UNKNOWN} is not told of single shows or episodes in an app, a country or a device."
_NOT_TOLD = f"{_UNKNOWN} is not told here: {NOT_TOLD}."


def unmeasured_downloads(connection: Connection, f: Filters) -> Answer:
    """Downloads of exactly this view for which the bytes sent are unknown, by source, most first.

    Totals: unmeasured and downloads (those of the view, whatever is known of them), both None where they are not told:
    a note says why. What may be told under a filter by app, country or device is judged by the source too: no number
    of one source there, nor of what is measured, is small or could be worked out. Columns: source (the word in the
    event), words, unmeasured.
    """
    columns = (Column("words", "Source"), Column("unmeasured", "Downloads whose bytes are unknown", "count"))
    limits = limits_of(connection, f)
    starts_at, ends_at = f.period.moments(f.zone)
    note = ""
    if starts_at < limits.raw_start:
        note = _NOT_KEPT
    elif is_by_dimension(f) and (f.podcasts or f.episodes):
        note = _NOT_OF_SINGLE
    counted = None if note else _by_source(connection, f, starts_at=starts_at, ends_at=ends_at)
    if counted is None:
        not_told = {"unmeasured": None, "downloads": None}
        return Answer(columns, [], limits.rollups, notes=(note or _NOT_TOLD,), totals=not_told)
    unmeasured = {source: downloads for source, downloads in counted.items() if source is not None}
    rows = [
        {"source": source, "words": SOURCES.get(source, source), "unmeasured": downloads}
        for source, downloads in sorted(unmeasured.items(), key=lambda one: (-one[1], one[0]))
        if downloads
    ]
    totals = {"unmeasured": sum(unmeasured.values()), "downloads": sum(counted.values())}
    return Answer(columns, rows, limits.rollups, totals=totals)


def _by_source(connection: Connection, f: Filters, **moments: Any) -> Counter[str | None] | None:
    """Downloads of the view by source, measured ones under None; nothing where that may not be told."""
    dimensions = {"app": f.apps, "country": f.countries, "device_type": f.devices}
    chosen = [(name, values) for name, values in dimensions.items() if values]
    rows = ask(
        connection, "listening/unmeasured", **moments, period_start=f.period.start, period_end=f.period.end,
        by_app=bool(f.apps), by_country=bool(f.countries), by_device=bool(f.devices), **catalogue_of(f),
    )  # fmt: skip
    counts: dict[tuple[Cell, str | None], int] = {
        (tuple(row[name] for name, _ in chosen), row["source"]): row["downloads"] for row in rows
    }
    for (cell, source), downloads in list(counts.items()):
        if source is not None:
            # What was being written when the rollups were made may be among these alone.
            counts[cell, None] = max(0, counts.get((cell, None), 0) - downloads)
    if chosen and not _is_told(counts, [values for _, values in chosen]):
        return None
    found: Counter[str | None] = Counter()
    for (cell, source), downloads in counts.items():
        if all(value in values for value, (_, values) in zip(cell, chosen, strict=True)):
            found[source] += downloads
    return found


def _is_told(counts: dict[tuple[Cell, str | None], int], chosen: Sequence[Sequence[str]]) -> bool:
    """Whether none of the view's numbers is withheld where it stands beside its like, nor is small what the filter of
    one dimension leaves out."""
    hidden = withheld_cells(
        {(*cell, source or ""): downloads for (cell, source), downloads in counts.items()}
    )
    beside: Counter[tuple[int, str | None]] = Counter()
    for (cell, source), downloads in counts.items():
        outside = [place for place, value in enumerate(cell) if value not in chosen[place]]
        if not outside and (*cell, source or "") in hidden:
            return False
        if len(outside) == 1:
            beside[outside[0], source] += downloads
    return not any(map(is_small, beside.values()))
