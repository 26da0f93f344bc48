"""Lines on plotly: values over time, and delivery against a booking."""

from datetime import date, timedelta
from html import escape

from reports.figures.chart import Chart, Series
from reports.figures.labels import (
    QUIET,
    EndLabel,
    colour_token,
    edge_labels,
    end_labels,
    ends_at_edge,
    label_width,
    reached_place,
    spaced_marks,
)
from reports.figures.plotly_parts import (
    BOTTOM,
    TOP,
    Figure,
    hover_texts,
    layout_of,
    left_margin,
    text_style,
    time_axis,
    value_axis,
    x_value,
    y_value,
)
from reports.figures.scales import Ticks, time_ticks, top_value, value_ticks
from reports.figures.text_metrics import fit
from reports.figures.tokens import Theme, colour


def trend(chart: Chart, theme: Theme | None) -> Figure:
    """Return values over time, what is not complete dotted and hatched."""
    ticks = value_ticks(top_value(chart), chart.measure)
    labels = end_labels(chart, chart.height - TOP - BOTTOM, float(str(ticks.at[-1])))
    mains = [series for series in chart.series if series.role == "main"]
    data: list[Figure] = []
    # The area lies below, the comparison over it, or it would be covered.
    for series in sorted(chart.series, key=lambda one: one.role != "main"):
        data += _line(chart, series, theme, area=len(mains) == 1)
        if series.role == "main" and chart.complete(series) == len(series.xs):
            data.append(_last_dot(series, theme))
    data += _flags(chart, theme)
    layout = layout_of(
        chart,
        theme,
        left_margin(ticks),
        label_width(labels) + 16,
        xaxis=time_axis(chart, time_ticks(chart.main.xs, chart.grain), theme),
        yaxis=value_axis(ticks, theme),
        annotations=[_end_annotation(label, theme) for label in labels],
    )
    if len(chart.main.xs) > 1:
        layout["xaxis"]["range"] = [x_value(chart.main.xs[0]), x_value(chart.main.xs[-1])]
    return {"data": data, "layout": layout}


def _line(chart: Chart, series: Series, theme: Theme | None, *, area: bool) -> list[Figure]:
    ink = colour(colour_token(series), theme)
    said, template = hover_texts(chart, series)
    xs = [x_value(x) for x in series.xs]
    ys = [y_value(value) for value in series.ys]
    full, first = chart.complete(series), int(chart.cut_first and series.role == "main")
    line = {"color": ink, "width": 2, "shape": "linear"}
    if series.role == "compare":
        line = {"color": ink, "width": 1.5, "dash": "4px,4px"}
    base = {"type": "scatter", "mode": "lines", "name": series.label, "line": line, "hovertemplate": template}
    whole = slice(first, max(first, full))
    traces: list[Figure] = [{**base, "x": xs[whole], "y": ys[whole], "customdata": said[whole]}]
    if any(y is None for y in ys[whole]):
        # Between gaps a value may stand alone, where no line would show it; and an area would bridge them.
        traces[0] |= {"mode": "lines+markers", "marker": {"color": ink, "size": 4}}
    elif area and series.role == "main":
        traces[0] |= {"fill": "tozeroy", "fillcolor": colour("series-1-soft", theme)}
    # Each stretch that is not complete is joined to its neighbour by a line of its own.
    stretches = [slice(0, 2)] if first and full > 1 else []
    stretches += [slice(max(0, full - 1), None)] if full < len(xs) else []
    for stretch in stretches:
        rest: Figure = {
            "type": "scatter",
            "mode": "lines",
            "x": xs[stretch],
            "y": ys[stretch],
            "line": {**line, "dash": "2px,3px"},
            "hoverinfo": "skip",
            "name": f"{series.label}, not complete",
        }
        if area:
            rest |= {
                "fill": "tozeroy",
                "fillcolor": "rgba(0,0,0,0)",
                "fillpattern": {
                    "shape": "/",
                    "size": 6,
                    "solidity": 0.16,
                    "fgcolor": ink,
                    "bgcolor": "rgba(0,0,0,0)",
                },
            }
        traces.append(rest)
    places = [place for place in range(len(xs)) if not chart.is_whole(series, place)]
    if places:
        points = {
            "type": "scatter",
            "mode": "markers",
            "x": [xs[place] for place in places],
            "y": [ys[place] for place in places],
            "customdata": [said[place] for place in places],
            "hovertemplate": template,
            "marker": {"size": 7, "color": colour("surface", theme), "line": {"width": 2, "color": ink}},
            "name": series.label,
            "cliponaxis": False,
        }
        traces.append(points)
    return traces


def _last_dot(series: Series, theme: Theme | None) -> Figure:
    places = [place for place, value in enumerate(series.ys) if value is not None]
    last = places[-1:]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x_value(series.xs[place]) for place in last],
        "y": [y_value(series.ys[place]) for place in last],
        "marker": {
            "size": 7,
            "color": colour(colour_token(series), theme),
            "line": {"width": 1.5, "color": colour("surface", theme)},
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
        "name": series.label,
    }


def _flags(chart: Chart, theme: Theme | None) -> list[Figure]:
    marks = spaced_marks(chart)
    if not marks:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [x_value(mark.at) for mark in marks],
            "y": [0] * len(marks),
            "marker": {
                "symbol": "diamond",
                "size": 8,
                "color": colour("surface", theme),
                "line": {"width": 1.5, "color": colour("ink-2", theme)},
            },
            "cliponaxis": False,
            # Titles are the publishers' own: what plotly would take for markup stays text.
            "customdata": [
                "<br>".join(escape(fit(line, 320, 12), quote=False) for line in mark.label.splitlines())
                for mark in marks
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
            "name": "Events",
        }
    ]


def _end_annotation(label: EndLabel, theme: Theme | None) -> Figure:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 8,
        "yref": "y",
        "y": label.value,
        "yshift": -label.down,
        "yanchor": "middle",
        "text": f"<b>{label.text}</b>" if label.strong else _dotted(label, theme),
        "showarrow": False,
        "font": text_style(theme, 12, QUIET.get(label.ink, "ink")),
        "align": "left",
    }


def _dotted(label: EndLabel, theme: Theme | None) -> str:
    """Return the label with a dot in its line's colour; comparison and target are told by their words."""
    if label.ink in QUIET:
        return label.text
    return f'<span style="color:{colour(label.ink, theme)}">\u25cf</span> {label.text}'


def delivery(chart: Chart, theme: Theme | None) -> Figure:
    """Return cumulative delivery with booking, even pace and forecast."""
    ticks = value_ticks(top_value(chart), chart.measure)
    top = float(str(ticks.at[-1]))
    pace = next(series for series in chart.series if series.role == "target")
    main = chart.main
    data: list[Figure] = []
    ink = colour("series-1", theme)
    if chart.band:
        edges = {"type": "scatter", "mode": "lines", "line": {"width": 0, "color": ink}, "hoverinfo": "skip"}
        xs = [x_value(x) for x in chart.band.xs]
        data.append({**edges, "x": xs, "y": [y_value(v) for v in chart.band.lows], "name": "Forecast, low"})
        data.append(
            {
                **edges,
                "x": xs,
                "y": [y_value(v) for v in chart.band.highs],
                "name": chart.band.label,
                "fill": "tonexty",
                "fillcolor": colour("series-1-soft", theme),
            }
        )
    data.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": pace.label,
            "x": [x_value(x) for x in pace.xs],
            "y": [y_value(value) for value in pace.ys],
            "line": {"color": colour("compare", theme), "width": 1.5, "dash": "4px,4px"},
            "hoverinfo": "skip",
        }
    )
    if not chart.is_empty and main.xs:
        data += _line(chart, main, theme, area=False)
        data.append(_last_dot(main, theme))
    pixels = chart.height - TOP - BOTTOM
    labels = edge_labels(chart, pixels, top)
    annotations = [
        # On a narrow plot the page's script moves the booking onto its line and leaves the others out.
        {**_end_annotation(label, theme), **({"name": "target"} if label.ink == "target" else {})}
        for label in labels
    ]
    if main.ys and not ends_at_edge(chart):
        annotations.append(_reached(chart, reached_place(chart, pixels, top), theme))
    days = _days(pace)
    layout = layout_of(
        chart,
        theme,
        left_margin(ticks),
        label_width(labels) + 16,
        xaxis=time_axis(chart, time_ticks(days, "day"), theme),
        yaxis=value_axis(Ticks((*ticks.at[:-1], top), ticks.text), theme),
        annotations=annotations,
        shapes=_target(chart, theme),
    )
    layout["xaxis"]["range"] = [x_value(pace.xs[0]), x_value(pace.xs[-1])]
    return {"data": data, "layout": layout}


def _reached(chart: Chart, place: tuple[bool, bool], theme: Theme | None) -> Figure:
    """Return the number beside the last delivered day: below or above it, after or before it."""
    below, after = place
    return {
        "x": x_value(chart.main.xs[-1]),
        "y": y_value(chart.main.ys[-1]),
        "text": f"<b>{chart.measure.short(chart.main.ys[-1])}</b>",
        "showarrow": False,
        "xanchor": "left" if after else "right",
        "yanchor": "top" if below else "bottom",
        "xshift": 4 if after else -4,
        "yshift": -4 if below else 4,
        "font": text_style(theme, 12, "ink"),
    }


def _target(chart: Chart, theme: Theme | None) -> list[Figure]:
    if not chart.target:
        return []
    at = y_value(chart.target[1])
    line = {"color": colour("target", theme), "width": 1.5}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line}]


def _days(pace: Series) -> list[date]:
    first, last = pace.xs[0], pace.xs[-1]
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    return [first + timedelta(days=place) for place in range(1, (last - first).days + 1)]
