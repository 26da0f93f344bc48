"""Chart -> a plain plotly figure dict for pages.

Plain dicts, not go.Figure: a callback with a dict costs 1 ms, with go.Figure 25. Plain scatter, not scattergl,
which would need unsafe-eval. With theme None colours are written `var(--token)` and resolved by the page.
"""

from typing import Any

from reports.figures.chart import Chart
from reports.figures.plotly_bars import columns, panels, ranking
from reports.figures.plotly_lines import delivery, trend
from reports.figures.plotly_parts import Figure
from reports.figures.tokens import Theme

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
        "trend": trend,
        "columns": columns,
        "delivery": delivery,
        "ranking": ranking,
        "panels": panels,
    }
    return writer[chart.kind](chart, theme)
