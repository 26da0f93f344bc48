"""Chart -> one SVG text for paper: the same data, tokens and labels as on the page, vector, without a browser.

Colours are written out (the PDF has one theme), text is text, and nothing relies on what the PDF renderer does not
draw: no clip paths by reference, no filters, patterns alone for hatching.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from reports.figures.chart import Chart, Series, X, known
from reports.figures.labels import EndLabel, colour_token, end_labels, label_width
from reports.figures.scales import Ticks, time_ticks, top_value, value_ticks
from reports.figures.text_metrics import fit, text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import Number, percent

FONT = "Inter"
SIZE = 11.0
HATCH = "hatch"


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


def write(chart: Chart, *, width: float = 640, height: float | None = None, theme: Theme = "light") -> str:
    """Return the chart as a standalone SVG document, `width` pixels wide."""
    tall = height or _height(chart)
    painters = {
        "trend": _trend,
        "columns": _columns,
        "delivery": _delivery,
        "ranking": _ranking,
        "panels": _panels,
    }
    body = painters[chart.kind](chart, width, tall, theme)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(tall)}" '
        f'width="{_n(width)}" height="{_n(tall)}" font-family="{FONT}" font-size="{_n(SIZE)}" role="img" '
        f"aria-label={quoteattr(chart.sentence)}>{_hatch(theme)}{''.join(body)}</svg>"
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
    line = " ".join(f"{_n(x)},{_n(y)}" for x, y in path)
    base = _n(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" preserveAspectRatio="none">'
        f'<polygon points="{_n(path[0][0])},{base} {line} {_n(path[-1][0])},{base}" fill="{ink}" fill-opacity="0.12"/>'
        f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<circle cx="{_n(path[-1][0])}" cy="{_n(path[-1][1])}" r="2.25" fill="{ink}"/></svg>'
    )


def _height(chart: Chart) -> float:
    if chart.kind == "ranking":
        return 22.0 * max(1, len(chart.main.xs)) + 4
    if chart.kind == "panels":
        return 22.0 + 34 * max(1, len(chart.series[0].xs) if chart.series else 1)
    return min(chart.height, 220)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def _hatch(theme: Theme) -> str:
    ink = colour("series-1", theme)
    return (
        f'<defs><pattern id="{HATCH}" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<path d="M0,5 L5,0" stroke="{ink}" stroke-width="0.8" fill="none"/></pattern></defs>'
    )


def _text(
    text: str, x: float, y: float, ink: str, *, anchor: str = "start", weight: int = 400, size: float = SIZE
) -> str:
    """Return text whose middle is at y (the renderer knows no dominant-baseline)."""
    strong = f' font-weight="{weight}"' if weight != 400 else ""
    sized = f' font-size="{_n(size)}"' if size != SIZE else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y + size * 0.36)}" fill="{ink}"{side}{strong}{sized}>{escape(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, *, thick: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{ink}" '
        f'stroke-width="{_n(thick)}"{dashed}/>'
    )


def _path(points: Sequence[tuple[float, float]], ink: str, *, thick: float = 1.75, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    spots = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return (
        f'<polyline points="{spots}" fill="none" stroke="{ink}" stroke-width="{_n(thick)}" '
        f'stroke-linejoin="round" stroke-linecap="butt"{dashed}/>'
    )


def _area(points: Sequence[tuple[float, float]], base: float, fill: str, opacity: float = 1) -> str:
    spots = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    faint = f' fill-opacity="{_n(opacity)}"' if opacity != 1 else ""
    ends = f"{_n(points[-1][0])},{_n(base)} {_n(points[0][0])},{_n(base)}"
    return f'<polygon points="{spots} {ends}" fill="{fill}"{faint}/>'


def _dot(x: float, y: float, ink: str, fill: str, *, size: float = 3) -> str:
    return (
        f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}" fill="{fill}" stroke="{ink}" stroke-width="1.25"/>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, *, round_: float = 1.5) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}" height="{_n(max(0.0, height))}" '
        f'rx="{_n(round_)}" fill="{fill}"/>'
    )


def _moment(x: X) -> float:
    if isinstance(x, datetime):
        return x.toordinal() + (x.hour * 3600 + x.minute * 60 + x.second) / 86400
    if isinstance(x, date):
        return float(x.toordinal())
    raise TypeError("A time axis needs dates.")


def _grid(frame: Frame, ticks: Ticks, theme: Theme) -> list[str]:
    body = []
    for at, text in zip(ticks.at, ticks.text, strict=True):
        place = frame.y(float(str(at)))
        ink = colour("axis" if at == 0 else "grid", theme)
        body.append(_line(frame.left, place, frame.right, place, ink, thick=0.75))
        body.append(_text(text, frame.left - 8, place, colour("ink-3", theme), anchor="end"))
    return body


def _time_labels(frame: Frame, ticks: Ticks, across: "Across", theme: Theme, width: float) -> list[str]:
    body = []
    places = []
    for at, text in zip(ticks.at, ticks.text, strict=True):
        x = across.x(at)
        half = text_width(text, SIZE) / 2
        places.append((min(max(x, half), width - half), text))
        body.append(_line(x, frame.bottom, x, frame.bottom + 3, colour("axis", theme), thick=0.75))
    return body + _axis_texts(places, frame, theme)


def _axis_texts(places: Sequence[tuple[float, str]], frame: Frame, theme: Theme) -> list[str]:
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
    return [_text(text, x, frame.bottom + 13, ink, anchor="middle") for x, text in kept]


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
        return self.left + (_moment(moment) - self.first) / span * (self.right - self.left)


def _points(series: Series, across: Across, frame: Frame) -> list[tuple[float, float]]:
    return [(across.x(x), frame.y(y)) for x, y in zip(series.xs, series.ys, strict=True) if y is not None]


def _complete(chart: Chart, series: Series) -> int:
    if chart.partial_from is None or series.role != "main":
        return len(series.xs)
    cut = _moment(chart.partial_from)
    return sum(1 for x in series.xs if isinstance(x, date) and _moment(x) < cut)


def _trend(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    ticks = value_ticks(top_value(chart), chart.measure)
    highest = float(str(ticks.at[-1]))
    keys, above = _keys(chart, theme, width, blocks=False)
    top = max(8.0, above)
    labels = end_labels(chart, height - top - 24, highest)
    frame = Frame(_left(ticks), width - label_width(labels) - 12, top, height - 24, highest)
    moments = [_moment(x) for x in chart.main.xs]
    if not moments:
        return _grid(frame, ticks, theme)
    across = Across(moments[0], moments[-1], frame.left, frame.right)
    body = keys + _grid(frame, ticks, theme)
    body += _time_labels(frame, time_ticks(chart.main.xs, chart.grain), across, theme, width)
    single = sum(1 for series in chart.series if series.role == "main") == 1
    for series in sorted(chart.series, key=lambda one: one.role != "main"):
        ink = colour(colour_token(series), theme)
        points = _points(series, across, frame)
        if not points:
            continue
        if series.role == "compare":
            body.append(_path(points, ink, thick=1.25, dash="3,3"))
            continue
        full = _complete(chart, series)
        done, rest = points[:full], points[max(0, full - 1) :]
        if single and len(done) > 1:
            body.append(_area(done, frame.bottom, colour("series-1-soft", theme)))
        if full < len(points) and len(rest) > 1:
            if single:
                body.append(_area(rest, frame.bottom, f"url(#{HATCH})", 0.6))
            body.append(_path(rest, ink, dash="1.5,2.5"))
        if len(done) > 1:
            body.append(_path(done, ink))
        surface = colour("surface", theme)
        hollow = full < len(points)
        body.append(_dot(*points[-1], ink, surface if hollow else ink))
    body += _marks(chart, across, frame, theme)
    body += _end_texts(labels, frame, theme)
    return body


def _end_texts(labels: Sequence[EndLabel], frame: Frame, theme: Theme) -> list[str]:
    body = []
    for label in labels:
        quiet = label.ink == "compare"
        place = frame.y(label.value) + label.down
        x = frame.right + 8
        if not label.strong and not quiet:
            body.append(_dot(x + 3, place, colour(label.ink, theme), colour(label.ink, theme), size=2.5))
            x += 10
        ink = colour("ink-3" if quiet else "ink", theme)
        body.append(_text(label.text, x, place, ink, weight=650 if label.strong else 400))
    return body


def _marks(chart: Chart, across: Across, frame: Frame, theme: Theme) -> list[str]:
    return [_flag(across.x(mark.at), frame.bottom, theme) for mark in chart.marks]


def _flag(x: float, y: float, theme: Theme) -> str:
    ink, fill = colour("ink-2", theme), colour("surface", theme)
    place = f"M{_n(x)},{_n(y - 4)} l4,4 l-4,4 l-4,-4 Z"
    return f'<path d="{place}" fill="{fill}" stroke="{ink}" stroke-width="1"/>'


def _left(ticks: Ticks) -> float:
    return max(text_width(text, SIZE) for text in ticks.text) + 10


def _columns(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    ticks = value_ticks(top_value(chart), chart.measure)
    bars = [series for series in chart.series if series.role == "main"]
    legend = len(bars) > 1
    keys, above = _keys(chart, theme, width, blocks=True)
    # Numbers stand over single columns and need their line.
    top = max(8.0, above) + (0 if legend else 12)
    frame = Frame(_left(ticks), width - 4, top, height - 24, float(str(ticks.at[-1])))
    body = keys + _grid(frame, ticks, theme)
    count = max(1, len(bars[0].xs))
    slot = (frame.right - frame.left) / count
    used = min(slot * 0.68, 72.0)
    each = used / (1 if chart.stacked else len(bars))
    stacked = [0.0] * count
    for order, series in enumerate(bars):
        ink = colour(colour_token(series), theme)
        full = _complete(chart, series)
        for place, value in enumerate(series.ys):
            if value is None:
                continue
            x = frame.left + slot * place + (slot - used) / 2 + (0 if chart.stacked else each * order)
            low = stacked[place]
            high = low + float(value)
            top = frame.y(high)
            tall = frame.y(low) - top
            gap = 1 if len(bars) > 1 and not chart.stacked else 0
            if place < full:
                body.append(_rect(x, top, each - gap, tall, ink))
            else:
                body.append(_rect(x, top, each - gap, tall, colour("series-1-soft", theme)))
                body.append(_rect(x, top, each - gap, tall, f"url(#{HATCH})"))
            if chart.stacked:
                stacked[place] = high
            elif not legend and text_width(chart.measure.short(value), SIZE) <= slot - 2:
                said = chart.measure.short(value)
                body.append(_text(said, x + each / 2, top - 8, colour("ink", theme), anchor="middle"))
    for series in chart.series:
        if series.role == "compare":
            ink = colour("compare", theme)
            for place, value in enumerate(series.ys):
                if value is not None:
                    middle = frame.left + slot * (place + 0.5)
                    body.append(
                        _line(
                            middle - used * 0.6,
                            frame.y(value),
                            middle + used * 0.6,
                            frame.y(value),
                            ink,
                            thick=1.5,
                        )
                    )
    body += _column_labels(chart, bars[0], frame, slot, theme)
    return body


def _column_labels(chart: Chart, series: Series, frame: Frame, slot: float, theme: Theme) -> list[str]:
    timed = bool(series.xs) and isinstance(series.xs[0], date)
    ticks = time_ticks(series.xs, chart.grain, 13) if timed else Ticks((), ())
    known_text = dict(zip(ticks.at, ticks.text, strict=True))
    places = []
    for place, x in enumerate(series.xs):
        text = known_text.get(x, "") if timed else fit(str(x), slot - 4, SIZE)
        places.append((frame.left + slot * (place + 0.5), text))
    return _axis_texts(places, frame, theme)


def _keys(chart: Chart, theme: Theme, width: float, *, blocks: bool) -> tuple[list[str], float]:
    """Return what stands above the plot to name what labels at the lines' ends do not, and how high it is."""
    mains = [series for series in chart.series if series.role == "main"]
    rest = [series for series in chart.series if series.role != "main"]
    if not (rest or chart.partial_from or chart.marks or (blocks and len(mains) > 1)):
        return [], 0.0
    wanted: list[tuple[str, str, str]] = [
        ("block" if blocks else "line", colour(colour_token(series), theme), series.label) for series in mains
    ]
    wanted += [("dashes", colour("compare", theme), series.label) for series in rest]
    if chart.partial_from is not None:
        wanted.append(("hatch", colour("series-1", theme), "Not complete yet"))
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
        body.append(_text(text, x + 18, y, colour("ink-2", theme)))
        x += long + 16
    return body, y + 19


def _key(shape: str, ink: str, x: float, y: float, theme: Theme) -> str:
    if shape == "block":
        return _rect(x + 1, y - 5, 10, 10, ink, round_=2)
    if shape == "hatch":
        box = f'x="{_n(x + 1)}" y="{_n(y - 5)}" width="10" height="10"'
        return f'<rect {box} fill="url(#{HATCH})" stroke="{ink}" stroke-width="0.75"/>'
    if shape == "flag":
        return _flag(x + 6, y, theme)
    if shape == "dashes":
        return _line(x, y, x + 13, y, ink, thick=1.5, dash="3,2")
    return _line(x, y, x + 13, y, ink, thick=2)


def _delivery(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    ticks = value_ticks(top_value(chart), chart.measure)
    pace = next(series for series in chart.series if series.role == "target")
    note = ""
    if chart.band:
        note = f"{chart.measure.short(chart.band.lows[-1])}\u2013{chart.measure.short(chart.band.highs[-1])}"
    right = width - (text_width(note, SIZE) + 12 if note else 6)
    keys, above = _keys(chart, theme, width, blocks=False)
    frame = Frame(_left(ticks), right, above + 12, height - 24, float(str(ticks.at[-1])))
    across = Across(_moment(pace.xs[0]), _moment(pace.xs[-1]), frame.left, frame.right)
    body = keys + _grid(frame, ticks, theme)
    first, last = int(_moment(pace.xs[0])) + 1, int(_moment(pace.xs[-1]))
    days = [date.fromordinal(place) for place in range(first, last + 1)]
    body += _time_labels(frame, time_ticks(days, "day"), across, theme, width)
    ink, muted = colour("series-1", theme), colour("ink-3", theme)
    if chart.band:
        lows = [(across.x(x), frame.y(v)) for x, v in zip(chart.band.xs, chart.band.lows, strict=True)]
        highs = [(across.x(x), frame.y(v)) for x, v in zip(chart.band.xs, chart.band.highs, strict=True)]
        spots = " ".join(f"{_n(x)},{_n(y)}" for x, y in [*highs, *reversed(lows)])
        body.append(f'<polygon points="{spots}" fill="{colour("series-1-soft", theme)}"/>')
        body.append(_text(note, frame.right + 6, (lows[-1][1] + highs[-1][1]) / 2, muted))
    body.append(_path(_points(pace, across, frame), colour("compare", theme), thick=1.25, dash="3,3"))
    points = _points(chart.main, across, frame)
    if len(points) > 1:
        body.append(_path(points, ink, thick=2))
    if points:
        x, y = points[-1]
        body.append(_dot(x, y, ink, ink))
        said = chart.measure.short(known(chart.main.ys)[-1])
        late = x - frame.left > 0.85 * (frame.right - frame.left)
        side, shift = ("end", -4.0) if late else ("start", 4.0)
        # Below the line, where it is free; above it near the axis, whose labels it would touch.
        down = 12 if y + 20 < frame.bottom else -10
        body.append(_text(said, x + shift, y + down, colour("ink", theme), anchor=side, weight=650))
    if chart.target:
        label, value = chart.target
        place = frame.y(value)
        body.append(_line(frame.left, place, frame.right, place, colour("target", theme), thick=1.25))
        body.append(
            _text(f"{label} {chart.measure.text(value)}", frame.left + 4, place - 8, colour("ink", theme))
        )
    return body


def _ranking(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    main = chart.main
    if not main.xs:
        return []
    top = max((float(value) for value in known(main.ys)), default=1.0) or 1.0
    values = [chart.value(main, place) for place in range(len(main.ys))]
    shares = [percent(share) for share in chart.shares] if chart.shares else []
    value_room = max(text_width(text, SIZE, strong=True) for text in values)
    share_room = max((text_width(text, SIZE) for text in shares), default=0.0) + (14 if shares else 0)
    right = width - value_room - share_room - 10
    step = (height - 4) / len(main.xs)
    body = []
    for place, name in enumerate(main.xs):
        middle = 2 + step * (place + 0.5)
        length = float(main.ys[place] or 0) / top * right
        body.append(_rect(0, middle - step / 2 + 2, length, step - 4, colour("bar-soft", theme)))
        body.append(_text(fit(str(name), right - 12, SIZE), 6, middle, colour("ink", theme)))
        at = width - share_room
        body.append(_text(values[place], at, middle, colour("ink", theme), anchor="end", weight=650))
        if shares:
            body.append(_text(shares[place], width, middle, colour("ink-3", theme), anchor="end"))
    return body


def _panels(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    if not chart.series or not chart.series[0].xs:
        return []
    gap = 20.0
    count = len(chart.series)
    each = (width - gap * (count - 1)) / count
    top = top_value(chart) or 1.0
    names = chart.series[0].xs
    step = (height - 22) / len(names)
    room = max(
        text_width(chart.value(series, place), SIZE)
        for series in chart.series
        for place in range(len(series.ys))
    )
    body = []
    for place, name in enumerate(names):
        body.append(_text(fit(str(name), width, SIZE), 0, 22 + step * place + 8, colour("ink", theme)))
    for order, series in enumerate(chart.series):
        left = (each + gap) * order
        title = fit(series.label, each, SIZE, strong=True)
        body.append(_text(title, left, 8, colour("ink-2", theme), weight=650))
        for place, value in enumerate(series.ys):
            middle = 22 + step * place + 22
            length = float(value or 0) / top * (each - room - 8)
            body.append(_rect(left, middle - 4, max(length, 1.0), 8, colour(colour_token(series), theme)))
            body.append(_text(chart.value(series, place), left + length + 6, middle, colour("ink-2", theme)))
    return body
