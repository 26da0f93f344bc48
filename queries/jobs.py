"""Runs of the worker's jobs: a slot belongs to one run, and a run to its worker as long as that shows signs of life."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from queries.session import anonymous_session
from queries.statements import ask, tell


def claim_slot(job: str, scheduled_for: datetime, worker: str, *, lease_seconds: int) -> UUID | None:
    """The run's id if this worker got the slot; None when it was run, is being run or failed already.

    A slot whose worker died is handed out again, once.
    """
    with anonymous_session(write=True) as connection:
        rows = ask(
            connection,
            "jobs/claim_slot",
            job=job,
            scheduled_for=scheduled_for,
            worker=worker,
            lease_seconds=lease_seconds,
        )
    return rows[0]["run_id"] if rows else None


def extend_lease(run_id: UUID, *, lease_seconds: int) -> bool:
    """Whether the run is still its worker's; keeps it for another `lease_seconds`."""
    with anonymous_session(write=True) as connection:
        return tell(connection, "jobs/extend_lease", run_id=run_id, lease_seconds=lease_seconds) == 1


def finish_run(
    run_id: UUID,
    status: Literal["succeeded", "failed"],
    *,
    result: Mapping[str, Any],
    error_message: str | None = None,
) -> bool:
    """Whether the end was noted: not when the run was given up as dead and taken over."""
    with anonymous_session(write=True) as connection:
        return (
            tell(
                connection,
                "jobs/finish_run",
                run_id=run_id,
                status=status,
                result=json.dumps(result),
                error_message=error_message,
            )
            == 1
        )


def abandon_dead_runs() -> list[dict[str, Any]]:
    """Runs whose worker fell silent, now marked as abandoned: job, scheduled_for, worker."""
    with anonymous_session(write=True) as connection:
        return ask(connection, "jobs/abandon_dead_runs")


def prune_runs() -> int:
    """Number of old rows removed from job_runs and the list of workers."""
    with anonymous_session(write=True) as connection:
        return tell(connection, "jobs/prune_runs") + tell(connection, "jobs/forget_workers")


def beat(worker: str, started_at: datetime) -> None:
    """Says that the worker is alive."""
    with anonymous_session(write=True) as connection:
        tell(connection, "jobs/beat", worker=worker, started_at=started_at)


def leave(worker: str) -> None:
    """Takes a worker that ends from the list."""
    with anonymous_session(write=True) as connection:
        tell(connection, "jobs/leave", worker=worker)
