"""Chart -> one SVG text for paper: the same data, tokens and labels as on the page, vector, without a browser.

Colours are written out (the PDF has one theme), text is text, and nothing relies on what the PDF renderer does not
draw: no clip paths by reference, no filters, patterns alone for hatching.
"""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from reports.figures.chart import Chart
from reports.figures.svg_bars import columns, panels, ranking
from reports.figures.svg_lines import delivery, trend
from reports.figures.svg_marks import SIZE, digits, hatch_pattern
from reports.figures.tokens import Theme
from reports.formatting import Number

FONT = "Inter"


def write(chart: Chart, *, width: float = 640, height: float | None = None, theme: Theme = "light") -> str:
    """Return the chart as a standalone SVG document, `width` pixels wide."""
    tall = height or _height(chart)
    painters = {
        "trend": trend,
        "columns": columns,
        "delivery": delivery,
        "ranking": ranking,
        "panels": panels,
    }
    body = painters[chart.kind](chart, width, tall, theme)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {digits(width)} {digits(tall)}" '
        f'width="{digits(width)}" height="{digits(tall)}" font-family="{FONT}" font-size="{digits(SIZE)}" role="img" '
        f"aria-label={quoteattr(chart.sentence)}>{hatch_pattern(theme)}{''.join(body)}</svg>"
    )


def sparkline(
    values: Sequence[Number | None], *, width: float = 96, height: float = 28, ink: str = "#000"
) -> str:
    """Return a tiny line with a faint area and a dot at its end, zero at the bottom; empty for fewer than 2 values.

    One ink only, so that the page can use it as a mask and colour it by theme.
    """
    points = [(place, float(value)) for place, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return ""
    highest = max(value for _, value in points) or 1.0
    inner, pad = height - 5, 2.5
    across = (width - 2 * pad) / max(1, len(values) - 1)
    path = [(pad + place * across, pad + inner - value / highest * inner) for place, value in points]
    line = " ".join(f"{digits(x)},{digits(y)}" for x, y in path)
    base = digits(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {digits(width)} {digits(height)}" '
        f'width="{digits(width)}" height="{digits(height)}" preserveAspectRatio="none">'
        f'<polygon points="{digits(path[0][0])},{base} {line} {digits(path[-1][0])},{base}" '
        f'fill="{ink}" fill-opacity="0.12"/>'
        f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<circle cx="{digits(path[-1][0])}" cy="{digits(path[-1][1])}" r="2.25" fill="{ink}"/></svg>'
    )


def _height(chart: Chart) -> float:
    if chart.kind == "ranking":
        return 22.0 * max(1, len(chart.main.xs)) + 4
    if chart.kind == "panels":
        return 22.0 + 34 * max(1, len(chart.series[0].xs) if chart.series else 1)
    return min(chart.height, 220)
