"""Axes: round tick values, time ticks with weekdays, and the names of points. Shared by both writers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from reports.figures.chart import Chart, Measure, X, known
from reports.formatting import Grain, Number, bucket, day, percent

WEEKDAYS_UNTIL = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Where an axis is labelled, and with what."""

    at: tuple[X, ...]
    text: tuple[str, ...]


def value_ticks(highest: Number, measure: Measure) -> Ticks:
    """Return three to six round steps from zero to the lowest top that holds `highest`."""
    most = float(highest) if float(highest) > 0 else 1.0
    found = [_stepped(most, measure, wanted) for wanted in (3, 4, 5, 6)]
    at = min(found, key=lambda values: (len(values) < 4, values[-1], len(values)))
    if measure.unit == "ratio" and at[-1] > 1 and most <= 1:
        at = tuple(value for value in at if value <= 1)
    return Ticks(at, tuple(_tick_text(value, at[-1], measure) for value in at))


def _stepped(most: float, measure: Measure, wanted: int) -> tuple[float, ...]:
    raw = most / wanted
    # Lengths of time are read in minutes and hours, everything else in tens.
    base = 1.0 if measure.unit != "seconds" or raw < 60 else 60.0 if raw < 1800 else 3600.0
    if base == 60.0:
        step = base * next(minutes for minutes in (1, 2, 5, 10, 15, 30) if minutes * base >= raw)
    else:
        power = 10.0 ** math.floor(math.log10(raw / base))
        step = base * power * next(s for s in (1, 2, 2.5, 5, 10) if s * base * power >= raw * 0.999)
    if measure.unit == "count":
        step = float(math.ceil(step))
    count = max(1, math.ceil(most / step - 1e-9))
    return tuple(_tidy(step * place) for place in range(count + 1))


def _tidy(value: float) -> float:
    rounded = round(value, 9)
    return int(rounded) if rounded == int(rounded) else rounded


def _tick_text(value: float, top: float, measure: Measure) -> str:
    if value == 0 and measure.unit != "money":
        return "0 %".replace(" ", "\u202f") if measure.unit == "ratio" else "0"
    if measure.unit == "ratio":
        return percent(value, 0 if top >= 0.05 else 1)
    return measure.short(value)


def top_value(chart: Chart) -> float:
    """Return the highest value that the chart has to show, stacks, bands and targets included."""
    highest = [float(value) for series in chart.series for value in known(series.ys)]
    if chart.stacked and chart.series:
        longest = max(len(series.ys) for series in chart.series)
        highest += [
            sum(float(series.ys[place] or 0) for series in chart.series if place < len(series.ys))
            for place in range(longest)
        ]
    if chart.band:
        highest += [float(value) for value in chart.band.highs]
    if chart.target:
        highest.append(float(chart.target[1]))
    return max(highest, default=0.0)


def time_ticks(xs: Sequence[X], grain: Grain, most: int = 8) -> Ticks:
    """Return at most about `most` ticks for buckets in time, on days, Mondays, months or years as they fit."""
    moments = [x for x in xs if isinstance(x, date)]
    if not moments:
        return Ticks((), ())
    span = _naive(moments[-1]) - _naive(moments[0])
    if grain == "hour":
        chosen = _hour_ticks(moments, most)
    elif grain == "day" and span <= WEEKDAYS_UNTIL:
        chosen = _every(moments, most)
        return Ticks(tuple(chosen), tuple(day(x, weekday=True, year=False) for x in chosen))
    elif grain == "day" and span <= timedelta(days=100):
        # Mondays, so that the week's shape can be read from the axis.
        mondays = [x for x in moments if x.weekday() == 0]
        chosen = _every(mondays, most)
        return Ticks(tuple(chosen), tuple(day(x, weekday=True, year=False) for x in chosen))
    elif grain == "week" and span <= timedelta(days=130):
        chosen = _every(moments, most)
        return Ticks(tuple(chosen), tuple(day(x, year=False) for x in chosen))
    elif grain in ("quarter", "year"):
        chosen = _every(moments, most)
        return Ticks(tuple(chosen), tuple(bucket(x, grain) for x in chosen))
    else:
        return _month_ticks(moments, most)
    return Ticks(tuple(chosen), tuple(_hour_text(x) for x in chosen))


def _naive(x: date) -> datetime:
    return x if isinstance(x, datetime) else datetime.combine(x, time.min)


def _every(moments: Sequence[date], most: int) -> list[date]:
    step = max(1, math.ceil(len(moments) / most))
    return list(moments[::step])


def _hour_ticks(moments: list[date], most: int) -> list[date]:
    midnights = [x for x in moments if isinstance(x, datetime) and x.hour == 0]
    if len(midnights) > 2:
        return _every(midnights, most)
    return [x for x in moments if isinstance(x, datetime) and x.hour % (12 if len(moments) > 30 else 6) == 0]


def _hour_text(x: date) -> str:
    if isinstance(x, datetime) and x.hour:
        return f"{x:%H:%M}"
    return day(x, weekday=True, year=False)


def _month_ticks(moments: list[date], most: int) -> Ticks:
    firsts: list[date] = []
    for x in moments:
        if not firsts or (x.year, x.month) != (firsts[-1].year, firsts[-1].month):
            firsts.append(x)
    if firsts and firsts[0].day > 7:
        firsts = firsts[1:]
    for step in (1, 2, 3, 6, 12, 24, 60):
        chosen = [x for x in firsts if (x.month - 1) % min(step, 12) == 0]
        if step > 12:
            chosen = [x for x in chosen if x.year % (step // 12) == 0]
        if len(chosen) <= most:
            break
    chosen = chosen or firsts[:1]
    return Ticks(tuple(chosen), tuple(_month_text(x, place, chosen) for place, x in enumerate(chosen)))


def _month_text(x: date, place: int, chosen: list[date]) -> str:
    # The year is said once, at the first tick and where it changes.
    if place == 0 or chosen[place - 1].year != x.year:
        return f"{x:%b %Y}"
    return f"{x:%b}"
