"""Frame, grid, axis labels and the keys above the plot of an SVG chart."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reports.figures.chart import Chart, X
from reports.figures.labels import colour_token
from reports.figures.scales import Ticks
from reports.figures.svg_marks import (
    HATCH,
    SIZE,
    digits,
    flag,
    line,
    rect,
    words,
)
from reports.figures.text_metrics import text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import Number


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's rectangle within the picture, and how values map to it."""

    left: float
    right: float
    top: float
    bottom: float
    highest: float

    def y(self, value: Number) -> float:
        """Return the vertical place of a value."""
        return self.bottom - float(value) / self.highest * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Across:
    """How time maps to the plot's width."""

    first: float
    last: float
    left: float
    right: float

    def x(self, moment: X) -> float:
        """Return the horizontal place of a moment."""
        span = self.last - self.first or 1.0
        return self.left + (moment_of(moment) - self.first) / span * (self.right - self.left)


def grid(frame: Frame, ticks: Ticks, theme: Theme) -> list[str]:
    """Return the horizontal grid with its values on the left."""
    body = []
    for at, text in zip(ticks.at, ticks.text, strict=True):
        place = frame.y(float(str(at)))
        ink = colour("axis" if at == 0 else "grid", theme)
        body.append(line(frame.left, place, frame.right, place, ink, thick=0.75))
        body.append(words(text, frame.left - 8, place, colour("ink-3", theme), anchor="end"))
    return body


def left_margin(ticks: Ticks) -> float:
    """Return the room that the widest value on the left needs."""
    return max(text_width(text, SIZE) for text in ticks.text) + 10


def time_labels(frame: Frame, ticks: Ticks, across: "Across", theme: Theme, width: float) -> list[str]:
    """Return ticks and labels under a time axis."""
    body = []
    places = []
    for at, text in zip(ticks.at, ticks.text, strict=True):
        x = across.x(at)
        half = text_width(text, SIZE) / 2
        places.append((min(max(x, half), width - half), text))
        body.append(line(x, frame.bottom, x, frame.bottom + 3, colour("axis", theme), thick=0.75))
    return body + axis_texts(places, frame, theme)


def axis_texts(places: Sequence[tuple[float, str]], frame: Frame, theme: Theme) -> list[str]:
    """Return every label, or every second, third, ... so that none touches its neighbour."""
    shown = [place for place in places if place[1]]
    for stride in range(1, len(shown) + 1):
        kept = shown[::stride]
        ends = [(x - text_width(text, SIZE) / 2, x + text_width(text, SIZE) / 2) for x, text in kept]
        if all(after[0] - before[1] >= 6 for before, after in itertools.pairwise(ends)):
            break
    else:
        kept = []
    ink = colour("ink-3", theme)
    return [words(text, x, frame.bottom + 13, ink, anchor="middle") for x, text in kept]


def keys_above(chart: Chart, theme: Theme, width: float, *, blocks: bool) -> tuple[list[str], float]:
    """Return what stands above the plot to name what labels at the lines' ends do not, and how high it is."""
    mains = chart.drawn
    rest = [series for series in chart.series if series.role != "main"]
    if not (rest or chart.has_partial or chart.marks or (blocks and len(mains) > 1)):
        return [], 0.0
    wanted: list[tuple[str, str, str]] = [
        ("block" if blocks else "line", colour(colour_token(series), theme), series.label) for series in mains
    ]
    wanted += [("dashes", colour("compare", theme), series.label) for series in rest]
    if chart.has_partial:
        wanted.append(("hatch", colour("series-1", theme), "Not complete"))
    if chart.marks:
        kinds = {"episode": "Episode out", "flight": "Flight", "note": "Note"}
        said = " / ".join(dict.fromkeys(kinds[mark.kind] for mark in chart.marks))
        wanted.append(("flag", colour("ink-2", theme), said))
    body: list[str] = []
    x, y = 0.0, 7.0
    for shape, ink, text in wanted:
        long = 18 + text_width(text, SIZE)
        if x and x + long > width:
            x, y = 0.0, y + 15
        body.append(_key(shape, ink, x, y, theme))
        body.append(words(text, x + 18, y, colour("ink-2", theme)))
        x += long + 16
    return body, y + 19


def _key(shape: str, ink: str, x: float, y: float, theme: Theme) -> str:
    if shape == "block":
        return rect(x + 1, y - 5, 10, 10, ink, round_=2)
    if shape == "hatch":
        box = f'x="{digits(x + 1)}" y="{digits(y - 5)}" width="10" height="10"'
        return f'<rect {box} fill="url(#{HATCH})" stroke="{ink}" stroke-width="0.75"/>'
    if shape == "flag":
        return flag(x + 6, y, theme)
    if shape == "dashes":
        return line(x, y, x + 13, y, ink, thick=1.5, dash="3,2")
    return line(x, y, x + 13, y, ink, thick=2)


def moment_of(x: X) -> float:
    """Return a date or moment as days since year 1."""
    if isinstance(x, datetime):
        return x.toordinal() + (x.hour * 3600 + x.minute * 60 + x.second) / 86400
    if isinstance(x, date):
        return float(x.toordinal())
    raise TypeError("A time axis needs dates.")
