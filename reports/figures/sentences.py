"""What a chart says to somebody who does not see it: one sentence from its own numbers."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from reports.figures.chart import Chart, Measure, Series, known, x_name
from reports.formatting import EMPTY, Number, change, counted, percent


def sum_known(values: Iterable[Number | None]) -> Number:
    """The sum of what is known."""
    return sum((Decimal(str(value)) for value in values if value is not None), Decimal(0))


def trend_sentence(chart: Chart, compared: tuple[Number, Number | None] | None, *, additive: bool) -> str:
    """Per what, from when to when, how much in all, lowest and highest, and the change."""
    measure, grain, first = chart.measure, chart.grain, chart.main
    series = [one for one in chart.series if one.role == "main"]
    values = known(first.ys)
    if not values:
        return f"{measure.label}: no data in this period."
    if len(first.xs) == 1:
        return f"{measure.label}, {x_name(first.xs[0], grain)}: {measure.text(values[0])}."
    per = f"{measure.label} per {grain}, {x_name(first.xs[0], grain)} to {x_name(first.xs[-1], grain)}"
    if len(series) > 1:
        ends = ", ".join(f"{one.label} {measure.text(known(one.ys)[-1])}" for one in series if known(one.ys))
        return f"{per}. Last values: {ends}."
    # Where some are not told, neither the sum of the others nor the lowest of them is that of all.
    is_told = not any(first.texts)
    parts = [f"{measure.text(sum_known(values))} in all"] if additive and is_told else []
    parts += _extremes(chart) if is_told else ["small values are not told"]
    said = f"{per}: {', '.join(parts)}"
    compare = next((one for one in chart.series if one.role == "compare"), None)
    if additive and compare is not None and (compared or not any((*first.texts, *compare.texts))):
        now, before = compared or _known_on_both_sides(chart, compare)
        told = change(now, before, measure.unit)
        if told != EMPTY:
            name = compare.label[:1].lower() + compare.label[1:]
            part = "" if not is_told or now == sum_known(values) else f"{measure.text(now)} of it compared, "
            said += f"; {part}{name} {measure.text(before)} ({told})"
    if chart.cut_first:
        said += f". The first {grain} is not complete: the period begins inside it"
    if chart.partial_from is not None:
        said += f". From {x_name(chart.partial_from, grain)} on the data is not complete"
    episodes = sum(mark.kind == "episode" for mark in chart.marks)
    if episodes:
        said += f". {counted(episodes, 'episode')} came out"
    return said + "."


def _known_on_both_sides(chart: Chart, compare: Series) -> tuple[Number, Number]:
    places = [
        place
        for place, value in enumerate(compare.ys)
        if value is not None and chart.main.ys[place] is not None and chart.is_whole(chart.main, place)
    ]
    return sum_known(chart.main.ys[place] for place in places), sum_known(
        compare.ys[place] for place in places
    )


def _extremes(chart: Chart) -> list[str]:
    """Return lowest and highest with their dates; a bucket that is not complete is neither."""
    series, measure, grain = chart.main, chart.measure, chart.grain
    points = [
        (value, series.xs[place])
        for place, value in enumerate(series.ys)
        if value is not None and chart.is_whole(series, place)
    ]
    if len(points) < 2:
        return []
    low = min(points, key=lambda point: point[0])
    high = max(points, key=lambda point: point[0])
    if low[0] == high[0]:
        return [f"{measure.text(low[0])} in each"]
    return [
        f"from {measure.text(low[0])} ({x_name(low[1], grain)}) to {measure.text(high[0])} ({x_name(high[1], grain)})"
    ]


def columns_sentence(chart: Chart, by: str | None) -> str:
    """The same for columns in time; the highest of columns by name; the sums of several series."""
    measure, series = chart.measure, chart.series
    first = series[0]
    if not known(first.ys):
        return f"{measure.label}: no data in this period."
    if len(series) > 1:
        sums = ", ".join(f"{one.label} {measure.text(sum_known(one.ys))}" for one in series)
        return f"{measure.label} by {by}: {sums}."
    if isinstance(first.xs[0], date):
        return trend_sentence(chart, None, additive=measure.unit in ("count", "number", "money"))
    place = max((n for n, value in enumerate(first.ys) if value is not None), key=lambda n: first.ys[n] or 0)
    return (
        f"{measure.label}: highest {measure.text(first.ys[place])} ({x_name(first.xs[place], chart.grain)})."
    )


def ranking_sentence(
    measure: Measure,
    names: tuple[str, ...],
    values: tuple[Number | None, ...],
    texts: tuple[str, ...],
    shares: tuple[Number | None, ...],
    x_label: str,
    count: int,
) -> str:
    """The first three, and how many follow."""
    if not names:
        return f"{measure.label}: no data in this period."
    told = []
    for place, name in enumerate(names[:3]):
        share = f" ({percent(shares[place])})" if shares and shares[place] is not None else ""
        told.append(f"{name} {texts[place] or measure.text(values[place])}{share}")
    by = f" by {x_label.lower()}" if x_label else ""
    more = count - len(told)
    rest = f", and {counted(more, 'more')}".replace("mores", "more") if more > 0 else ""
    return f"{measure.label}{by}: {', '.join(told)}{rest}."


def models_sentence(measure: Measure, series: tuple[Series, ...], order: list[str], x_label: str) -> str:
    """Whether the models agree on the order."""
    if not order or not series:
        return f"{measure.label}: no data in this period."
    leaders = {
        one.label: order[max(range(len(order)), key=lambda place: float(one.ys[place] or 0))]
        for one in series
    }
    rankings = {
        tuple(sorted(range(len(order)), key=lambda place: -float(one.ys[place] or 0))) for one in series
    }
    if len(rankings) == 1:
        return f"{measure.label} by {x_label.lower()}: every model ranks them alike, {order[0]} first."
    if len(set(leaders.values())) == 1:
        return f"{measure.label} by {x_label.lower()}: {order[0]} leads in every model; the order behind it changes."
    told = ", ".join(f"{name} by {model.lower()}" for model, name in leaders.items())
    return f"{measure.label} by {x_label.lower()}: the models disagree on the leader: {told}."
