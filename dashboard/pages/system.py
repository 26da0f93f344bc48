"""System: how fresh each derived relation is, what jobs did last and do next, what waits. For operators alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash.development.base_component import Component

from dashboard.access import RUN_SYSTEM
from dashboard.answers import table
from dashboard.boxes import Box, View
from dashboard.components.frame import page_header
from dashboard.jobs import JOBS, Job
from dashboard.pages import Page
from queries import operations
from queries.filters import Filters
from queries.results import Answer, Column
from queries.session import Connection

_WHO = (RUN_SYSTEM,)
_QUEUES = {
    "dirty_hours": "Hours with new events",
    "dirty_metric_days": "Days for plays and completion",
    "dirty_campaigns": "Campaigns for attribution",
    "dirty_excluded_hours": "Hours with new refused requests",
    "dirty_durations": "Episodes with a corrected duration",
    "waiting_requests": "Requests at prefixes to be counted",
    "waiting_outcomes": "Visits and refused requests to be counted",
    "reports": "PDF reports",
}
_LABELS = {job.name: job.label for job in JOBS}
_STATES = {"succeeded": "Done", "failed": "Failed", "abandoned": "Broken off", "running": "Running"}
_TONES = {
    "up to date": "good", "late": "bad", "never": "bad", "Done": "good", "Failed": "bad", "Broken off": "warn",
    "Running": "accent", "Overdue": "bad", "alive": "good", "silent": "bad",
}  # fmt: skip
_JOB_COLUMNS = (
    Column("label", "Job"),
    Column("state", "State"),
    Column("finished_at", "Last run", "datetime"),
    Column("next_at", "Next run", "datetime"),
    Column("duration_seconds", "Took", "seconds"),
    Column("rows", "Rows", "count"),
    Column("failures", "Failures in 24 h", "count"),
    Column("succeeded_at", "Last success", "datetime"),
    Column("error_message", "Problem"),
)


def _freshness(connection: Connection, filters: Filters) -> Answer:
    return operations.freshness(connection)


def _queues(connection: Connection, filters: Filters) -> Answer:
    answer = operations.pending_work(connection)
    return replace(
        answer, rows=[{**row, "queue": _QUEUES.get(row["queue"], row["queue"])} for row in answer.rows]
    )


def _jobs(connection: Connection, filters: Filters) -> Answer:
    """Every job of the table of jobs that leaves runs, whether it ran already or not."""
    runs = {row["job"]: row for row in operations.job_runs_recent(connection).rows}
    rows = []
    for job in JOBS:
        if job.slotted:
            run = runs.get(job.name, {"failures": 0})
            rows.append(
                {
                    **{column.key: run.get(column.key) for column in _JOB_COLUMNS},
                    "label": job.label,
                    "description": job.description,
                    "state": _state(job, run, filters),
                    "next_at": job.next_slot(filters.now),
                }
            )
    return Answer(_JOB_COLUMNS, rows, as_of=filters.now, covers=None)


def _state(job: Job, run: Mapping[str, Any], filters: Filters) -> str:
    """What its newest run came to; overdue when that is older than the slot before the one that runs now."""
    if "status" not in run:
        return "Not yet run"
    overdue = run["scheduled_for"] < job.slot(filters.now) - job.every - job.asked_every
    return "Overdue" if overdue and run["status"] != "running" else _STATES[run["status"]]


def _workers(connection: Connection, filters: Filters) -> Answer:
    return operations.workers(connection)


def _sentence(connection: Connection, filters: Filters, answer: Answer) -> str:
    late = [str(row["label"]) for row in answer.rows if row["is_late"]]
    failed = [
        f"\u201c{_LABELS.get(row['job'], row['job'])}\u201d"
        for row in operations.job_runs_recent(connection).rows
        if row["status"] == "failed"
    ]
    alive = [row for row in operations.workers(connection).rows if row["is_alive"]]
    workers = (
        f"{len(alive)} {'worker is' if len(alive) == 1 else 'workers are'} alive"
        if alive
        else "no worker is alive"
    )
    broken = f"; the last run of {' and '.join(failed)} failed" if failed else ""
    if not late:
        return f"Every number is up to date; {workers}{broken}."
    return f"{' and '.join(late)} {'is' if len(late) == 1 else 'are'} late; {workers}{broken}."


def _head(answer: Answer, view: View) -> list[Component]:
    return [page_header("System", view.lead, as_of="All tenants together, in UTC")]


def _toned(rows: Any, key: str) -> list[Mapping[str, Any]]:
    return [{**row, key: (str(row[key]).capitalize(), _TONES.get(row[key], ""))} for row in rows]


def show_freshness(answer: Answer, view: View) -> Component:
    """As of when each kind of number is complete, and whether that is late."""
    return table(
        replace(answer, rows=_toned(answer.rows, "state")),
        view,
        caption="As of when each kind of number is complete",
        keys=("label", "refreshed_at", "state"),
        kinds={"state": "badge"},
    )


def _show_queues(answer: Answer, view: View) -> Component:
    return table(answer, view, caption="What waits to be counted", keys=("queue", "waiting", "oldest"))


def _show_jobs(answer: Answer, view: View) -> Component:
    troubled = any(row["error_message"] for row in answer.rows)
    return table(
        replace(answer, rows=_toned(answer.rows, "state")),
        view,
        caption="The last and the next run of each job",
        keys=(
            "label", "state", "finished_at", "next_at", "duration_seconds", "rows", "failures",
            *(("error_message",) if troubled else ()),
        ),
        kinds={"state": "badge"},
        sub=lambda row: str(row["description"]),
        whole=True,
    )  # fmt: skip


def _show_workers(answer: Answer, view: View) -> Component:
    return table(
        replace(answer, rows=_toned(answer.rows, "state")),
        view,
        caption="Workers heard of in the last day",
        keys=("worker", "state", "started_at", "beat_at"),
        kinds={"state": "badge"},
        whole=True,
    )


PAGE = Page(
    path="/system",
    title="System",
    nav="System",
    group="Operations",
    icon="system",
    order=80,
    any_of=_WHO,
    head=Box("system.state", "System", _freshness, _head, any_of=_WHO, lead=_sentence, head=True),
    rows=(
        (
            Box(
                "system.freshness", "Freshness", _freshness, show_freshness, any_of=_WHO, span=6, height=200,
                skeleton="rows", empty="Nothing has been processed yet.", way_on="Is the worker running?",
            ),
            Box(
                "system.queues", "Waiting", _queues, _show_queues, any_of=_WHO, span=6, height=200, skeleton="rows",
                empty="Nothing waits.", way_on="",
            ),
        ),
        (
            Box(
                "system.jobs", "Jobs", _jobs, _show_jobs, any_of=_WHO, height=440, skeleton="rows",
            ),
        ),
        (
            Box(
                "system.workers", "Workers", _workers, _show_workers, any_of=_WHO, height=120, skeleton="rows",
                empty="No worker has been heard of in the last day.", way_on="Start one with: podboard worker",
            ),
        ),
    ),
)  # fmt: skip
