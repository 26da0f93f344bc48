"""Bars on plotly: columns, rankings, panels side by side."""

from datetime import date

from reports.figures.chart import Chart, Series, known
from reports.figures.labels import colour_token, column_texts
from reports.figures.plotly_parts import (
    Figure,
    hover_texts,
    layout_of,
    left_margin,
    note,
    text_style,
    value_axis,
    x_value,
    y_value,
)
from reports.figures.scales import time_ticks, top_value, value_ticks
from reports.figures.text_metrics import fit, text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import percent


def columns(chart: Chart, theme: Theme | None) -> Figure:
    """Return columns per bucket or category, in groups or stacked."""
    ticks = value_ticks(top_value(chart), chart.measure)
    bars = [series for series in chart.series if series.role == "main"]
    data: list[Figure] = []
    # Columns stand on names, not on a time axis: months are then as wide as each other.
    names = [chart.name(bars[0], place) for place in range(len(bars[0].xs))]
    for series in chart.series:
        said, template = hover_texts(chart, series)
        ink = colour(colour_token(series), theme)
        if series.role == "compare":
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": series.label,
                    "x": names[: len(series.ys)],
                    "y": [y_value(value) for value in series.ys],
                    "marker": {"symbol": "line-ew", "size": 24, "line": {"width": 2, "color": ink}},
                    "customdata": said,
                    "hovertemplate": template,
                    "cliponaxis": False,
                }
            )
            continue
        trace: Figure = {
            "type": "bar",
            "name": series.label,
            "x": names,
            "y": [y_value(value) for value in series.ys],
            "marker": {"color": ink},
            "customdata": said,
            "hovertemplate": template,
        }
        hatch = ["" if chart.is_whole(series, place) else "/" for place in range(len(names))]
        if any(hatch):
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
                "text": column_texts(chart, series),
                "textposition": "outside",
                "constraintext": "none",
                "textfont": text_style(theme, 12, "ink"),
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
        "tickfont": text_style(theme),
        "ticklabelstandoff": 6,
        "automargin": False,
    }
    layout = layout_of(
        chart,
        theme,
        left_margin(ticks),
        8,
        xaxis=axis,
        yaxis=value_axis(ticks, theme),
        barmode="stack" if chart.stacked else "group",
    )
    if len(names) < 6:
        # A few columns keep their width in a wide panel.
        layout["bargap"] = 0.9 - 0.06 * len(names)
    return {"data": data, "layout": layout}


def _column_ticks(chart: Chart, series: Series, names: list[str]) -> list[str]:
    if series.xs and isinstance(series.xs[0], date):
        ticks = time_ticks(series.xs, chart.grain, 13)
        known_text = dict(zip((x_value(x) for x in ticks.at), ticks.text, strict=True))
        return [known_text.get(x_value(x), "") for x in series.xs]
    return [fit(name, 96, 12) for name in names]


def ranking(chart: Chart, theme: Theme | None) -> Figure:
    """Return bars from high to low, name on the bar, number at the end."""
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
            "x": [y_value(value) or 0 for value in main.ys],
            "y": rows,
            "marker": {
                "color": [colour("hairline" if chart.is_rest(row) else "bar-soft", theme) for row in rows]
            },
            "customdata": [f"<b>{text}</b>  {name}" for text, name in zip(texts, main.xs, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "name": main.label,
        }
    ]
    notes = []
    for row, name in enumerate(main.xs):
        notes.append(
            {
                **note(fit(str(name), 300, 12), 0, row, theme),
                "xshift": 8,
                "font": text_style(theme, 12, "ink"),
            }
        )
        said = f"<b>{texts[row]}</b>" + (f"  {shares[row]}" if shares[row] else "")
        notes.append(
            {
                **note(said, 1, row, theme),
                "xanchor": "right",
                "xshift": right + 8,
                "font": text_style(theme, 12, "ink"),
            }
        )
    layout = layout_of(
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


def panels(chart: Chart, theme: Theme | None) -> Figure:
    """Return one panel of bars per series, rows in one order."""
    count = max(1, len(chart.series))
    gap = 0.04
    width = (1 - gap * (count - 1)) / count
    top = top_value(chart) or 1.0
    data: list[Figure] = []
    notes: list[Figure] = []
    layout = layout_of(chart, theme, 0, 0, hovermode="closest", bargap=0.72)
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
                "x": [y_value(value) or 0 for value in series.ys],
                "y": list(range(len(series.ys))),
                "xaxis": "x" + suffix,
                "yaxis": "y",
                "marker": {
                    "color": [
                        colour("hairline-strong" if chart.is_rest(row) else colour_token(series), theme)
                        for row in range(len(series.ys))
                    ]
                },
                "text": [chart.measure.text(value) for value in series.ys],
                "textposition": "outside",
                "constraintext": "none",
                "textfont": text_style(theme, 12, "ink"),
                "cliponaxis": False,
                "customdata": [
                    f"<b>{chart.value(series, row)}</b>  {name}<br>{series.label}"
                    for row, name in enumerate(series.xs)
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "name": series.label,
            }
        )
        heading = note(f"<b>{series.label}</b>", start, 1, theme)
        notes.append({**heading, "yref": "paper", "yanchor": "bottom", "yshift": 6, "xshift": -2})
    for row, name in enumerate(chart.series[0].xs if chart.series else ()):
        label = note(fit(str(name), 330, 12), 0, row, theme)
        notes.append({**label, "xshift": -2, "yshift": 18, "font": text_style(theme, 12, "ink")})
    rows = len(chart.series[0].xs) if chart.series else 1
    layout["yaxis"] = {"range": [rows - 0.5, -0.5], "visible": False, "fixedrange": True}
    layout["annotations"] = notes
    return {"data": data, "layout": layout}
