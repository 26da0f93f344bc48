"""Chart -> a plain plotly figure dict for pages.

Plain dicts, not go.Figure: a callback with a dict costs 1 ms, with go.Figure 25. Plain scatter, not scattergl,
which would need unsafe-eval. With theme None colours are written `var(--token)` and resolved by the page.
"""

from datetime import date, timedelta
from typing import Any

from reports.figures.chart import Chart, Series, X, known
from reports.figures.labels import EndLabel, colour_token, end_labels, label_width
from reports.figures.scales import Ticks, time_ticks, top_value, value_ticks
from reports.figures.text_metrics import fit, text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import change_ratio, percent, signed_percent

Figure = dict[str, Any]

TOP, BOTTOM = 16, 32
ROW = 36

CONFIG: dict[str, Any] = {
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}


def write(chart: Chart, theme: Theme | None = None) -> Figure:
    """Return the chart as a plotly figure."""
    writer = {
        "trend": _trend,
        "columns": _columns,
        "delivery": _delivery,
        "ranking": _ranking,
        "panels": _panels,
    }
    return writer[chart.kind](chart, theme)


def _x(x: X) -> X | str:
    return x.isoformat() if isinstance(x, date) else x


def _y(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else float(value)


def _text(theme: Theme | None, size: int = 12, name: str = "ink-3") -> dict[str, Any]:
    return {"family": "Inter, system-ui, sans-serif", "size": size, "color": colour(name, theme)}


def _layout(chart: Chart, theme: Theme | None, left: float, right: float, **more: Any) -> Figure:
    return {
        "height": chart.height,
        "margin": {"l": round(left), "r": round(right), "t": TOP, "b": BOTTOM, "pad": 0},
        "font": _text(theme),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverdistance": 48,
        "hoverlabel": {
            "bgcolor": colour("raised", theme),
            "bordercolor": colour("hairline-strong", theme),
            "font": _text(theme, 12, "ink"),
            "align": "left",
            "namelength": -1,
        },
        "bargap": 0.32,
        "bargroupgap": 0.08,
        "barcornerradius": 2,
        **more,
    }


def _value_axis(ticks: Ticks, theme: Theme | None) -> Figure:
    return {
        # A hair above the top tick, or its grid line would not be drawn.
        "range": [0, float(str(ticks.at[-1])) * 1.01],
        "tickvals": list(ticks.at),
        "ticktext": list(ticks.text),
        "fixedrange": True,
        "gridcolor": colour("grid", theme),
        "gridwidth": 1,
        "zeroline": True,
        "zerolinecolor": colour("axis", theme),
        "zerolinewidth": 1,
        "tickfont": _text(theme),
        "ticklabelstandoff": 8,
        "automargin": False,
    }


def _time_axis(chart: Chart, ticks: Ticks, theme: Theme | None) -> Figure:
    stamp = {"hour": "%a %-d %b, %H:%M", "day": "%a %-d %b %Y", "week": "Week of %-d %b %Y", "month": "%b %Y"}
    return {
        "type": "date",
        "tickvals": [_x(x) for x in ticks.at],
        "ticktext": list(ticks.text),
        "tickangle": 0,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "tickfont": _text(theme),
        "ticklabelstandoff": 6,
        "hoverformat": stamp.get(chart.grain, "%b %Y"),
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "data",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": colour("axis", theme),
        "automargin": False,
    }


def _hover(chart: Chart, series: Series) -> tuple[list[str], str]:
    """Return each point's text for the unified tooltip, and its template: value, whose it is, change."""
    compare = next((one for one in chart.series if one.role == "compare"), None)
    total = sum(float(value) for value in known(series.ys)) if chart.shares else 0.0
    said = []
    for place, value in enumerate(series.ys):
        text = f"<b>{chart.value(series, place)}</b>  {series.label}"
        if series.role == "compare":
            text = f"{chart.value(series, place)}  {chart.name(series, place)}"
        elif compare is not None and place < len(compare.ys):
            ratio = change_ratio(value, compare.ys[place])
            text += f"  {signed_percent(ratio)}" if ratio is not None else ""
        elif total and value is not None:
            text += f"  {percent(float(value) / total)}"
        said.append(text)
    return said, "%{customdata}<extra></extra>"


def _cut(chart: Chart, series: Series) -> int:
    """Return how many points are complete."""
    if chart.partial_from is None or series.role != "main":
        return len(series.xs)
    limit = _comparable(chart.partial_from)
    return sum(1 for x in series.xs if isinstance(x, date) and _comparable(x) < limit)


def _comparable(x: date) -> str:
    text = x.isoformat()
    return text if "T" in text else text + "T00:00:00"


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
        "font": _text(theme, 12, "ink-3" if label.ink == "compare" else "ink"),
        "align": "left",
    }


def _dotted(label: EndLabel, theme: Theme | None) -> str:
    """Return the label with a dot in its line's colour; the comparison is told by its words."""
    if label.ink == "compare":
        return label.text
    return f'<span style="color:{colour(label.ink, theme)}">\u25cf</span> {label.text}'


def _flags(chart: Chart, theme: Theme | None) -> list[Figure]:
    if not chart.marks:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [_x(mark.at) for mark in chart.marks],
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


def _line(chart: Chart, series: Series, theme: Theme | None, *, area: bool) -> list[Figure]:
    ink = colour(colour_token(series), theme)
    said, template = _hover(chart, series)
    xs = [_x(x) for x in series.xs]
    ys = [_y(value) for value in series.ys]
    full = _cut(chart, series)
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
        "x": [_x(series.xs[place]) for place in last],
        "y": [_y(series.ys[place]) for place in last],
        "marker": {
            "size": 7,
            "color": colour(colour_token(series), theme),
            "line": {"width": 1.5, "color": colour("surface", theme)},
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
        "name": series.label,
    }


def _trend(chart: Chart, theme: Theme | None) -> Figure:
    ticks = value_ticks(top_value(chart), chart.measure)
    labels = end_labels(chart, chart.height - TOP - BOTTOM, float(str(ticks.at[-1])))
    mains = [series for series in chart.series if series.role == "main"]
    data: list[Figure] = []
    # The area lies below, the comparison over it, or it would be covered.
    for series in sorted(chart.series, key=lambda one: one.role != "main"):
        data += _line(chart, series, theme, area=len(mains) == 1)
        if series.role == "main" and _cut(chart, series) == len(series.xs):
            data.append(_last_dot(series, theme))
    data += _flags(chart, theme)
    layout = _layout(
        chart,
        theme,
        _left(ticks),
        label_width(labels) + 16,
        xaxis=_time_axis(chart, time_ticks(chart.main.xs, chart.grain), theme),
        yaxis=_value_axis(ticks, theme),
        annotations=[_end_annotation(label, theme) for label in labels],
    )
    if len(chart.main.xs) > 1:
        layout["xaxis"]["range"] = [_x(chart.main.xs[0]), _x(chart.main.xs[-1])]
    return {"data": data, "layout": layout}


def _left(ticks: Ticks) -> float:
    return max(text_width(text, 12) for text in ticks.text) + 14


def _columns(chart: Chart, theme: Theme | None) -> Figure:
    ticks = value_ticks(top_value(chart), chart.measure)
    bars = [series for series in chart.series if series.role == "main"]
    data: list[Figure] = []
    # Columns stand on names, not on a time axis: months are then as wide as each other.
    names = [chart.name(bars[0], place) for place in range(len(bars[0].xs))]
    for series in chart.series:
        said, template = _hover(chart, series)
        ink = colour(colour_token(series), theme)
        if series.role == "compare":
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": series.label,
                    "x": names[: len(series.ys)],
                    "y": [_y(value) for value in series.ys],
                    "marker": {"symbol": "line-ew", "size": 24, "line": {"width": 2, "color": ink}},
                    "customdata": said,
                    "hovertemplate": template,
                    "cliponaxis": False,
                }
            )
            continue
        full = _cut(chart, series)
        trace: Figure = {
            "type": "bar",
            "name": series.label,
            "x": names,
            "y": [_y(value) for value in series.ys],
            "marker": {"color": ink},
            "customdata": said,
            "hovertemplate": template,
        }
        if full < len(names):
            hatch = ["" if place < full else "/" for place in range(len(names))]
            trace["marker"]["pattern"] = {
                "shape": hatch,
                "fillmode": "replace",
                "fgcolor": ink,
                "bgcolor": colour("series-1-soft", theme),
                "size": 6,
                "solidity": 0.3,
            }
        if len(bars) == 1:
            trace |= {
                "text": _bar_texts(chart, series),
                "textposition": "outside",
                "constraintext": "none",
                "textfont": _text(theme, 12, "ink"),
                "cliponaxis": False,
                "textangle": 0,
            }
        data.append(trace)
    short = _column_ticks(chart, bars[0], names)
    axis = {
        "type": "category",
        "tickvals": names,
        "ticktext": short,
        "tickangle": 0,
        "fixedrange": True,
        "showgrid": False,
        "tickfont": _text(theme),
        "ticklabelstandoff": 6,
        "automargin": False,
    }
    layout = _layout(
        chart,
        theme,
        _left(ticks),
        8,
        xaxis=axis,
        yaxis=_value_axis(ticks, theme),
        barmode="stack" if chart.stacked else "group",
    )
    if len(names) < 6:
        # A few columns keep their width in a wide panel.
        layout["bargap"] = 0.9 - 0.06 * len(names)
    return {"data": data, "layout": layout}


def _bar_texts(chart: Chart, series: Series) -> list[str]:
    """Return the numbers over the columns: all of a few, else the highest's and the last's."""
    values = known(series.ys)
    shown = set(range(len(series.ys)))
    if len(series.ys) > 7 and values:
        shown = {series.ys.index(max(values)), len(series.ys) - 1}
    return [chart.measure.short(value) if place in shown else "" for place, value in enumerate(series.ys)]


def _column_ticks(chart: Chart, series: Series, names: list[str]) -> list[str]:
    if series.xs and isinstance(series.xs[0], date):
        ticks = time_ticks(series.xs, chart.grain, 13)
        known_text = dict(zip((_x(x) for x in ticks.at), ticks.text, strict=True))
        return [known_text.get(_x(x), "") for x in series.xs]
    return [fit(name, 96, 12) for name in names]


def _delivery(chart: Chart, theme: Theme | None) -> Figure:
    ticks = value_ticks(top_value(chart), chart.measure)
    top = float(str(ticks.at[-1]))
    pace = next(series for series in chart.series if series.role == "target")
    main = chart.main
    data: list[Figure] = []
    ink = colour("series-1", theme)
    if chart.band:
        edges = {"type": "scatter", "mode": "lines", "line": {"width": 0, "color": ink}, "hoverinfo": "skip"}
        xs = [_x(x) for x in chart.band.xs]
        data.append({**edges, "x": xs, "y": [_y(v) for v in chart.band.lows], "name": "Forecast, low"})
        data.append(
            {
                **edges,
                "x": xs,
                "y": [_y(v) for v in chart.band.highs],
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
            "x": [_x(x) for x in pace.xs],
            "y": [_y(value) for value in pace.ys],
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
            _note(
                f"{low}\u2013{high}", 1, (float(chart.band.lows[-1]) + float(chart.band.highs[-1])) / 2, theme
            )
        )
    if main.ys:
        annotations.append(_reached(chart, pace, theme))
    right = max(
        (text_width(note["text"], 12) for note in annotations if note.get("xref") == "paper"), default=0
    )
    days = _days(pace)
    layout = _layout(
        chart,
        theme,
        _left(ticks),
        right + 16,
        xaxis=_time_axis(chart, time_ticks(days, "day"), theme),
        yaxis=_value_axis(Ticks((*ticks.at[:-1], top), ticks.text), theme),
        annotations=annotations,
        shapes=shapes,
    )
    layout["xaxis"]["range"] = [_x(pace.xs[0]), _x(pace.xs[-1])]
    return {"data": data, "layout": layout}


def _reached(chart: Chart, pace: Series, theme: Theme | None) -> Figure:
    """Return the number beside the last delivered day: below it, where neither pace nor forecast runs."""
    last, first, end = (str(x) for x in (chart.main.xs[-1], pace.xs[0], pace.xs[-1]))
    days = [date.fromisoformat(text[:10]).toordinal() for text in (first, last, end)]
    late = (days[1] - days[0]) > 0.85 * (days[2] - days[0])
    return {
        "x": _x(chart.main.xs[-1]),
        "y": _y(chart.main.ys[-1]),
        "text": f"<b>{chart.measure.short(chart.main.ys[-1])}</b>",
        "showarrow": False,
        "xanchor": "right" if late else "left",
        "yanchor": "top",
        "xshift": -4 if late else 4,
        "yshift": -4,
        "font": _text(theme, 12, "ink"),
    }


def _days(pace: Series) -> list[date]:
    first, last = pace.xs[0], pace.xs[-1]
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    return [first + timedelta(days=place) for place in range(1, (last - first).days + 1)]


def _note(text: str, x: float, y: float, theme: Theme | None) -> Figure:
    return {
        "xref": "paper",
        "x": x,
        "xanchor": "left",
        "xshift": 8,
        "y": y,
        "yanchor": "middle",
        "text": text,
        "showarrow": False,
        "font": _text(theme),
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
                "y0": _y(value),
                "y1": _y(value),
                "line": line,
            }
        )
        annotations.append(
            {
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "xshift": 4,
                "y": _y(value),
                "yanchor": "bottom",
                "yshift": 2,
                "text": f"{label} <b>{chart.measure.text(value)}</b>",
                "showarrow": False,
                "font": _text(theme, 12, "ink"),
            }
        )
    return annotations, shapes


def _ranking(chart: Chart, theme: Theme | None) -> Figure:
    main = chart.main
    top = max((float(value) for value in known(main.ys)), default=1.0) or 1.0
    texts = [chart.value(main, place) for place in range(len(main.ys))]
    shares = [percent(share) for share in chart.shares] if chart.shares else [""] * len(texts)
    right = max(
        (text_width(f"{a}  {b}", 12, strong=True) for a, b in zip(texts, shares, strict=True)), default=0
    )
    rows = list(range(len(main.ys)))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [_y(value) or 0 for value in main.ys],
            "y": rows,
            "marker": {"color": colour("bar-soft", theme)},
            "customdata": [f"<b>{text}</b>  {name}" for text, name in zip(texts, main.xs, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "name": main.label,
        }
    ]
    notes = []
    for row, name in enumerate(main.xs):
        notes.append(
            {**_note(fit(str(name), 300, 12), 0, row, theme), "xshift": 8, "font": _text(theme, 12, "ink")}
        )
        said = f"<b>{texts[row]}</b>" + (f"  {shares[row]}" if shares[row] else "")
        notes.append(
            {
                **_note(said, 1, row, theme),
                "xanchor": "right",
                "xshift": right + 8,
                "font": _text(theme, 12, "ink"),
            }
        )
    layout = _layout(
        chart,
        theme,
        0,
        right + 16,
        xaxis={"range": [0, top], "visible": False, "fixedrange": True},
        yaxis={"range": [len(rows) - 0.5, -0.5], "visible": False, "fixedrange": True},
        annotations=notes,
        bargap=0.2,
        hovermode="closest",
    )
    layout["margin"] |= {"t": 4, "b": 4}
    return {"data": data, "layout": layout}


def _panels(chart: Chart, theme: Theme | None) -> Figure:
    count = max(1, len(chart.series))
    gap = 0.04
    width = (1 - gap * (count - 1)) / count
    top = top_value(chart) or 1.0
    data: list[Figure] = []
    notes: list[Figure] = []
    layout = _layout(chart, theme, 0, 0, hovermode="closest", bargap=0.72)
    layout["margin"] |= {"t": 28, "b": 4}
    for place, series in enumerate(chart.series):
        suffix = "" if place == 0 else str(place + 1)
        start = place * (width + gap)
        # The longest bar leaves a third of its panel for the number at its end.
        layout["xaxis" + suffix] = {
            "domain": [start, start + width],
            "range": [0, top * 1.5],
            "visible": False,
            "fixedrange": True,
        }
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [_y(value) or 0 for value in series.ys],
                "y": list(range(len(series.ys))),
                "xaxis": "x" + suffix,
                "yaxis": "y",
                "marker": {"color": colour(colour_token(series), theme)},
                "text": [chart.measure.text(value) for value in series.ys],
                "textposition": "outside",
                "constraintext": "none",
                "textfont": _text(theme, 12, "ink"),
                "cliponaxis": False,
                "customdata": [
                    f"<b>{chart.value(series, row)}</b>  {name}<br>{series.label}"
                    for row, name in enumerate(series.xs)
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "name": series.label,
            }
        )
        heading = _note(f"<b>{series.label}</b>", start, 1, theme)
        notes.append({**heading, "yref": "paper", "yanchor": "bottom", "yshift": 6, "xshift": -2})
    for row, name in enumerate(chart.series[0].xs if chart.series else ()):
        label = _note(fit(str(name), 330, 12), 0, row, theme)
        notes.append({**label, "xshift": -2, "yshift": 15, "font": _text(theme, 12, "ink")})
    rows = len(chart.series[0].xs) if chart.series else 1
    layout["yaxis"] = {"range": [rows - 0.5, -0.5], "visible": False, "fixedrange": True}
    layout["annotations"] = notes
    return {"data": data, "layout": layout}
