"""Freshness: as of when the reader's numbers are complete. Nothing about other tenants, queues or machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash.development.base_component import Component

from dashboard import markup as html
from dashboard.access import READ_SYSTEM
from dashboard.answers import table
from dashboard.boxes import Box, View
from dashboard.components.frame import page_header
from dashboard.components.icons import icon
from dashboard.components.states import foot
from dashboard.pages import Page
from dashboard.pages.system import show_freshness
from dashboard.plain import Plain
from queries import operations, sources
from queries.filters import Filters
from queries.ingest.tally import late_words
from queries.results import Answer
from queries.session import Connection
from reports.formatting import counted, day, instant, local

_WHO = (READ_SYSTEM,)
_NAMED = 3
_OLDER = (
    "The newest files and feeds, and the newest hours of what comes request by request. "
    "Older ones are in the CSV, with the address of each list of refused rows."
)
_TONES = {
    "refreshed": "good",
    "failing": "bad",
    "stopped": "",
    "good": "good",
    "failed": "bad",
    "refused": "bad",
    "silent": "warn",
    "ended": "",
    "nothing yet": "",
    "done": "good",
    "running": "accent",
}


def _freshness(connection: Connection, filters: Filters) -> Answer:
    return operations.freshness(connection)


def _feeds(connection: Connection, filters: Filters) -> Answer:
    return sources.feeds(connection)


def _sources(connection: Connection, filters: Filters) -> Answer:
    return sources.sources(connection)


def _show_sources(answer: Answer, view: View) -> Component:
    rows = [{**row, "state": (str(row["state"]).capitalize(), _TONES[row["state"]])} for row in answer.rows]

    def under(row: Mapping[str, Any]) -> str:
        """What it brings, and since when and why none comes or what came last: as columns they would be cut off."""
        if row["failed_at"] is not None:
            since = f"Failed since {instant(row['failed_at'], view.filters.zone)}"
            said = f"{since}: {row['error_message']}" if row["error_message"] else since
        elif row["state"][0] in ("Silent", "Ended"):
            said = f"Nothing since {day(row['came_last_on'])}, usually {_usually(row['usual_days'])}"
        else:
            # The files of a source stand among the imports.
            said = "" if row["label"] else row["import_source"] or ""
        return " · ".join(filter(None, (row["label"], said)))

    return table(
        replace(answer, rows=rows),
        view,
        caption="Up to when there is data of each source, and what it brought last",
        keys=("name", "state", "complete_to", "imported_at", "records_imported", "records_refused"),
        kinds={"state": "badge"},
        sub=under,
    )


def _usually(days: int) -> str:
    return "daily" if days == 1 else f"every {days} days or oftener"


def _show_feeds(answer: Answer, view: View) -> Component:
    rows = [{**row, "state": (str(row["state"]).capitalize(), _TONES[row["state"]])} for row in answer.rows]
    troubled = any(row["failures"] for row in answer.rows)
    return table(
        replace(answer, rows=rows),
        view,
        caption="Podcast feeds that are asked again every hour",
        keys=(
            "podcast", "state", "succeeded_at", "next_try_at", "transcripts",
            *(("transcripts_failing",) if any(row["transcripts_failing"] for row in answer.rows) else ()),
            *(("failures", "error_message") if troubled else ()),
        ),
        kinds={"state": "badge"},
    )  # fmt: skip


def _imports(connection: Connection, filters: Filters) -> Answer:
    return sources.imports(connection)


def _every_import(connection: Connection, filters: Filters) -> Answer:
    """For the CSV: all there are, with where the list of the rows that one refused is found."""
    answer = sources.every_import(connection)
    rows = [{**row, "list": _address_of(row) if row["records_refused"] else None} for row in answer.rows]
    columns = tuple(
        replace(column, label="List of refused rows", in_csv=True) if column.key == "list" else column
        for column in answer.columns
    )
    return replace(answer, columns=columns, rows=rows)


def _show_imports(answer: Answer, view: View) -> list[Component]:
    rows = [
        {**row, "state": (str(row["state"]).capitalize(), _TONES[row["state"]]), "list": _list_of(row)}
        for row in answer.rows
    ]
    shown = table(
        replace(answer, rows=rows),
        view,
        caption="The last imports, and what became of their rows",
        keys=(
            "source", "state", "started_at", "seconds", "records_imported", "records_duplicate", "records_refused",
            "list",
        ),
        kinds={"state": "badge", "list": "node"},
        sub=_under_import,
    )  # fmt: skip
    return [shown, foot(_OLDER)] if answer.totals["older"] else [shown]


def _under_import(row: Mapping[str, Any]) -> str:
    """What an import was of, what it changed of those before it, and what was wrong."""
    changed = late_words(row["taken_back"], row["counted_late"])
    return " · ".join(filter(None, (row["label"], changed, row["error_message"])))


def _list_of(row: Mapping[str, Any]) -> Plain | None:
    """Leads to the refused rows of an import."""
    if not row["records_refused"]:
        return None
    return html.A(
        [
            icon("download", small=True),
            "CSV",
            html.Span(f" of the rows refused from {row['source']}", className="sr-only"),
        ],
        href=_address_of(row),
        className="quiet",
        title="Download the refused rows as CSV",
        download="",
    )


def _address_of(row: Mapping[str, Any]) -> str:
    return f"/imports/{row['import_id']}/refused.csv"


def _sentence(connection: Connection, filters: Filters, answer: Answer) -> str:
    late = [row for row in answer.rows if row["is_late"]]
    missing = _missing(sources.sources(connection), filters)
    if late:
        stand = " and ".join(f"{row['label']} ({_since(row, filters)})" for row in late)
        return " ".join([f"Numbers stand still: {stand}. What is shown is right up to then.", *missing])
    oldest = min(row["refreshed_at"] for row in answer.rows)
    counted_up = f"Everything received by {instant(oldest, filters.zone)} is counted"
    return " ".join([f"{counted_up}.", *missing]) if missing else f"{counted_up}, and no source failed."


def _missing(found: Answer, filters: Filters) -> list[str]:
    """What was not received: of sources that failed, of those that are silent, of feeds that bring nothing new."""
    said = []
    # What never brought anything is no source yet.
    known = [row for row in found.rows if row["state"] != "nothing yet"]
    failed = [row for row in known if row["state"] == "failed"]
    if failed:
        first = day(local(min(row["failed_at"] for row in failed), filters.zone))
        said.append(
            f"{len(failed)} of {counted(len(known), 'source')} failed since {first}, so what "
            f"{'it holds' if len(failed) == 1 else 'they hold'} is missing."
        )
    refused = [row for row in known if row["state"] == "refused"]
    if refused:
        names = " and ".join(str(row["name"]) for row in refused[:_NAMED])
        more = f" and {counted(len(refused) - _NAMED, 'more source')}" if len(refused) > _NAMED else ""
        said.append(f"Every row of {names}{more} was refused.")
    silent = sorted((row for row in known if row["state"] == "silent"), key=lambda row: row["came_last_on"])
    if silent:
        names = " and ".join(
            f"{row['name']} since {day(row['came_last_on'])} (usually {_usually(row['usual_days'])})"
            for row in silent[:_NAMED]
        )
        more = f" and {counted(len(silent) - _NAMED, 'more source')}" if len(silent) > _NAMED else ""
        said.append(f"Nothing has come from {names}{more}.")
    for row in found.rows:
        quiet = {"stopped": row.get("feeds_stopped") or 0, "failing": row.get("feeds_failing") or 0}
        if count := sum(quiet.values()):
            why = " and ".join(
                word if number == count else f"{number} {word}" for word, number in quiet.items() if number
            )
            said.append(
                f"{count} of {counted(row['feeds'], 'feed')} {'brings' if count == 1 else 'bring'} nothing new "
                f"({why}), so {'its' if count == 1 else 'their'} later episodes are missing."
            )
    return said


def _since(row: Mapping[str, Any], filters: Filters) -> str:
    return f"as of {instant(row['refreshed_at'], filters.zone)}" if row["refreshed_at"] else "not yet counted"


def _head(answer: Answer, view: View) -> list[Component]:
    return [
        page_header(
            "Freshness",
            view.lead,
            as_of="New downloads, plays and conversions are in the numbers within about a minute."
            " Downloads by the hour and the first days of an episode follow within about an hour.",
        )
    ]


PAGE = Page(
    path="/freshness",
    title="Freshness",
    nav="Freshness",
    group="Help",
    icon="clock",
    order=85,
    any_of=_WHO,
    head=Box("freshness.state", "Freshness", _freshness, _head, any_of=_WHO, lead=_sentence, head=True),
    rows=(
        (
            Box(
                "freshness.relations", "As of", _freshness, show_freshness, any_of=_WHO, height=200, skeleton="rows",
                empty="Nothing has been processed yet.", way_on="Ask whoever runs podboard for you.",
            ),
        ),
        (
            Box(
                "freshness.sources", "Sources", _sources, _show_sources, any_of=_WHO, height=320, skeleton="rows",
            ),
        ),
        (
            Box(
                "freshness.imports", "Imports", _imports, _show_imports, any_of=_WHO, height=320, skeleton="rows",
                lazy=True, listed=_every_import, empty="Nothing has been imported yet.",
                way_on="`podboard import --help` says how.",
            ),
        ),
        (
            Box(
                "freshness.feeds", "Feeds", _feeds, _show_feeds, any_of=_WHO, height=200, skeleton="rows",
                empty="No feed is asked by the clock.", way_on="Import one from its address.",
            ),
        ),
    ),
)  # fmt: skip
