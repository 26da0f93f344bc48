"""Bars in SVG: columns, rankings, panels side by side."""

from datetime import date

from reports.figures.chart import Chart, Series, known
from reports.figures.labels import colour_token, column_texts
from reports.figures.scales import Ticks, time_ticks, top_value, value_ticks
from reports.figures.svg_axes import Frame, axis_texts, grid, keys_above, left_margin
from reports.figures.svg_marks import HATCH, SIZE, line, rect, words
from reports.figures.text_metrics import fit, text_width
from reports.figures.tokens import Theme, colour
from reports.formatting import percent


def columns(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    """Return columns per bucket or category, in groups or stacked."""
    ticks = value_ticks(top_value(chart), chart.measure)
    bars = [series for series in chart.series if series.role == "main"]
    legend = len(bars) > 1
    keys, above = keys_above(chart, theme, width, blocks=True)
    # Numbers stand over single columns and need their line.
    top = max(8.0, above) + (0 if legend else 12)
    frame = Frame(left_margin(ticks), width - 4, top, height - 24, float(str(ticks.at[-1])))
    body = keys + grid(frame, ticks, theme)
    count = max(1, len(bars[0].xs))
    slot = (frame.right - frame.left) / count
    used = min(slot * 0.68, 72.0)
    each = used / (1 if chart.stacked else len(bars))
    stacked = [0.0] * count
    for order, series in enumerate(bars):
        ink = colour(colour_token(series), theme)
        said = column_texts(chart, series)
        # Two of many have room beyond their own columns.
        few = sum(map(bool, said)) <= 2
        for place, value in enumerate(series.ys):
            if value is None:
                continue
            x = frame.left + slot * place + (slot - used) / 2 + (0 if chart.stacked else each * order)
            low = stacked[place]
            high = low + float(value)
            top = frame.y(high)
            tall = frame.y(low) - top
            gap = 1 if len(bars) > 1 and not chart.stacked else 0
            if chart.is_whole(series, place):
                body.append(rect(x, top, each - gap, tall, ink))
            else:
                body.append(rect(x, top, each - gap, tall, colour("series-1-soft", theme)))
                body.append(rect(x, top, each - gap, tall, f"url(#{HATCH})"))
            if chart.stacked:
                stacked[place] = high
            elif not legend and said[place] and (few or text_width(said[place], SIZE) <= slot - 2):
                body.append(words(said[place], x + each / 2, top - 8, colour("ink", theme), anchor="middle"))
    for series in chart.series:
        if series.role == "compare":
            ink = colour("compare", theme)
            for place, value in enumerate(series.ys):
                if value is not None:
                    middle = frame.left + slot * (place + 0.5)
                    body.append(
                        line(
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
    return axis_texts(places, frame, theme)


def ranking(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    """Return bars from high to low, name on the bar, number at the end."""
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
        ink = colour("hairline" if chart.is_rest(place) else "bar-soft", theme)
        body.append(rect(0, middle - step / 2 + 2, length, step - 4, ink))
        body.append(words(fit(str(name), right - 12, SIZE), 6, middle, colour("ink", theme)))
        at = width - share_room
        body.append(words(values[place], at, middle, colour("ink", theme), anchor="end", weight=650))
        if shares:
            body.append(words(shares[place], width, middle, colour("ink-3", theme), anchor="end"))
    return body


def panels(chart: Chart, width: float, height: float, theme: Theme) -> list[str]:
    """Return one panel of bars per series, rows in one order."""
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
        body.append(words(fit(str(name), width, SIZE), 0, 22 + step * place + 8, colour("ink", theme)))
    for order, series in enumerate(chart.series):
        left = (each + gap) * order
        title = fit(series.label, each, SIZE, strong=True)
        body.append(words(title, left, 8, colour("ink-2", theme), weight=650))
        for place, value in enumerate(series.ys):
            middle = 22 + step * place + 22
            length = float(value or 0) / top * (each - room - 8)
            ink = colour("hairline-strong" if chart.is_rest(place) else colour_token(series), theme)
            body.append(rect(left, middle - 4, max(length, 1.0), 8, ink))
            body.append(words(chart.value(series, place), left + length + 6, middle, colour("ink-2", theme)))
    return body
