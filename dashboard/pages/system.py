"""System: how fresh each derived relation is, what the jobs did last, and what waits. No tenant's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash.development.base_component import Component

from dashboard.answers import table
from dashboard.boxes import Box, View
from dashboard.components.frame import page_header
from dashboard.pages import Page
from queries import operations
from queries.filters import Filters
from queries.results import Answer
from queries.session import Connection

_WHO = ("system.read",)
_QUEUES = {
    "dirty_hours": "Hours with new events",
    "dirty_metric_days": "Days for plays and completion",
    "dirty_campaigns": "Campaigns for attribution",
    "reports": "Reports",
}
_TONES = {
    "up to date": "good", "late": "bad", "never": "bad", "succeeded": "good", "failed": "bad", "abandoned": "warn",
    "running": "accent", "alive": "good", "silent": "bad",
}  # fmt: skip


def _freshness(connection: Connection, filters: Filters) -> Answer:
    return operations.freshness(connection)


def _queues(connection: Connection, filters: Filters) -> Answer:
    answer = operations.pending_work(connection)
    return replace(
        answer, rows=[{**row, "queue": _QUEUES.get(row["queue"], row["queue"])} for row in answer.rows]
    )


def _jobs(connection: Connection, filters: Filters) -> Answer:
    answer = operations.job_runs_recent(connection)
    return replace(answer, rows=[{**row, "job": str(row["job"]).replace("_", " ")} for row in answer.rows])


def _workers(connection: Connection, filters: Filters) -> Answer:
    return operations.workers(connection)


def _sentence(connection: Connection, filters: Filters, answer: Answer) -> str:
    late = [str(row["label"]) for row in answer.rows if row["is_late"]]
    failed = [
        str(row["job"]).replace("_", " ")
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
    return [page_header("System", view.lead)]


def _toned(rows: Any, key: str) -> list[Mapping[str, Any]]:
    return [{**row, key: (str(row[key]).capitalize(), _TONES.get(row[key], ""))} for row in rows]


def _show_freshness(answer: Answer, view: View) -> Component:
    return table(
        replace(answer, rows=_toned(answer.rows, "state")),
        view,
        caption="When each derived relation was last up to date",
        keys=("label", "state", "refreshed_at"),
        kinds={"state": "badge"},
    )


def _show_queues(answer: Answer, view: View) -> Component:
    return table(answer, view, caption="What waits to be digested", keys=("queue", "waiting", "oldest"))


def _show_jobs(answer: Answer, view: View) -> Component:
    return table(
        replace(answer, rows=_toned(answer.rows, "status")),
        view,
        caption="The last run of each job",
        keys=("job", "status", "started_at", "duration_seconds", "rows", "failures", "error_message"),
        kinds={"status": "badge"},
    )


def _show_workers(answer: Answer, view: View) -> Component:
    return table(
        replace(answer, rows=_toned(answer.rows, "state")),
        view,
        caption="Workers heard of in the last day",
        keys=("worker", "state", "started_at", "beat_at"),
        kinds={"state": "badge"},
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
                "system.freshness", "Freshness", _freshness, _show_freshness, any_of=_WHO, span=6, height=200,
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
                empty="No job has run yet.", way_on="Is the worker running?",
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
