"""Lines in SVG: values over time, and delivery against a booking."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from reports.figures.chart import Chart, Series, known
from reports.figures.labels import (
    QUIET,
    EndLabel,
    colour_token,
    edge_labels,
    end_labels,
    ends_at_edge,
    label_width,
    reached_place,
    spaced_marks,
)
from reports.figures.scales import time_ticks, top_value, value_ticks
from reports.figures.svg_axes import Across, Frame, grid, keys_above, left_margin, moment_of, time_labels
from reports.figures.svg_marks import (
    HATCH,
    area,
    digits,
    dot,
    flag,
    line,
    path,
    words,
)
from reports.figures.tokens import Theme, colour

Spot = tuple[float, float]


def trend(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    """Return values over time, what is not complete dotted and hatched."""
    ticks = value_ticks(top_value(chart), chart.measure)
    highest = float(str(ticks.at[-1]))
    keys, above = keys_above(chart, theme, width, blocks=False)
    top = max(8.0, above)
    labels = end_labels(chart, height - top - 24, highest)
    frame = Frame(left_margin(ticks), width - label_width(labels) - 12, top, height - 24, highest)
    moments = [moment_of(x) for x in chart.main.xs]
    if not moments:
        return grid(frame, ticks, theme)
    across = Across(moments[0], moments[-1], frame.left, frame.right)
    body = keys + grid(frame, ticks, theme)
    body += time_labels(frame, time_ticks(chart.main.xs, chart.grain), across, theme, width)
    single = sum(1 for series in chart.series if series.role == "main") == 1
    for series in sorted(chart.series, key=lambda one: one.role != "main"):
        ink = colour(colour_token(series), theme)
        spots = _spots(series, across, frame)
        points = [spot for spot in spots if spot]
        if not points:
            continue
        if series.role == "compare":
            body += _stretches(spots, ink, thick=1.25, dash="3,3")
            continue
        # An area would bridge the gaps.
        filled = single and len(points) == len(spots)
        full, first = chart.complete(series), int(chart.cut_first)
        done, rest = spots[first : max(first, full)], spots[max(0, full - 1) :]
        if first and full > 1:
            if filled:
                body.append(area(points[:2], frame.bottom, f"url(#{HATCH})", 0.6))
            body += _stretches(spots[:2], ink, dash="1.5,2.5")
        if filled and len(done) > 1:
            body.append(area(points[first : max(first, full)], frame.bottom, colour("series-1-soft", theme)))
        if full < len(spots) and len(rest) > 1:
            if filled:
                body.append(area(points[max(0, full - 1) :], frame.bottom, f"url(#{HATCH})", 0.6))
            body += _stretches(rest, ink, dash="1.5,2.5")
        body += _stretches(done, ink)
        surface = colour("surface", theme)
        hollow = full < len(spots)
        body.append(dot(*points[-1], ink, surface if hollow else ink))
    body += _marks(chart, across, frame, theme)
    body += _end_texts(labels, frame, theme)
    return body


def _end_texts(labels: Sequence[EndLabel], frame: Frame, theme: Theme) -> list[str]:
    body = []
    for label in labels:
        quiet = label.ink in QUIET
        place = frame.y(label.value) + label.down
        x = frame.right + 8
        if not label.strong and not quiet:
            body.append(dot(x + 3, place, colour(label.ink, theme), colour(label.ink, theme), size=2.5))
            x += 10
        ink = colour(QUIET.get(label.ink, "ink"), theme)
        body.append(words(label.text, x, place, ink, weight=650 if label.strong else 400))
    return body


def _marks(chart: Chart, across: Across, frame: Frame, theme: Theme) -> list[str]:
    return [flag(across.x(mark.at), frame.bottom, theme) for mark in spaced_marks(chart)]


def _spots(series: Series, across: Across, frame: Frame) -> list[Spot | None]:
    """Where the values stand; None where there is none or it is not told."""
    return [
        None if y is None else (across.x(x), frame.y(y)) for x, y in zip(series.xs, series.ys, strict=True)
    ]


def _points(series: Series, across: Across, frame: Frame) -> list[Spot]:
    return [spot for spot in _spots(series, across, frame) if spot]


def _stretches(spots: Sequence[Spot | None], ink: str, *, thick: float = 1.75, dash: str = "") -> list[str]:
    """A line through each run of values; one that stands alone between gaps is a small dot."""
    body = []
    for is_there, run in groupby(spots, key=lambda spot: spot is not None):
        points = [spot for spot in run if spot]
        if is_there and len(points) > 1:
            body.append(path(points, ink, thick=thick, dash=dash))
        elif is_there and len(spots) > 1:
            body.append(dot(*points[0], ink, ink, size=1.25))
    return body


def delivery(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    """Return cumulative delivery with booking, even pace and forecast."""
    ticks = value_ticks(top_value(chart), chart.measure)
    pace = next(series for series in chart.series if series.role == "target")
    keys, above = keys_above(chart, theme, width, blocks=False)
    highest = float(str(ticks.at[-1]))
    labels = edge_labels(chart, height - 24 - above - 12, highest)
    right = width - (label_width(labels) + 12 if labels else 6)
    frame = Frame(left_margin(ticks), right, above + 12, height - 24, highest)
    across = Across(moment_of(pace.xs[0]), moment_of(pace.xs[-1]), frame.left, frame.right)
    body = keys + grid(frame, ticks, theme)
    first, last = int(moment_of(pace.xs[0])) + 1, int(moment_of(pace.xs[-1]))
    days = [date.fromordinal(place) for place in range(first, last + 1)]
    body += time_labels(frame, time_ticks(days, "day"), across, theme, width)
    ink = colour("series-1", theme)
    if chart.band:
        lows = [(across.x(x), frame.y(v)) for x, v in zip(chart.band.xs, chart.band.lows, strict=True)]
        highs = [(across.x(x), frame.y(v)) for x, v in zip(chart.band.xs, chart.band.highs, strict=True)]
        spots = " ".join(f"{digits(x)},{digits(y)}" for x, y in [*highs, *reversed(lows)])
        body.append(f'<polygon points="{spots}" fill="{colour("series-1-soft", theme)}"/>')
    body.append(path(_points(pace, across, frame), colour("compare", theme), thick=1.25, dash="3,3"))
    points = _points(chart.main, across, frame)
    if len(points) > 1:
        body.append(path(points, ink, thick=2))
    if points:
        x, y = points[-1]
        body.append(dot(x, y, ink, ink))
        if not ends_at_edge(chart):
            said = chart.measure.short(known(chart.main.ys)[-1])
            below, after = reached_place(chart, frame.bottom - frame.top, highest)
            side, aside = ("start", 4.0) if after else ("end", -4.0)
            ink = colour("ink", theme)
            body.append(words(said, x + aside, y + (12 if below else -10), ink, anchor=side, weight=650))
    if chart.target:
        place = frame.y(chart.target[1])
        body.append(line(frame.left, place, frame.right, place, colour("target", theme), thick=1.25))
    body += _end_texts(labels, frame, theme)
    return body
