"""Podcaster overview: how many listened, when, to what, with which app and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from dash.development.base_component import Component

from dashboard import markup as html
from dashboard.access import READ_PODCASTS
from dashboard.answers import head, show_and_day, table
from dashboard.boxes import Box, View
from dashboard.components.charts import chart_view
from dashboard.components.tables import Absent
from dashboard.pages import Page
from queries import listening, listening_breakdowns, listening_trend
from queries.filters import Filters
from queries.results import Answer
from queries.session import Connection
from queries.small_cells import SMALL
from reports.figures.subjects import downloads_over_time, downloads_ranking, has_downloads
from reports.sentences import audience_sentence

_NOT_YET = "Shown when 168 hours after publication are over and the data reaches their end"


def _lead(connection: Connection, filters: Filters, figures: Answer) -> str:
    return audience_sentence(
        figures, listening_breakdowns.top_episodes(connection, filters, limit=1), filters
    )


def _head(answer: Answer, view: View) -> list[Component]:
    return head(
        answer, view, title="Overview", csv="overview.figures", report="podcast_audience", narrowed=True
    )


def _trend_with_episodes(connection: Connection, filters: Filters) -> Answer:
    answer = listening_trend.downloads_trend(connection, filters)
    if answer.is_empty or not has_downloads(answer):
        return replace(answer, rows=())
    flags = listening_trend.episode_flags(connection, filters)
    return replace(answer, totals={**answer.totals, "flags": flags})


def _trend(answer: Answer, view: View) -> Component:
    return chart_view(downloads_over_time(answer, view.filters, answer.totals["flags"]))


def _episodes(answer: Answer, view: View) -> Component:
    rows = [{**row, "first_7_day_downloads": _first_week(row)} for row in answer.rows]
    return table(
        replace(answer, rows=rows),
        view,
        caption="Episodes by downloads in the period",
        keys=("title", "downloads", "share", "change_ratio", "first_7_day_downloads"),
        kinds={"downloads": "bar"},
        sub=lambda row: show_and_day(row, view),
        sorted_by="downloads",
    )


def _first_week(row: Mapping[str, Any]) -> Any:
    """The downloads of an episode's first week, or in words why there is no number."""
    state, _, reason = (row.get("first_7_day_state") or "").partition(": ")
    if state not in ("not complete yet", "not known"):
        return row.get("first_7_day_downloads")
    return Absent(state, f"{reason[:1].upper()}{reason[1:]}" or _NOT_YET)


def _filtered_by(answer: Answer, key: str, view: View) -> dict[str, str]:
    """By value the address of this view filtered to it alone; of the one it is filtered to, the way back."""
    name = "device" if key == "device_type" else key
    query = view.filters.to_query()
    chosen = query.pop(name, "")
    rest = urlencode(query)
    others = f"{rest}&" if rest else ""
    return {
        value: f"{view.path}?{rest}".removesuffix("?")
        if value == chosen
        else f"{view.path}?{others}{urlencode({name: value})}"
        # What is not told has nothing to show when it is filtered by.
        for value in (row[key] for row in answer.rows if row["downloads"] != SMALL)
        if value
    }


def _ranking(key: str, label: str) -> Callable[[Answer, View], list[Component]]:
    """The slices as bars, and below them why some counts are not told."""

    def shown(answer: Answer, view: View) -> list[Component]:
        why = answer.totals["withheld"]
        return [
            chart_view(downloads_ranking(answer, key, label, _filtered_by(answer, key, view))),
            *([html.P(why, className="panel__foot")] if why else []),
        ]

    return shown


PAGE = Page(
    path="/overview",
    title="Overview",
    nav="Overview",
    group="Listening",
    icon="overview",
    order=30,
    any_of=READ_PODCASTS,
    filters=("period", "compare", "podcast", "app", "country", "device", "grain"),
    head=Box(
        "overview.figures",
        "Key figures",
        listening.overview_figures,
        _head,
        any_of=READ_PODCASTS,
        lead=_lead,
        room=(320, 602),
        head=True,
    ),
    rows=(
        (
            Box(
                "overview.trend",
                "Downloads over time",
                _trend_with_episodes,
                _trend,
                any_of=READ_PODCASTS,
                height=300,
                room=(356, 356),
                twin=True,
                why="downloads",
            ),
        ),
        (
            Box(
                "overview.episodes",
                "Top episodes",
                listening_breakdowns.top_episodes,
                _episodes,
                any_of=READ_PODCASTS,
                height=440,
                room=(554, 942),
                skeleton="rows",
                why="downloads",
                empty="No episode was downloaded in this period.",
            ),
        ),
        (
            Box(
                "overview.apps",
                "Apps",
                listening_breakdowns.downloads_by_app,
                _ranking("app", "App"),
                any_of=READ_PODCASTS,
                span=4,
                height=360,
                room=(462, 462),
                skeleton="rows",
                lazy=True,
                twin=True,
                why="downloads",
            ),
            Box(
                "overview.countries",
                "Countries",
                listening_breakdowns.downloads_by_country,
                _ranking("country", "Country"),
                any_of=READ_PODCASTS,
                span=4,
                height=360,
                room=(462, 426),
                skeleton="rows",
                lazy=True,
                twin=True,
                why="downloads",
            ),
            Box(
                "overview.devices",
                "Devices",
                listening_breakdowns.downloads_by_device,
                _ranking("device_type", "Device"),
                any_of=READ_PODCASTS,
                span=4,
                height=360,
                room=(462, 210),
                skeleton="rows",
                lazy=True,
                twin=True,
                why="downloads",
            ),
        ),
    ),
)
