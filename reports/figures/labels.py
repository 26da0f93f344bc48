"""Direct labels at the ends of lines: what they say and where, so that none covers another."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from reports.figures.chart import Chart, Mark, Series, X, known, moment
from reports.figures.text_metrics import fit, text_width

LINE = 15.0
QUIET = {"compare": "ink-3", "target": "ink"}
"""What is told by its words, without a dot in its colour, and the ink it is written in."""
MOST_MARKS = 20
"""As many flags lie side by side on the narrowest plot without touching."""
TITLES_OF_A_MARK = 4
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


def column_texts(chart: Chart, series: Series) -> list[str]:
    """Return the numbers over columns: all of a few, else the highest's and the last's."""
    values = known(series.ys)
    shown = set(range(len(series.ys)))
    if len(series.ys) > 7 and values:
        shown = {series.ys.index(max(values)), len(series.ys) - 1}
    return [chart.measure.short(value) if place in shown else "" for place, value in enumerate(series.ys)]


def ends_at_edge(chart: Chart) -> bool:
    """Return whether a delivery reaches so far into its flight that its number stands beside the plot, not in it."""
    days = _flight_days(chart)
    return days is not None and days[1] - days[0] > 0.85 * (days[2] - days[0])


def edge_labels(chart: Chart, pixels: float, top: float) -> list[EndLabel]:
    """Return what stands at the right edge of a delivery, spread out: booking, forecast, a number reached so late."""
    wanted: list[tuple[float, str, bool, str]] = []
    if chart.target:
        name, value = chart.target
        wanted.append((float(value), f"{name} {chart.measure.short(value)}", False, "target"))
    if chart.band:
        low, high = chart.band.lows[-1], chart.band.highs[-1]
        text = f"{chart.measure.short(low)}\u2013{chart.measure.short(high)}"
        wanted.append(((float(low) + float(high)) / 2, text, False, "compare"))
    if ends_at_edge(chart):
        value = known(chart.main.ys)[-1]
        wanted.append((float(value), chart.measure.short(value), True, "series-1"))
    wanted.sort(key=lambda one: (-one[0], one[2]))
    owns = [(1 - value / top) * pixels for value, *_ in wanted]
    return [
        EndLabel(text, strong, ink, None, value, at - own)
        for (value, text, strong, ink), own, at in zip(wanted, owns, _spread(owns, pixels), strict=True)
    ]


def reached_place(chart: Chart, pixels: float, top: float) -> tuple[bool, bool]:
    """Return whether the number beside a delivery's last day stands below it, and whether after it, where no line runs.

    Ahead of the even pace that line runs below, and the booking may be anywhere.
    """
    days = _flight_days(chart)
    if days is None:
        return True, True
    share = (days[1] - days[0]) / max(1, days[2] - days[0])
    place = float(known(chart.main.ys)[-1])
    lines = [float(chart.target[1])] if chart.target else []
    lines += [_on(series, chart.main.xs[-1]) for series in chart.series if series.role == "target"]
    room = 1.6 * LINE * top / pixels
    below = place > room and not any(place - room < value < place for value in lines)
    # Before the first days there is the axis, whose own numbers it would cover.
    return below, below or share < 0.15


def _on(series: Series, at: X) -> float:
    """Return the value of a line of dated points on a day, between two of them in proportion."""
    points = [
        (moment(x).toordinal(), float(y or 0))
        for x, y in zip(series.xs, series.ys, strict=True)
        if isinstance(x, date)
    ]
    place = moment(at).toordinal() if isinstance(at, date) else points[-1][0]
    for (left, low), (right, high) in pairwise(points):
        if left <= place <= right:
            return low + (high - low) * (place - left) / max(1, right - left)
    return points[-1][1]


def _flight_days(chart: Chart) -> tuple[int, int, int] | None:
    """Return first, last delivered and final day of a flight as numbers, if anything is delivered yet."""
    pace = next((series for series in chart.series if series.role == "target"), None)
    if pace is None or not known(chart.main.ys):
        return None
    first, last, end = pace.xs[0], chart.main.xs[-1], pace.xs[-1]
    if not (isinstance(first, date) and isinstance(last, date) and isinstance(end, date)):
        return None
    return first.toordinal(), last.toordinal(), end.toordinal()


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


def spaced_marks(chart: Chart) -> list[Mark]:
    """Return the flags to draw: those too close to be told apart are one, with a line of its label for each."""
    xs = [moment(x) for x in chart.main.xs if isinstance(x, date)] if chart.series else []
    if not xs or not chart.marks:
        return []
    gap = (xs[-1] - xs[0]) / MOST_MARKS
    groups: list[list[Mark]] = []
    for mark in sorted(chart.marks, key=lambda one: moment(one.at)):
        if groups and moment(mark.at) - moment(groups[-1][0].at) <= gap:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return [Mark(group[0].at, _label_of(group), group[0].kind) for group in groups]


def _label_of(group: list[Mark]) -> str:
    kinds = {"episode": "Episode out", "flight": "Flight", "note": "Note"}
    if len(group) == 1:
        return f"{kinds[group[0].kind]}: {group[0].label}"
    shown = [f"{kinds[mark.kind]}: {mark.label}" for mark in group[:TITLES_OF_A_MARK]]
    more = len(group) - len(shown)
    return "\n".join([*shown, *([f"and {more} more"] if more else [])])


def label_width(labels: list[EndLabel]) -> float:
    """Return the room that the labels need beside the plot."""
    # A line's name stands behind a dot in its colour.
    widths = [
        text_width(label.text, 12, strong=label.strong) + (0 if label.strong or label.ink in QUIET else 14)
        for label in labels
    ]
    return max(widths, default=0.0)
