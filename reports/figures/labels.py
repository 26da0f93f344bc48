"""Direct labels at the ends of lines: what they say and where, so that none covers another."""

from dataclasses import dataclass

from reports.figures.chart import Chart, Series
from reports.figures.text_metrics import fit, text_width

LINE = 15.0
WIDEST_NAME = 136.0


@dataclass(frozen=True, slots=True)
class EndLabel:
    """A label beside the last point: text, name of its colour, the point's value, how far down it is pushed."""

    text: str
    strong: bool
    ink: str
    x: object
    value: float
    down: float


def colour_token(series: Series) -> str:
    """Return the name of the colour token of a series."""
    return {"compare": "compare", "target": "compare"}.get(
        series.role
    ) or f"series-{(series.slot - 1) % 6 + 1}"


def end_labels(chart: Chart, pixels: float, top: float) -> list[EndLabel]:
    """Return the labels of all lines, at least one text line apart on a plot `pixels` high from 0 to `top`."""
    mains = [series for series in chart.series if series.role == "main"]
    wanted = []
    for series in chart.series:
        ends = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if y is not None]
        if not ends or series.role == "target":
            continue
        x, y = ends[-1]
        value = chart.measure.short(y)
        if series.role == "compare":
            text, strong = fit(f"{value} before", WIDEST_NAME, 12), False
        elif len(mains) > 1:
            text, strong = f"{fit(series.label, WIDEST_NAME - text_width(value, 12), 12)} {value}", False
        else:
            text, strong = value, True
        wanted.append([text, strong, colour_token(series), x, float(y), (1 - float(y) / top) * pixels])
    wanted.sort(key=lambda item: (float(item[5]), item[1] is False))  # type: ignore[arg-type]
    placed = _spread([float(item[5]) for item in wanted], pixels)  # type: ignore[arg-type]
    return [
        EndLabel(str(text), bool(strong), str(ink), x, float(value), at - float(own))  # type: ignore[arg-type]
        for (text, strong, ink, x, value, own), at in zip(wanted, placed, strict=True)
    ]


def _spread(places: list[float], pixels: float) -> list[float]:
    """Return sorted places moved apart to at least one line, kept between top and bottom."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + LINE) if moved else place)
    limit = pixels - 4
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - LINE
    return moved


def label_width(labels: list[EndLabel]) -> float:
    """Return the room that the labels need beside the plot."""
    # A line's name stands behind a dot in its colour.
    widths = [
        text_width(label.text, 12, strong=label.strong)
        + (0 if label.strong or label.ink == "compare" else 14)
        for label in labels
    ]
    return max(widths, default=0.0)
