"""The list of reports: what each is, how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.access import Viewer
from dashboard.components import states
from dashboard.components.icons import icon
from dashboard.components.tables import in_parts
from queries.results import Answer
from reports.formatting import counted, format_value, instant

KINDS = {"campaign_performance": "Campaign performance", "podcast_audience": "Podcast audience"}
_STATUS = {
    "queued": ("Queued", ""),
    "running": ("In progress", "accent"),
    "ready": ("Ready", "good"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Cancelled", ""),
}


def may_report(viewer: Viewer, kind: str) -> bool:
    """Whether reports of this kind are about something that the viewer sees."""
    area = "campaigns" if kind == "campaign_performance" else "podcasts"
    return viewer.may(f"{area}.read_all") or viewer.may(f"{area}.read_own")


def library(found: Answer, viewer: Viewer, *, searched: bool, limit: int) -> Component:
    """The reports that were found, or why there is none; `limit` of them, and a button for more."""
    if found.is_empty:
        if searched:
            return states.empty("No report has such a title.", "Try another word, or clear the search.")
        return states.empty(
            "There is no report yet.",
            "Choose what it is about above; it is ready within a minute and stays here to be downloaded."
            if viewer.may("reports.create")
            else "Reports that are made for you appear here.",
        )
    rows = [_row(row, viewer) for row in found.rows[:limit]]
    more = []
    if found.totals.get("has_more"):
        more = [
            html.Button(
                "Show more",
                id={"type": "report-more", "index": 0},
                type="button",
                className="button button--small",
            )
        ]
    return html.Div([html.Ul(rows, className="report-list"), *more])


def _row(row: Mapping[str, Any], viewer: Viewer) -> Component:
    text, tone = _STATUS[row["status"]]
    zone = viewer.zone
    said = [
        KINDS[row["report_type"]],
        f"by {row['created_by_name']}" if row["created_by_name"] else "",
        instant(row["created_at"], zone),
    ]
    if row["status"] == "ready":
        said += [
            counted(row["page_count"], "page"),
            f"{format_value(max(1, row['pdf_bytes'] // 1024), 'count')} KB",
        ]
    side: list[Component] = []
    if row["status"] == "ready":
        side = [
            html.A(
                [icon("download", small=True), "Download"],
                href=f"/reports/{row['report_id']}.pdf",
                className="button button--small",
                download="",
            )
        ]
    elif row["status"] in ("queued", "running"):
        side = [
            html.Progress(value=str(row["progress_percent"]), max="100", **{"aria-label": "Progress"}),
            html.Span(row["progress_note"] or "Waiting", className="muted small"),
            html.Button(
                "Cancel",
                id={"type": "report-cancel", "report": str(row["report_id"])},
                type="button",
                className="button button--small",
            ),
        ]
    elif row["error_message"]:
        side = [html.Span(row["error_message"], className="muted small")]
    if row["status"] == "failed" and viewer.may("reports.create") and may_report(viewer, row["report_type"]):
        side.append(
            html.Button(
                [icon("refresh", small=True), "Try again"],
                id={"type": "report-again", "report": str(row["report_id"])},
                type="button",
                className="button button--small",
            )
        )
    badge = html.Span(text, className=f"badge badge--{tone}" if tone else "badge")
    return html.Li(
        [
            html.Div(
                [
                    html.Strong(row["title"]),
                    html.Span(in_parts(" · ".join(part for part in said if part)), className="muted small"),
                ],
                className="report-list__what",
            ),
            badge,
            html.Div(side, className="report-list__side"),
        ],
        className="report-list__row",
    )
