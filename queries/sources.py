"""Where a tenant's data comes from: how each source is doing, and as of when what it brought is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from queries.results import Answer, Column
from queries.statements import ask


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
