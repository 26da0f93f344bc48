"""Impressions in downloads that counted although nobody knows how many bytes were sent for them, told by source."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from queries.filters import Filters
from queries.listening_scope import catalogue_of, is_by_dimension
from queries.listening_unmeasured import SOURCES
from queries.results import Answer, Column
from queries.statements import ask

_UNKNOWN = "Of how many impressions it is not known how many bytes of the download were sent"
_NOT_KEPT = f"{_UNKNOWN} is kept for the last two years only."
_NOT_BY_DIMENSION = (
    f"{_UNKNOWN} is not told of an app, a country or a device, where it could tell of few people."
)


def unmeasured_impressions(connection: Connection, f: Filters, campaigns: Collection[UUID] = ()) -> Answer:
    """Impressions of exactly this view whose download's bytes are unknown, by source of the downloads, most first.

    Without ids the campaign of the view, else all in scope. Totals: unmeasured and impressions (those of the view,
    whatever is known of them), both None where they are not told: a note says why. Columns: words, unmeasured; rows
    carry source, the word in the event.
    """
    columns = (
        Column("words", "Source"),
        Column("unmeasured", "Impressions in downloads whose bytes are unknown", "count"),
    )
    period_from, period_to = f.period.moments(f.zone)
    note = _NOT_BY_DIMENSION if is_by_dimension(f) else ""
    if not note and period_from < ask(connection, "campaigns/raw_start")[0]["raw_start"]:
        note = _NOT_KEPT
    if note:
        return Answer(
            columns,
            [],
            None,
            covers=f.period,
            notes=(note,),
            totals={"unmeasured": None, "impressions": None},
        )
    rows = ask(
        connection, "campaigns/unmeasured_impressions",
        campaign_ids=list(campaigns) or ([f.campaign_id] if f.campaign_id else []),
        period_start=f.period.start, period_end=f.period.end, period_from=period_from, period_to=period_to,
        **catalogue_of(f),
    )  # fmt: skip
    counts = {row["source"]: int(row["impressions"]) for row in rows}
    impressions = counts.pop(None, 0)
    unmeasured = sum(counts.values())
    return Answer(
        columns,
        [
            {"source": source, "words": SOURCES.get(source, source), "unmeasured": found}
            for source, found in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ],
        None,
        covers=f.period,
        # What was being written when the rollups were made may be among these alone.
        totals={"unmeasured": unmeasured, "impressions": max(impressions, unmeasured)},
    )
