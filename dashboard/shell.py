"""The frame round every page: what the first visitor gets is empty, everything personal comes from callbacks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.access import READ_PODCASTS, Viewer, current_viewer, home_path
from dashboard.address import filters_of, query_of, require_known, said_of, way_out
from dashboard.auth.csrf import csrf_field
from dashboard.auth.sessions import now
from dashboard.boxes import Box, View, known_box, render_box
from dashboard.components import frame, states
from dashboard.components.filter_bar import CUSTOM, Choice, Dimension, filter_bar
from dashboard.components.panels import grid, panel
from dashboard.pages import Page, all_pages, page_at, unheeded
from dashboard.plain import plain
from dashboard.still import still
from queries import campaign_delivery, catalogue
from queries.campaign_states import begins_later, opened_view
from queries.errors import InvalidRequest, NotFound
from queries.filters import Filters, parse_filters
from queries.periods import GRAINS, PRESETS, Period, allowed_grains, preset_period
from queries.session import tenant_session
from reports.formatting import counted
from reports.formatting import period as spoken_period
from reports.labels import dimension_name

_PERIOD_KEYS = {"7d": "W", "30d": "M", "90d": "Q", "12m": "Y"}
_SHORT_PERIODS = {
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "12m": "12 months",
    "24m": "2 years",
    "ytd": "This year",
}
_COMPARES = (
    Choice("previous", "Previous period"),
    Choice("year", "A year ago"),
    Choice("none", "No comparison"),
)
_GRAIN_KEYS = {"day": "D"}
_DIMENSIONS = {"podcast": "Podcast", "app": "App", "country": "Country", "device": "Device"}


def layout() -> Component:
    """The same for everybody: location, an empty frame, and where messages appear."""
    return frame.root(
        [
            dcc.Location(id=ids.URL, refresh="callback-nav"),
            dcc.Store(id=ids.PAGE_PATH),
            dcc.Store(id=ids.REPORT_ASKED),
            # What the page's script draws in place of an answer that did not arrive.
            html.Div(id=ids.FRAME, **{"data-unread": json.dumps(still(states.unread()))}),
            html.Div(id=ids.NOTICE, className="notice", role="status", **{"aria-live": "polite"}),
        ]
    )


def register_callbacks(app: Dash) -> None:
    """Routing, the one callback of all boxes, filter options and the URL as state; then what pages bring themselves."""

    @app.callback(
        Output(ids.FRAME, "children"),
        Output(ids.PAGE_PATH, "data"),
        Input(ids.URL, "pathname"),
        State(ids.URL, "search"),
    )
    def open_page(path: str | None, search: str | None) -> tuple[Any, str | None]:
        viewer = current_viewer()
        where = home_path(viewer) if path in (None, "", "/") else str(path)
        return still(plain(_frame(viewer, where, query_of(search)))), path

    # Asks for a box once it has been seen and again whenever the filters change; decided in the browser, so that boxes
    # nobody has scrolled to cost nothing.
    app.clientside_callback(
        ClientsideFunction("podboard", "boxQuery"),
        Output({"type": "box-query", "box": MATCH}, "data"),
        Input(ids.URL, "search"),
        Input({"type": "box-seen", "box": MATCH}, "data"),
        State(ids.URL, "pathname"),
        State(ids.PAGE_PATH, "data"),
        State({"type": "box-query", "box": MATCH}, "data"),
    )

    @app.callback(
        Output({"type": "box-body", "box": MATCH}, "children"),
        Input({"type": "box-query", "box": MATCH}, "data"),
        State({"type": "box-body", "box": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def draw_box(asked: Any, box_id: Any) -> Any:
        if not isinstance(asked, dict) or not isinstance(box_id, dict):
            return no_update
        viewer = current_viewer()
        path = asked.get("path") if isinstance(asked.get("path"), str) else ""
        try:
            box = known_box(box_id.get("box"))
            filters = filters_of(viewer, path, asked.get("search"))
            if box.head:
                require_known(viewer, filters, _offered(viewer, path))
        except NotFound:
            return states.empty(
                "There is nothing here for you.", "The link may be old, or it is not shared with you."
            )
        except InvalidRequest as error:
            # Said once, in the head; the other boxes stay out of sight until the address is mended.
            if not box.head:
                return []
            return plain(
                states.problem(
                    _title_of(viewer, path),
                    said_of(error),
                    "Nothing is shown until the link is right; the rest of it is kept.",
                    way_out=way_out(path, asked.get("search"), error.field),
                )
            )
        drawn = render_box(box, View(viewer, filters, path=path))
        return still(plain(_with_what_narrows_nothing(box, filters, drawn)))

    @app.callback(
        Output({"type": "filter", "key": ALL}, "data"),
        Input(ids.PAGE_PATH, "data"),
        State({"type": "filter", "key": ALL}, "id"),
        State({"type": "filter", "key": ALL}, "value"),
    )
    def offer_options(path: str | None, controls: list[dict[str, str]], chosen: list[Any]) -> list[Any]:
        asked = [control.get("key", "") for control in controls]
        if not any(key in _DIMENSIONS for key in asked):
            return [no_update] * len(asked)
        viewer = current_viewer()
        with tenant_session(viewer.actor) as connection:
            options = catalogue.filter_options(connection)
            found = page_at(path or "")
            if found is not None and "campaign_id" in found[1]:
                view = filters_of(viewer, str(path), "")
                options["podcasts"] = list(campaign_delivery.shows(connection, view).items())
        return [
            _options(key, options, values) if key in _DIMENSIONS else no_update
            # As many values as controls, whatever was sent.
            for key, values in zip(asked, [*chosen, *[None] * len(asked)], strict=False)
        ]

    app.clientside_callback(
        ClientsideFunction("podboard", "syncFilters"),
        Output(ids.URL, "search"),
        Output({"type": "filter", "key": ALL}, "value"),
        Input(ids.URL, "search"),
        Input({"type": "filter", "key": ALL}, "value"),
        State({"type": "filter", "key": ALL}, "id"),
        State({"type": "usual-period", "key": ALL}, "data"),
        prevent_initial_call=True,
    )
    for page in all_pages():
        if page.register_callbacks:
            page.register_callbacks(app)


def _with_what_narrows_nothing(box: Box, filters: Filters, drawn: Any) -> Any:
    """The box, and that it is of more than the address asks for where that is so; below the figures of a head."""
    by = unheeded(box, filters)
    if not by:
        return drawn
    said = html.P(f"Not narrowed {by}: these numbers are of the whole.", className="facts muted")
    body = drawn if isinstance(drawn, list) else [drawn]
    return [*body, said] if box.head else [said, *body]


def _title_of(viewer: Viewer, path: str) -> str:
    found = page_at(home_path(viewer) if path in ("", "/") else path)
    return found[0].title if found else ""


def _offered(viewer: Viewer, path: str) -> tuple[str, ...]:
    """The filters that the page of a path offers."""
    found = page_at(home_path(viewer) if path in ("", "/") else path)
    return found[0].filters if found else ()


def _options(key: str, options: dict[str, Any], chosen: Any) -> list[dict[str, str]]:
    """What a control offers, and what the address has chosen beside it: a control drops a value that it does not offer,
    and the page would quietly show more than was asked for.
    """
    found = options[{"podcast": "podcasts", "app": "apps", "country": "countries", "device": "devices"}[key]]
    pairs = [option if isinstance(option, tuple) else (option, option) for option in found]
    offered = {str(value) for value, _ in pairs}
    known = [
        {"value": str(value), "label": str(label) if key == "podcast" else dimension_name(key, str(label))}
        for value, label in pairs
    ]
    named = [value for value in chosen if isinstance(value, str)] if isinstance(chosen, list) else []
    return known + [
        {"value": value, "label": "Unknown podcast" if key == "podcast" else dimension_name(key, value)}
        for value in named[:100]
        if value not in offered
    ]


def _frame(viewer: Viewer, path: str, query: dict[str, str]) -> list[Component]:
    found = page_at(path)
    page = found[0] if found is not None and found[0].open_to(viewer) else None
    title = "Not found"
    if page and found:
        try:
            title = page.title_for(viewer, found[1])
        except NotFound:
            page = None
    navigation = [
        frame.NavItem(
            entry.nav,
            entry.path,
            entry.icon,
            entry.group,
            current=page is not None and entry.path == _nav_path(page),
        )
        for entry in all_pages()
        if entry.nav and entry.open_to(viewer)
    ]
    return frame.frame(
        navigation=navigation,
        brand=viewer.brand_name,
        logo_svg=viewer.logo_svg,
        accent=viewer.primary_color,
        person=viewer.name,
        email=viewer.email,
        zone=viewer.time_zone,
        title=title,
        trail=page.crumbs if page else (),
        logout_fields=[csrf_field()],
        body=_page(viewer, page, found[1], query)
        if page and found
        else [states.page_missing(home_path(viewer))],
    )


def _nav_path(page: Page) -> str:
    return page.crumbs[0][1] if page.crumbs else page.path


def _page(viewer: Viewer, page: Page, parts: dict[str, str], query: dict[str, str]) -> list[Component]:
    body: list[Component] = []
    if page.filters:
        body.extend(_filter_bar(viewer, page, parts, query))
    if page.head:
        skeleton = [states.loading("sentence"), states.loading("kpis")]
        body.append(
            html.Div(
                [html.Div(skeleton, id=ids.box_body(page.head.id)), *_stores(page.head)],
                className="page-head",
                style=states.room(*page.head.room) if page.head.room else {},
            )
        )
    body.extend(grid(*(_place(box, parts) for box in row)) for row in page.rows)
    if page.body:
        body.extend(page.body(viewer, parts))
    return body


def _filter_bar(viewer: Viewer, page: Page, parts: dict[str, str], query: dict[str, str]) -> list[Component]:
    """The bar with what the address says already chosen; the options of its dimensions arrive by callback.

    Beside it stands the period that the page's address means where it names none, for the page's script.
    """
    moment, zone = now(), viewer.zone
    usual, is_ahead = _usual_view(viewer, parts, query.get("grain", ""))
    try:
        shown = parse_filters(query, zone=zone, now=moment) if _names_period(query) else usual
    except InvalidRequest:
        shown = replace(usual, grain="day")  # the boxes say what is wrong with the address
    today = moment.astimezone(zone).date()
    period, days = query.get("period") or usual.preset or CUSTOM, None
    if query.get("from") and query.get("to"):
        try:
            days = (date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
            period = CUSTOM
        except ValueError:
            period = usual.preset or CUSTOM
    elif period == CUSTOM:
        days = (usual.period.start, usual.period.last_day)
    elif period in PRESETS and period not in _SHORT_PERIODS:
        # A period that the bar has no choice for is shown by its days.
        days, period = (shown.period.start, shown.period.last_day), CUSTOM
    periods = [
        Choice(key, _SHORT_PERIODS[key], _PERIOD_KEYS.get(key)) for key in PRESETS if key in _SHORT_PERIODS
    ]
    dimensions = tuple(
        # What the address names is offered at once, so that a chosen value never vanishes while the options load.
        Dimension(
            key,
            _DIMENSIONS[key],
            tuple(Choice(value, "…" if key == "podcast" else value) for value in chosen),
            chosen,
        )
        for key in page.filters
        if key in _DIMENSIONS
        for chosen in [tuple(part for part in query.get(key, "").split("|") if part)]
        # Who sees no listening has no apps, countries and devices to choose from; an address may name them yet.
        if key == "podcast" or chosen or any(map(viewer.may, READ_PODCASTS))
    )
    bar = filter_bar(
        periods=[*periods, Choice(CUSTOM, "Custom")],
        period=period,
        # What the calendar marks when it opens: the days that are shown.
        range_=days or (shown.period.start, shown.period.last_day),
        days=_in_two_lines(_spoken(days)) if days else "",
        compares=_COMPARES if "compare" in page.filters else (),
        compare=query.get("compare", "previous"),
        grains=_grains(shown.period) if "grain" in page.filters else (),
        grain=shown.grain,
        dimensions=dimensions,
        chips=(("filter", _chip(period, days, sum(len(one.chosen) for one in dimensions))),),
        spans={preset: preset_period(preset, today) for preset in PRESETS},
        max_date=today,
        week_start=viewer.week_start,
    )
    if is_ahead:
        # A campaign that has not begun has nothing to choose a period for: the style sheet leaves the bar out.
        bar.className += " filters--ahead"
    return [bar, dcc.Store(id={"type": "usual-period", "key": "period"}, data=_as_control(usual))]


def _grains(period: Period) -> tuple[Choice, ...]:
    """The grains to choose from; the page's script says why one is closed, and follows the period from here on."""
    allowed = allowed_grains(period)
    return tuple(
        Choice(grain, grain.capitalize(), _GRAIN_KEYS.get(grain), is_open=grain in allowed)
        for grain in GRAINS
    )


def _usual_view(viewer: Viewer, parts: dict[str, str], grain: str) -> tuple[Filters, bool]:
    """The view of the page's address without a period, and whether its subject has not begun.

    Raises: NotFound when its subject is not the viewer's.
    """
    query = {"grain": grain} if grain in GRAINS else {}
    if "campaign_id" in parts:
        query["campaign"] = parts["campaign_id"]
    filters = parse_filters(query, zone=viewer.zone, now=now())
    if filters.campaign_id is None:
        return filters, False
    with tenant_session(viewer.actor) as connection:
        return opened_view(connection, filters), begins_later(connection, filters)


def _names_period(query: dict[str, str]) -> bool:
    return any(query.get(key) for key in ("period", "from", "to"))


def _as_control(filters: Filters) -> dict[str, Any]:
    """The view's period as the bar's controls hold it."""
    if filters.preset:
        return {"period": filters.preset, "range": None}
    days = filters.period.start, filters.period.last_day
    return {"period": CUSTOM, "range": [day.isoformat() for day in days]}


def _chip(period: str, days: tuple[date, date] | None, chosen: int) -> str:
    """What the phone's one chip says: the period, and how many values are chosen beside it."""
    label = _spoken(days) if days else _SHORT_PERIODS.get(period, "Filters")
    return f"{label} · {counted(chosen, 'filter')}" if chosen else label


def _spoken(days: tuple[date, date]) -> str:
    """First and last day, as sentences say them and the page's script does."""
    return spoken_period(days[0], days[1] + timedelta(days=1), UTC)


def _in_two_lines(days: str) -> str:
    """The words of two days with one place to break: after the first of them. The page's script does the same."""
    return days.replace(" ", "\N{NO-BREAK SPACE}").replace("–\N{NO-BREAK SPACE}", "– ")


def _stores(box: Box) -> list[Component]:
    # A box above the fold is asked at once; the script asks the others when they come into sight.
    return [
        dcc.Store(id=ids.box_query(box.id)),
        dcc.Store(id=ids.box_seen(box.id), data=None if box.lazy else True),
    ]


def _place(box: Box, parts: dict[str, str]) -> Component:
    """A box before it has an answer: its frame, its skeleton and the stores that ask for it."""
    subject = {"campaign": parts["campaign_id"]} if "campaign_id" in parts else {}
    query = f"?{urlencode(subject)}" if subject else ""
    room = box.room or (box.height, box.height)
    placed = panel(
        ids.box_body(box.id),
        box.title,
        states.loading(box.skeleton, height=room[0], phone_height=room[1]),
        note=box.note or None,
        csv_href=f"/export/{box.id}.csv{query}",
        why_href=f"/why/{box.id}{query}" if box.why else None,
        twin=box.twin,
        span=box.span,
    )
    begun = " place--once-begun" if box.once_begun else ""
    watched = {"data-box": box.id} if box.lazy else {}
    return html.Div([placed, *_stores(box)], className=f"place span-{box.span}{begun}", **watched)
