"""How the system is doing: freshness of every derived relation, runs of jobs, queues and workers. No tenant data.

Freshness is for everybody. Runs, queues and workers are of all tenants together: a tenant's session gets no rows of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from queries.results import Answer, Column
from queries.session import anonymous_session
from queries.statements import ask

SILENT_AFTER_SECONDS = 30
"""A worker that was not heard of for this long is taken for dead."""

_EXPECTED = {
    "rollups": ("Downloads, listeners and campaigns", 180),
    "metrics_daily": ("Plays, completion and listening time", 300),
    "attribution": ("Attribution", 300),
    "aggregates": ("Totals by hour and day", 3 * 3600),
}
"""Relation of refresh_states: its name for people, and the age in seconds from which it counts as late."""


def freshness(connection: Connection) -> Answer:
    """One row per derived relation: how old it is, and whether that is late.

    Shape: relation, label, state, is_late, refreshed_at, age_seconds, late_after_seconds.
    Relations that were never refreshed stand in it too, without a time and late; `aggregates` only where it is kept.
    """
    found = {row["relation"]: row for row in ask(connection, "operations/freshness")}
    rows = []
    for relation, (label, late_after) in _EXPECTED.items():
        if relation == "aggregates" and relation not in found:
            continue  # on plain PostgreSQL they are part of the rollups
        row = found.get(relation, {})
        age = row.get("age_seconds")
        rows.append(
            {
                "relation": relation,
                "label": label,
                "refreshed_at": row.get("refreshed_at"),
                "age_seconds": age,
                "late_after_seconds": late_after,
                "is_late": age is None or age > late_after,
                "state": "never" if age is None else "late" if age > late_after else "up to date",
            }
        )
    return Answer(
        (
            Column("label", "Numbers"),
            Column("state", "State"),
            Column("refreshed_at", "As of", "datetime"),
            Column("age_seconds", "Age", "seconds"),
        ),
        rows,
        as_of=datetime.now(UTC),
        covers=None,
    )


def job_runs_recent(connection: Connection) -> Answer:
    """One row per job: its newest run, when it last succeeded, and failures in the last 24 hours. None for a tenant."""
    return Answer(
        (
            Column("job", "Job"),
            Column("status", "State"),
            Column("scheduled_for", "Scheduled", "datetime"),
            Column("started_at", "Started", "datetime"),
            Column("finished_at", "Finished", "datetime"),
            Column("duration_seconds", "Took", "seconds"),
            Column("worker", "Worker"),
            Column("rows", "Rows", "count"),
            Column("error_message", "Problem"),
            Column("succeeded_at", "Last success", "datetime"),
            Column("failures", "Failures in 24 h", "count"),
        ),
        ask(connection, "operations/job_runs_recent"),
        as_of=datetime.now(UTC),
        covers=None,
    )


def pending_work(connection: Connection) -> Answer:
    """One row per queue: queue, waiting, oldest. None for a tenant."""
    return Answer(
        (
            Column("queue", "Queue"),
            Column("waiting", "Waiting", "count"),
            Column("oldest", "Oldest", "datetime"),
        ),
        ask(connection, "operations/pending_work"),
        as_of=datetime.now(UTC),
        covers=None,
    )


def workers(connection: Connection) -> Answer:
    """One row per worker heard of in the last day: worker, state, is_alive, started_at, beat_at, silent_seconds.

    None for a tenant.
    """
    rows = []
    for row in ask(connection, "operations/workers"):
        is_alive = row["silent_seconds"] <= SILENT_AFTER_SECONDS
        rows.append({**row, "is_alive": is_alive, "state": "alive" if is_alive else "silent"})
    return Answer(
        (
            Column("worker", "Worker"),
            Column("state", "State"),
            Column("started_at", "Since", "datetime"),
            Column("beat_at", "Last heard", "datetime"),
            Column("silent_seconds", "Silent for", "seconds"),
        ),
        rows,
        as_of=datetime.now(UTC),
        covers=None,
    )


@dataclass(frozen=True, slots=True)
class Health:
    """The short answer for a health check: numbers and names of ours, no tenant data."""

    is_worker_alive: bool
    late: tuple[str, ...]
    ages: dict[str, float | None]
    waiting: dict[str, int]


def health() -> Health:
    """Worker, freshness and queues in one transaction. Raises DatabaseUnavailable when it cannot be asked."""
    with anonymous_session() as connection:
        fresh: list[Any] = list(freshness(connection).rows)
        alive = any(row["is_alive"] for row in workers(connection).rows)
        queues = pending_work(connection).rows
    return Health(
        is_worker_alive=alive,
        late=tuple(row["relation"] for row in fresh if row["is_late"]),
        ages={
            row["relation"]: None if row["age_seconds"] is None else float(row["age_seconds"])
            for row in fresh
        },
        waiting={row["queue"]: row["waiting"] for row in queues},
    )
