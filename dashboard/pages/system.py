"""System: how fresh each derived relation is, what the jobs did last, and what waits."""

from __future__ import annotations

from dash.development.base_component import Component

from dashboard.answers import table
from dashboard.boxes import Box, View
from dashboard.pages import Page
from queries import operations
from queries.results import Answer

_WHO = ("system.read",)


def _freshness(answer: Answer, view: View) -> Component:
    return table(
        answer,
        view,
        caption="When each derived relation was last up to date",
        keys=tuple(column.key for column in answer.columns),
    )


def _jobs(answer: Answer, view: View) -> Component:
    return table(
        answer, view, caption="The last run of each job", keys=tuple(column.key for column in answer.columns)
    )


PAGE = Page(
    path="/system",
    title="System",
    nav="System",
    group="Operations",
    icon="system",
    order=80,
    any_of=_WHO,
    rows=(
        (
            Box(
                "system.freshness",
                "Freshness",
                lambda connection, filters: operations.freshness(connection),
                _freshness,
                any_of=_WHO,
                span=6,
                height=240,
                skeleton="rows",
                empty="Nothing has been processed yet.",
                way_on="Is the worker running?",
            ),
            Box(
                "system.queues",
                "Waiting",
                lambda connection, filters: operations.pending_work(connection),
                _freshness,
                any_of=_WHO,
                span=6,
                height=240,
                skeleton="rows",
                empty="Nothing waits.",
                way_on="",
            ),
        ),
        (
            Box(
                "system.jobs",
                "Jobs",
                lambda connection, filters: operations.job_runs_recent(connection),
                _jobs,
                any_of=_WHO,
                height=440,
                skeleton="rows",
                empty="No job has run yet.",
                way_on="Is the worker running?",
            ),
        ),
        (
            Box(
                "system.workers",
                "Workers",
                lambda connection, filters: operations.workers(connection),
                _freshness,
                any_of=_WHO,
                height=120,
                skeleton="rows",
                empty="No worker is alive.",
                way_on="Start one with: podboard worker",
            ),
        ),
    ),
)
