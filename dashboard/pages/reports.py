"""Report library: ask for a PDF, watch it being made, find and download what was made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.access import Viewer, demand
from dashboard.address import filters_of
from dashboard.auth.sessions import now
from dashboard.components import states
from dashboard.components.frame import page_header
from dashboard.components.icons import icon
from dashboard.components.report_list import KINDS, library, may_report
from dashboard.pages import Page
from dashboard.plain import Plain, plain
from queries import campaigns, catalogue, report_library
from queries.campaign_states import opened_view
from queries.errors import InvalidRequest, NotFound, PodboardError
from queries.filters import Filters, parse_filters, parse_id
from queries.session import tenant_session
from reports.documents import campaign_performance
from reports.documents.words import titled
from reports.sentences import library_sentence

_PAGE_SIZE = 25
_MOST_ROWS = 500
_PERIODS = (
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("12m", "Last 12 months"),
)
_FLIGHT = "flight"
_WHAT_THEY_ARE = (
    "PDF reports are made from the same numbers as the pages, and kept here with the data that made them."
)
_LATELY = timedelta(days=30)
_DEFAULT_PERIOD = "30d"


def _rows(shown: Any) -> int:
    """How many rows the page says it shows; it may say anything."""
    return shown if type(shown) is int and _PAGE_SIZE <= shown <= _MOST_ROWS else _PAGE_SIZE


def _body(viewer: Viewer, parts: dict[str, str]) -> list[Component]:
    return [
        html.Div(_head(""), id="report-head", className="page-head"),
        *([_form()] if viewer.may("reports.create") else []),
        html.Div(
            [
                html.H2("Library", className="panel__title"),
                html.Div(
                    [
                        html.Label("Search reports", htmlFor="report-search", className="sr-only"),
                        icon("search", small=True),
                        dcc.Input(
                            id="report-search",
                            type="search",
                            placeholder="Search by title",
                            debounce=0.3,
                            className="search__input",
                        ),
                    ],
                    className="search",
                    **{"data-search": ""},
                ),
            ],
            className="panel__head",
        ),
        html.Div(
            states.loading("rows", height=360), id="report-list", className="panel", **{"aria-live": "polite"}
        ),
        dcc.Store(id="report-shown", data=_PAGE_SIZE),
        dcc.Interval(id="report-poll", interval=1500, disabled=True),
    ]


def _head(sentence: str) -> Plain:
    # Until the counts arrive a space that does not break keeps the sentence's line free.
    return page_header("Reports", sentence or "\N{NO-BREAK SPACE}", as_of=_WHAT_THEY_ARE)


def _form() -> Component:
    """Template, subject and period; the subjects a person may choose, and their periods, arrive by callback."""
    return html.Div(
        [
            _choice("report-kind", "Report"),
            _choice("report-subject", "About", searchable=True),
            _choice("report-period", "Period", data=_periods(""), value=_DEFAULT_PERIOD),
            html.Button(
                [icon("plus", small=True), "Make report"],
                id="report-make",
                type="button",
                className="button button--primary",
                disabled=True,
            ),
            html.P(id="report-error", className="form-error", role="alert"),
        ],
        className="report-form",
    )


def _choice(name: str, label: str, **more: Any) -> Component:
    return dmc.Select(
        id=name,
        label=label,
        allowDeselect=False,
        checkIconPosition="right",
        size="sm",
        className="field",
        **more,
    )


def register_callbacks(app: Dash) -> None:
    """The form, the library and the button "PDF report" of other pages."""

    @app.callback(
        Output("report-kind", "data"),
        Output("report-kind", "value"),
        Input("report-kind", "id"),
    )
    def offer_kinds(_: str) -> tuple[list[dict[str, str]], str | None]:
        viewer = demand("reports.create")
        kinds = [kind for kind in KINDS if may_report(viewer, kind)]
        return [{"value": kind, "label": KINDS[kind]} for kind in kinds], kinds[0] if kinds else None

    @app.callback(
        Output("report-subject", "data"),
        Output("report-subject", "value"),
        Output("report-make", "disabled"),
        Input("report-kind", "value"),
    )
    def offer_subjects(kind: Any) -> tuple[list[dict[str, str]], str | None, bool]:
        viewer = demand("reports.create")
        if not isinstance(kind, str) or kind not in KINDS or not may_report(viewer, kind):
            return [], None, True
        options = _subjects(viewer, kind)
        return options, options[0]["value"] if options else None, not options

    @app.callback(
        Output("report-period", "data"),
        Output("report-period", "value"),
        Input("report-subject", "value"),
        State("report-kind", "value"),
    )
    def offer_periods(subject: Any, kind: Any) -> tuple[list[dict[str, str]], str]:
        viewer = demand("reports.create")
        if kind != "campaign_performance" or not subject or not may_report(viewer, kind):
            return _periods(kind), _DEFAULT_PERIOD
        try:
            with tenant_session(viewer.actor) as connection:
                about = campaigns.campaign(connection, parse_id(str(subject), "campaign"))
        except PodboardError:
            return _periods(kind), _DEFAULT_PERIOD
        return _periods(kind), default_period(about, _filters(viewer, {}).today)

    @app.callback(
        Output("report-error", "children"),
        Output("report-poll", "disabled", allow_duplicate=True),
        Input("report-make", "n_clicks"),
        State("report-kind", "value"),
        State("report-subject", "value"),
        State("report-period", "value"),
        prevent_initial_call=True,
    )
    def make_from_form(clicks: int | None, kind: Any, subject: Any, chosen: Any) -> tuple[str, Any]:
        if not clicks:
            return "", no_update
        viewer = demand("reports.create")
        query = {"period": str(chosen or _DEFAULT_PERIOD)}
        if kind == "podcast_audience" and subject and subject != "all":
            query["podcast"] = str(subject)
        try:
            if kind == "campaign_performance":
                campaign_id = parse_id(str(subject or ""), "campaign")
                if chosen == _FLIGHT:
                    with tenant_session(viewer.actor) as connection:
                        query = flight_query(campaigns.campaign(connection, campaign_id))
                query["campaign"] = str(campaign_id)
            request_report(viewer, str(kind), _filters(viewer, query))
        except PodboardError as error:
            return str(error), no_update
        return "", False

    @app.callback(
        Output(ids.URL, "pathname", allow_duplicate=True),
        Output(ids.URL, "search", allow_duplicate=True),
        Output(ids.NOTICE, "children", allow_duplicate=True),
        Input(ids.REPORT_ASKED, "data"),
        State(ids.URL, "pathname"),
        State(ids.URL, "search"),
        prevent_initial_call=True,
    )
    def make_from_page(asked: Any, path: Any, search: Any) -> tuple[Any, Any, Any]:
        if not isinstance(asked, dict):
            return no_update, no_update, no_update
        viewer = demand("reports.create")
        try:
            request_report(viewer, str(asked.get("kind")), filters_of(viewer, str(path or "/"), search))
        except PodboardError as error:
            return no_update, no_update, str(error)
        return "/reports", "", "The report is being made."

    @app.callback(
        Output("report-list", "children"),
        Output("report-head", "children"),
        Output("report-poll", "disabled"),
        Input("report-poll", "n_intervals"),
        Input("report-search", "value"),
        Input("report-shown", "data"),
        Input("report-error", "children"),
    )
    def list_reports(_: Any, search: Any, shown: Any, __: Any) -> tuple[Any, Any, bool]:
        viewer = demand("reports.read")
        limit = _rows(shown)
        with tenant_session(viewer.actor) as connection:
            found = report_library.report_library(
                connection, search=str(search or "")[:100], limit=limit, offset=0
            )
            said = library_sentence(report_library.reports_by_status(connection))
        working = any(row["status"] in ("queued", "running") for row in found.rows)
        return (
            library(found, viewer, searched=bool(search), limit=limit),
            plain(_head(said)),
            not working,
        )

    @app.callback(
        Output("report-shown", "data"),
        Input({"type": "report-more", "index": ALL}, "n_clicks"),
        State("report-shown", "data"),
        prevent_initial_call=True,
    )
    def show_more(clicks: list[int | None], shown: Any) -> Any:
        return min(_rows(shown) + _PAGE_SIZE, _MOST_ROWS) if any(clicks) else no_update

    @app.callback(
        Output(ids.NOTICE, "children", allow_duplicate=True),
        Output("report-poll", "disabled", allow_duplicate=True),
        Input({"type": "report-cancel", "report": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def cancel(clicks: list[int | None]) -> tuple[Any, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update
        viewer = demand("reports.create")
        try:
            with tenant_session(viewer.actor, write=True) as connection:
                report_library.cancel_report(
                    connection, parse_id(str(ctx.triggered_id.get("report")), "report")
                )
        except PodboardError as error:
            return str(error), False
        return "The report was cancelled.", False

    @app.callback(
        Output(ids.NOTICE, "children", allow_duplicate=True),
        Output("report-poll", "disabled", allow_duplicate=True),
        Input({"type": "report-again", "report": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def make_again(clicks: list[int | None]) -> tuple[Any, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update
        viewer = demand("reports.create")
        try:
            report_id = parse_id(str(ctx.triggered_id.get("report")), "report")
            with tenant_session(viewer.actor) as connection:
                failed = report_library.report_status(connection, report_id)
            if failed["status"] != "failed":
                raise InvalidRequest("This report has not failed.")
            filters = _filters(viewer, failed["parameters"])
            request_report(viewer, failed["report_type"], filters, title=failed["title"])
        except PodboardError as error:
            return str(error), False
        return "The report is being made.", False


def request_report(viewer: Viewer, kind: str, filters: Filters, *, title: str = "") -> None:
    """Queues a report of this view for this person, with fixed days, under a title of its own where none is given.

    Raises InvalidRequest, NotFound.
    """
    if kind not in KINDS or not may_report(viewer, kind):
        raise InvalidRequest("This report is not part of your account.", field="kind")
    with tenant_session(viewer.actor, write=True) as connection:
        fixed = opened_view(connection, filters).with_absolute_period()
        about = KINDS[kind]
        if kind == "campaign_performance":
            if fixed.campaign_id is None:
                raise NotFound("Choose a campaign first.")
            name = str(campaigns.campaign(connection, fixed.campaign_id)["name"])
            about = campaign_performance.named(name, campaign_performance.narrowed_line(connection, fixed))
        report_library.request_report(
            connection,
            report_type=kind,
            parameters=fixed.to_query(),
            title=title or titled(about, fixed),
            created_by=viewer.user_id,
            idempotency_key=secrets.token_urlsafe(16),
        )


def _periods(kind: Any) -> list[dict[str, str]]:
    """The periods that a report of this kind may cover."""
    flight = ((_FLIGHT, "Whole flight"),) if kind == "campaign_performance" else ()
    return [{"value": value, "label": label} for value, label in (*flight, *_PERIODS)]


def default_period(about: Mapping[str, Any], today: date) -> str:
    """The period that says most of a campaign: its flight, unless that has begun more than 30 days ago and goes on.

    The last days say nothing of a campaign that is over or has not begun.
    """
    first, last = about["flight"]
    return _DEFAULT_PERIOD if first + _LATELY < today <= last else _FLIGHT


def flight_query(about: Mapping[str, Any]) -> dict[str, str]:
    """The view of a campaign's whole flight. There is nothing to compare a flight with."""
    first, last = about["flight"]
    return {"from": first.isoformat(), "to": last.isoformat(), "compare": "none"}


def _filters(viewer: Viewer, query: Mapping[str, str]) -> Filters:
    return parse_filters(query, zone=viewer.zone, now=now())


def _subjects(viewer: Viewer, kind: str) -> list[dict[str, str]]:
    with tenant_session(viewer.actor) as connection:
        if kind == "podcast_audience":
            podcasts = catalogue.filter_options(connection)["podcasts"]
            every = [{"value": "all", "label": "All podcasts"}] if len(podcasts) > 1 else []
            return every + [{"value": str(key), "label": str(name)} for key, name in podcasts]
        cards = campaigns.campaign_cards(connection, _filters(viewer, {}))
        return [
            {"value": str(row["campaign_id"]), "label": f"{row['name']} · {row['sponsor_name']}"}
            for row in cards.rows
        ]


PAGE = Page(
    path="/reports",
    title="Reports",
    nav="Reports",
    group="Library",
    icon="reports",
    order=40,
    any_of=("reports.read",),
    body=_body,
    register_callbacks=register_callbacks,
)
