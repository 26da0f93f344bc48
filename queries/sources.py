"""Where a tenant's data comes from: how each source is doing, and as of when what it brought is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from queries.results import Answer, Column
from queries.statements import ask

_SUBJECTS = {
    "listener_events": "Downloads and plays",
    "impressions": "Impressions",
    "conversions": "Visits and conversions",
    "feeds": "Podcast feeds",
    "transcripts": "Transcripts",
    "bookings": "Bookings",
    "ad_units": "Ad units",
    "retention_curves": "Retention curves of platforms",
}


_IMPORTS = {
    "feed": "Podcast feed",
    "listener_events": "Downloads and plays",
    "attribution_events": "Impressions and conversions",
    "access_log": "Access log",
    "bookings": "Bookings",
    "conversions": "Conversions",
    "transcripts": "Transcript",
    "retention_curves": "Retention curves",
    "ad_units": "Ad units",
}
_STATES = {"completed": "done", "running": "running", "failed": "failed"}
_RECENT = 50


def sources(connection: Connection) -> Answer:
    """One row per kind of source: label, state, complete_to, imported_at, import_source, records_imported,
    records_refused, failed_at, error_message; of feeds also feeds, feeds_failing, feeds_stopped.

    `complete_to`: of events the last one, of feeds the moment since which each was asked, else the last import. States:
    good; failed (newer imports of the kind did, the first of them at `failed_at`); nothing yet.
    """
    rows = [
        {**row, "label": _SUBJECTS[row["subject"]], "state": _state_of_source(row)}
        for row in ask(connection, "sources/sources")
    ]
    return Answer(
        (
            Column("label", "Source"),
            Column("state", "State"),
            Column("complete_to", "Data up to", "datetime"),
            Column("imported_at", "Last import", "datetime"),
            Column("import_source", "From"),
            Column("records_imported", "Rows taken", "count"),
            Column("records_refused", "Rows refused", "count"),
            Column("failed_at", "Failed since", "datetime"),
            Column("error_message", "Problem"),
        ),
        rows,
        as_of=datetime.now(UTC),
        covers=None,
    )


def imports(connection: Connection) -> Answer:
    """One row per import that began lately, the newest first: source, label, state, started_at, seconds,
    records_imported, records_duplicate, records_refused, error_message, import_id.

    States: done, running, failed. What a key sent by the API is one import an hour, for each kind of events.
    """
    rows = [
        {**row, "label": _IMPORTS[row["import_type"]], "state": _STATES[row["status"]]}
        for row in ask(connection, "sources/imports", limit=_RECENT)
    ]
    return Answer(
        (
            Column("source", "From"),
            Column("label", "What"),
            Column("state", "State"),
            Column("started_at", "Began", "datetime"),
            Column("seconds", "Took", "seconds"),
            Column("records_imported", "Rows taken", "count"),
            Column("records_duplicate", "Known already", "count"),
            Column("records_refused", "Rows refused", "count"),
            Column("list", "List", in_csv=False),
            Column("error_message", "Problem"),
            Column("import_id", "Import"),
        ),
        rows,
        as_of=datetime.now(UTC),
        covers=None,
    )


def _state_of_source(row: Mapping[str, Any]) -> str:
    if row["failed_at"] is not None:
        return "failed"
    return "nothing yet" if row["complete_to"] is None else "good"


def feeds(connection: Connection) -> Answer:
    """One row per feed that came from an address: podcast, state, succeeded_at, next_try_at, transcripts,
    transcripts_failing, failures, error_message.

    States: refreshed, failing (with the number of failures and what is wrong), stopped.
    """
    return Answer(
        (
            Column("podcast", "Feed of"),
            Column("state", "State"),
            Column("succeeded_at", "Last success", "datetime"),
            Column("next_try_at", "Next try", "datetime"),
            Column("transcripts", "Transcripts fetched", "count"),
            Column("transcripts_failing", "Transcripts failing", "count"),
            Column("failures", "Failures since", "count"),
            Column("error_message", "Problem"),
        ),
        [{**row, "state": _state(row)} for row in ask(connection, "sources/feeds")],
        as_of=datetime.now(UTC),
        covers=None,
    )


def _state(feed: Mapping[str, Any]) -> str:
    if feed["next_try_at"] is None:
        return "stopped"
    return "failing" if feed["failures"] else "refreshed"
