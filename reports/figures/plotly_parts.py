"""What every plotly figure is put together from: layout, axes, text, tooltips."""

from datetime import date
from typing import Any

from reports.figures.chart import Chart, Series, X, known
from reports.figures.scales import Ticks
from reports.figures.text_metrics import text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import EMPTY, change, percent

Figure = dict[str, Any]


TOP, BOTTOM = 16, 32


def layout_of(chart: Chart, theme: Theme | None, left: float, right: float, **more: Any) -> Figure:
    """Return the layout that every figure shares."""
    return {
        "height": chart.height,
        "margin": {"l": round(left), "r": round(right), "t": TOP, "b": BOTTOM, "pad": 0},
        "font": text_style(theme),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverdistance": 48,
        "hoverlabel": {
            "bgcolor": colour("raised", theme),
            "bordercolor": colour("hairline-strong", theme),
            "font": text_style(theme, 12, "ink"),
            "align": "left",
            "namelength": -1,
        },
        "bargap": 0.32,
        "bargroupgap": 0.08,
        "barcornerradius": 2,
        **more,
    }


def value_axis(ticks: Ticks, theme: Theme | None) -> Figure:
    """Return the axis of values: from zero, horizontal grid alone."""
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
        "tickfont": text_style(theme),
        "ticklabelstandoff": 8,
        "automargin": False,
    }


def time_axis(chart: Chart, ticks: Ticks, theme: Theme | None) -> Figure:
    """Return the axis of time, its ticks given."""
    stamp = {"hour": "%a %-d %b, %H:%M", "day": "%a %-d %b %Y", "week": "Week of %-d %b %Y", "month": "%b %Y"}
    return {
        "type": "date",
        "tickvals": [x_value(x) for x in ticks.at],
        "ticktext": list(ticks.text),
        "tickangle": 0,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "tickfont": text_style(theme),
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


def text_style(theme: Theme | None, size: int = 12, name: str = "ink-3") -> dict[str, Any]:
    """Return a font of the page."""
    return {"family": "Inter, system-ui, sans-serif", "size": size, "color": colour(name, theme)}


def note(text: str, x: float, y: float, theme: Theme | None) -> Figure:
    """Return a text beside the plot."""
    return {
        "xref": "paper",
        "x": x,
        "xanchor": "left",
        "xshift": 8,
        "y": y,
        "yanchor": "middle",
        "text": text,
        "showarrow": False,
        "font": text_style(theme),
    }


def hover_texts(chart: Chart, series: Series) -> tuple[list[str], str]:
    """Return each point's text for the unified tooltip, and its template: value, whose it is, change."""
    compare = next((one for one in chart.series if one.role == "compare"), None)
    total = sum(float(value) for value in known(series.ys)) if chart.shares else 0.0
    if compare is None and not total and not chart.has_partial and "%{" not in series.label:
        # Nothing but the value differs from point to point, so nothing else is sent with each.
        values = [chart.value(series, place) for place in range(len(series.ys))]
        return values, f"<b>%{{customdata}}</b>  {series.label}<extra></extra>"
    said = []
    for place, value in enumerate(series.ys):
        text = f"<b>{chart.value(series, place)}</b>  {series.label}"
        if series.role == "compare":
            text = f"{chart.value(series, place)}  {chart.name(series, place)}"
        elif not chart.is_whole(series, place):
            text += "  (not complete)"
        elif compare is not None and place < len(compare.ys):
            told = change(value, compare.ys[place], chart.measure.unit)
            text += f"  {told}" if told != EMPTY else ""
        elif total and value is not None:
            text += f"  {percent(float(value) / total)}"
        said.append(text)
    return said, "%{customdata}<extra></extra>"


def left_margin(ticks: Ticks) -> float:
    """Return the room that the widest value on the left needs."""
    return max(text_width(text, 12) for text in ticks.text) + 14


def x_value(x: X) -> X | str:
    """Return a point in time as text, anything else as it is."""
    return x.isoformat() if isinstance(x, date) else x


def y_value(value: Any) -> float | int | None:
    """Return a value as a plain number."""
    return value if value is None or isinstance(value, int) else float(value)
