"""Lines on plotly: values over time, and delivery against a booking."""

from datetime import date, timedelta

from reports.figures.chart import Chart, Series
from reports.figures.labels import EndLabel, colour_token, end_labels, label_width
from reports.figures.plotly_parts import (
    BOTTOM,
    TOP,
    Figure,
    hover_texts,
    layout_of,
    left_margin,
    note,
    text_style,
    time_axis,
    value_axis,
    x_value,
    y_value,
)
from reports.figures.scales import Ticks, time_ticks, top_value, value_ticks
from reports.figures.text_metrics import fit, text_width
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
    full = chart.complete(series)
    line = {"color": ink, "width": 2, "shape": "linear"}
    if series.role == "compare":
        line = {"color": ink, "width": 1.5, "dash": "4px,4px"}
    base = {"type": "scatter", "mode": "lines", "name": series.label, "line": line, "hovertemplate": template}
    traces: list[Figure] = [{**base, "x": xs[:full], "y": ys[:full], "customdata": said[:full]}]
    if area and series.role == "main":
        traces[0] |= {"fill": "tozeroy", "fillcolor": colour("series-1-soft", theme)}
    if full < len(xs):
        joint = max(0, full - 1)
        rest: Figure = {
            "type": "scatter",
            "mode": "lines",
            "x": xs[joint:],
            "y": ys[joint:],
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
        points = {
            "type": "scatter",
            "mode": "markers",
            "x": xs[full:],
            "y": ys[full:],
            "customdata": [f"{text}  (not complete)" for text in said[full:]],
            "hovertemplate": template,
            "marker": {"size": 7, "color": colour("surface", theme), "line": {"width": 2, "color": ink}},
            "name": series.label,
            "cliponaxis": False,
        }
        traces += [rest, points]
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
    if not chart.marks:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [x_value(mark.at) for mark in chart.marks],
            "y": [0] * len(chart.marks),
            "marker": {
                "symbol": "diamond",
                "size": 8,
                "color": colour("surface", theme),
                "line": {"width": 1.5, "color": colour("ink-2", theme)},
            },
            "cliponaxis": False,
            "customdata": [fit(mark.label, 320, 12) for mark in chart.marks],
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
        "font": text_style(theme, 12, "ink-3" if label.ink == "compare" else "ink"),
        "align": "left",
    }


def _dotted(label: EndLabel, theme: Theme | None) -> str:
    """Return the label with a dot in its line's colour; the comparison is told by its words."""
    if label.ink == "compare":
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
    annotations, shapes = _target(chart, theme)
    if chart.band:
        low, high = (chart.measure.short(value) for value in (chart.band.lows[-1], chart.band.highs[-1]))
        annotations.append(
            note(
                f"{low}\u2013{high}", 1, (float(chart.band.lows[-1]) + float(chart.band.highs[-1])) / 2, theme
            )
        )
    if main.ys:
        annotations.append(_reached(chart, pace, theme))
    right = max(
        (text_width(note["text"], 12) for note in annotations if note.get("xref") == "paper"), default=0
    )
    days = _days(pace)
    layout = layout_of(
        chart,
        theme,
        left_margin(ticks),
        right + 16,
        xaxis=time_axis(chart, time_ticks(days, "day"), theme),
        yaxis=value_axis(Ticks((*ticks.at[:-1], top), ticks.text), theme),
        annotations=annotations,
        shapes=shapes,
    )
    layout["xaxis"]["range"] = [x_value(pace.xs[0]), x_value(pace.xs[-1])]
    return {"data": data, "layout": layout}


def _reached(chart: Chart, pace: Series, theme: Theme | None) -> Figure:
    """Return the number beside the last delivered day: below it, where neither pace nor forecast runs."""
    last, first, end = (str(x) for x in (chart.main.xs[-1], pace.xs[0], pace.xs[-1]))
    days = [date.fromisoformat(text[:10]).toordinal() for text in (first, last, end)]
    late = (days[1] - days[0]) > 0.85 * (days[2] - days[0])
    return {
        "x": x_value(chart.main.xs[-1]),
        "y": y_value(chart.main.ys[-1]),
        "text": f"<b>{chart.measure.short(chart.main.ys[-1])}</b>",
        "showarrow": False,
        "xanchor": "right" if late else "left",
        "yanchor": "top",
        "xshift": -4 if late else 4,
        "yshift": -4,
        "font": text_style(theme, 12, "ink"),
    }


def _target(chart: Chart, theme: Theme | None) -> tuple[list[Figure], list[Figure]]:
    annotations: list[Figure] = []
    shapes: list[Figure] = []
    if chart.target:
        label, value = chart.target
        line = {"color": colour("target", theme), "width": 1.5}
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": y_value(value),
                "y1": y_value(value),
                "line": line,
            }
        )
        annotations.append(
            {
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "xshift": 4,
                "y": y_value(value),
                "yanchor": "bottom",
                "yshift": 2,
                "text": f"{label} <b>{chart.measure.text(value)}</b>",
                "showarrow": False,
                "font": text_style(theme, 12, "ink"),
            }
        )
    return annotations, shapes


def _days(pace: Series) -> list[date]:
    first, last = pace.xs[0], pace.xs[-1]
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    return [first + timedelta(days=place) for place in range(1, (last - first).days + 1)]
