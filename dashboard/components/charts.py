"""A Chart on a page: the picture, its sentence for screen readers and its table twin."""

from typing import Any

from dash import dcc

from dashboard import markup as html
from dashboard.components.states import empty
from dashboard.plain import Plain
from reports.figures.chart import Chart, Series, Table, known
from reports.figures.labels import colour_token
from reports.figures.plotly_writer import CONFIG, write
from reports.formatting import percent


def chart_view(
    chart: Chart, *, id: Any = None, empty_reason: str = "There is no data for this choice."
) -> Plain:
    """Return the chart, or the empty state when it has no value.

    Rankings are drawn as a list (text that can be read, found and tabbed to); everything else by plotly.
    """
    if chart.is_empty and not any(series.texts for series in chart.series):
        return empty(empty_reason)
    if chart.kind == "ranking":
        picture = bar_list(chart)
        return html.Div(
            [picture, _twin(chart)], className="chart", style={"--chart-height": f"{chart.height}px"}
        )
    graph = dcc.Graph(
        figure=write(chart),
        config=CONFIG,
        style={"height": f"{chart.height}px"},
        responsive=True,
        **({"id": id} if id is not None else {}),
    )
    picture = html.Div(graph, role="img", **{"aria-label": chart.sentence})
    return html.Div(
        [*_legend(chart), html.Div(picture, className="chart__picture"), _twin(chart)],
        className="chart",
        style={"--chart-height": f"{chart.height}px"},
    )


def _legend(chart: Chart) -> list[Plain]:
    """Return a key for what the picture cannot label itself: comparison, hatching, flags, parts of columns."""
    mains = chart.drawn
    keys: list[Plain] = []
    for series in chart.series:
        if series.role != "main":
            keys.append(html.Span(series.label, className="legend__key legend__key--compare"))
    if chart.has_partial:
        keys.append(html.Span("Not complete", className="legend__key legend__key--partial"))
    if chart.marks:
        kinds = {"episode": "Episode out", "flight": "Flight", "note": "Note"}
        said = " / ".join(dict.fromkeys(kinds[mark.kind] for mark in chart.marks))
        keys.append(html.Span(said, className="legend__key legend__key--event"))
    own = [_series_key(chart, series) for series in mains]
    if chart.kind == "panels" or (not keys and len(mains) == 1):
        return []
    # Lines are named at their ends where the chart is wide enough.
    narrow = " legend--narrow" if len(mains) > 1 and chart.kind == "trend" and not keys else ""
    return [html.Div([*own, *keys], className=f"legend{narrow}", **{"aria-hidden": "true"})]


def _series_key(chart: Chart, series: Series) -> Plain:
    shape = " legend__key--block" if chart.kind == "columns" else ""
    key = f"var(--{colour_token(series)})"
    return html.Span(series.label, className=f"legend__key{shape}", style={"--key": key})


def bar_list(chart: Chart) -> Plain:
    """Return a ranking as a list of bars with label, number and share; rows link where the chart has links."""
    main = chart.main
    top = max((float(value) for value in known(main.ys)), default=0.0) or 1.0
    rows = []
    for place, name in enumerate(main.xs):
        value = main.ys[place]
        width = f"{100 * float(value or 0) / top:.2f}%"
        kind = " bars__cell--rest" if chart.is_rest(place) else "" if value else " bars__cell--none"
        cells = [
            html.Div(
                html.Span(str(name), className="bars__label", title=str(name)),
                className=f"bars__cell{kind}",
                style={"--share": width},
            ),
            html.Span(chart.value(main, place), className="bars__value"),
            html.Span(percent(chart.shares[place]) if chart.shares else "", className="bars__share"),
        ]
        address = chart.links[place] if chart.links else None
        row = (
            html.Link(cells, href=address, className="bars__row")
            if address
            else html.Div(cells, className="bars__row")
        )
        rows.append(html.Div(row, role="listitem", style={"display": "contents"}))
    return html.Div(
        [html.P(chart.sentence, className="sr-only"), html.Div(rows, className="bars", role="list")],
        className="chart__picture",
    )


def _twin(chart: Chart) -> Plain:
    return html.Div(
        twin_table(chart.table(), caption=chart.sentence),
        className="chart__twin",
        tabIndex="0",
        role="region",
        **{"aria-label": "Table"},
    )


def twin_table(table: Table, *, caption: str = "") -> Plain:
    """Return header and rows of a chart as a plain table."""
    head = [
        html.Th(name, scope="col", className="" if place == 0 else "right")
        for place, name in enumerate(table.header)
    ]
    return html.Table(
        [
            html.Caption(caption, className="sr-only"),
            html.Thead(html.Tr(head)),
            html.Tbody(html.Rows(rows=table.rows)),
        ],
        className="table table--small",
    )
