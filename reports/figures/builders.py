"""Charts from rows: pure functions that take a query's rows and say what they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from queries.results import rest_name
from reports.figures.chart import Band, Chart, Mark, Measure, Series, Table, X, x_name
from reports.figures.sentences import (
    columns_sentence,
    models_sentence,
    ranking_sentence,
    sum_known,
    trend_sentence,
)
from reports.formatting import Grain, Number, day, local, percent
from reports.rest import with_rest

Rows = Sequence[Mapping[str, Any]]

MOST_LINES = 6
FEW_BUCKETS = 13
SO_FAR, BOOKED_BY_THEN = "Delivered so far", "Booked by then"


def _local_x(value: X, zone: tzinfo | None) -> X:
    return local(value, zone) if zone is not None and isinstance(value, date) else value


def trend(
    rows: Rows,
    *,
    label: str,
    x: str = "bucket",
    y: str = "value",
    by: str | None = None,
    unit: str = "count",
    currency: str | None = None,
    grain: Grain = "day",
    zone: tzinfo | None = None,
    compare_rows: Rows | None = None,
    compare_label: str = "Previous period",
    marks: Sequence[Mark] = (),
    compared: tuple[Number, Number | None] | None = None,
    partial_from: date | datetime | None = None,
    cut_first: bool = False,
    additive: bool = True,
    height: int = 280,
) -> Chart:
    """Return values over time: an area, few buckets as columns, or with `by` one line per name (six at most).

    Shape: one row per bucket (and name), in time order, gaps already filled with zero.
    Time: aware datetimes are shown in `zone`; `compare_rows` are laid under the rows by position, and have neither
    bucket nor value where there is nothing to compare with. A value that is text ("<5") is not drawn and read as it is.
    compared: the two sums that the sentence compares; without them those of the buckets known on both sides.
    cut_first: the period begins inside the first bucket, so that it is as incomplete as one that is not over.
    """
    measure = Measure(label, unit, currency)
    series = _lines(rows, x, y, by, zone, label)
    for_compare: tuple[Series, ...] = ()
    if compare_rows and by is None:
        length = len(series[0].xs)
        shown = [*compare_rows[:length]]
        while shown and shown[-1][y] is None:
            shown.pop()
        for_compare = (
            Series(
                compare_label,
                series[0].xs[: len(shown)],
                _numbers(shown, y),
                "compare",
                0,
                tuple("" if row[x] is None else x_name(_local_x(row[x], zone), grain) for row in shown),
                _words(shown, y),
            ),
        )
        for_compare = for_compare if shown else ()
    cut = _local_x(partial_from, zone) if partial_from is not None else None
    cut_first = cut_first and len(series[0].xs) > 0
    few = by is None and grain != "hour" and len(series[0].xs) <= (FEW_BUCKETS if grain != "day" else 2)
    local_marks = tuple(Mark(local(mark.at, zone), mark.label, mark.kind) if zone else mark for mark in marks)
    chart = Chart(
        kind="columns" if few else "trend",
        measure=measure,
        series=(*for_compare, *series),
        sentence="",
        x_label={"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}.get(grain, "Period"),
        grain=grain,
        # Columns stand on names, not on a time axis: there is no place between them.
        marks=() if few else local_marks,
        partial_from=cut if isinstance(cut, date) else None,
        cut_first=cut_first,
        height=height,
    )
    return replace(chart, sentence=trend_sentence(chart, compared, additive=additive))


def _lines(rows: Rows, x: str, y: str, by: str | None, zone: tzinfo | None, label: str) -> tuple[Series, ...]:
    if by is None:
        xs = tuple(_local_x(row[x], zone) for row in rows)
        return (Series(label, xs, _numbers(rows, y), texts=_words(rows, y)),)
    names = list(dict.fromkeys(str(row[by]) for row in rows))[:MOST_LINES]
    grouped = {name: [row for row in rows if str(row[by]) == name] for name in names}
    return tuple(
        Series(name, tuple(_local_x(row[x], zone) for row in own), tuple(row[y] for row in own), "main", slot)
        for slot, (name, own) in enumerate(grouped.items(), start=1)
    )


def _numbers(rows: Rows, y: str) -> tuple[Number | None, ...]:
    return tuple(None if isinstance(row[y], str) else row[y] for row in rows)


def _words(rows: Rows, y: str) -> tuple[str, ...]:
    """What stands in the place of values that may not be shown, else nothing; empty where each is."""
    words = tuple(row[y] if isinstance(row[y], str) else "" for row in rows)
    return words if any(words) else ()


def columns(
    rows: Rows,
    *,
    label: str,
    x: str,
    y: str,
    by: str | None = None,
    unit: str = "count",
    currency: str | None = None,
    grain: Grain = "month",
    zone: tzinfo | None = None,
    stacked: bool = False,
    partial_from: date | datetime | None = None,
    cut_first: bool = False,
    x_label: str = "",
    height: int = 260,
) -> Chart:
    """Return values per bucket or category as columns; with `by` in groups or, if stacked, on top of each other."""
    measure = Measure(label, unit, currency)
    series = _lines(rows, x, y, by, zone, label)
    cut = _local_x(partial_from, zone) if partial_from is not None else None
    chart = Chart(
        kind="columns",
        measure=measure,
        series=series,
        sentence="",
        x_label=x_label or grain.capitalize(),
        grain=grain,
        stacked=stacked,
        partial_from=cut if isinstance(cut, date) else None,
        cut_first=cut_first and len(series[0].xs) > 0,
        height=height,
    )
    return replace(chart, sentence=columns_sentence(chart, by))


def ranking(
    rows: Rows,
    *,
    label: str,
    label_key: str,
    value_key: str,
    unit: str = "count",
    currency: str | None = None,
    total: Number | None = None,
    link_key: str | None = None,
    x_label: str = "",
    limit: int = 10,
    slot: int = 1,
) -> Chart:
    """Return the rows as bars from high to low with the number at the end.

    total: the whole that shares refer to; without it no share is shown (right for what does not add up). With it the
    rows beyond `limit` stand as one, the last, so that the bars add up to the whole.
    A value that is text ("<5", hidden) stands as it is, without a bar, below all numbers. Where there is no room for
    all of them they are all in the rest: a rest that held some would tell those from the others.
    """
    measure = Measure(label, unit, currency)
    numbers = [row for row in rows if _is_number(row[value_key])]
    ranked = sorted(numbers, key=lambda row: -float(row[value_key] or 0))
    count = len(rows)
    if len(numbers) == count and total:
        ranked = with_rest(ranked, name_key=label_key, sums=(value_key,), limit=limit)
    elif count <= limit or not total:
        ranked = [*ranked, *(row for row in rows if not _is_number(row[value_key]))][:limit]
    else:
        ranked = ranked[: limit - 1]
        rest = Decimal(str(total)) - Decimal(str(sum_known(row[value_key] for row in ranked)))
        name = rest_name(count - len(ranked))
        ranked.append({label_key: name, value_key: rest, "is_rest": True})
    names = tuple(str(row[label_key]) for row in ranked)
    values = tuple(row[value_key] if _is_number(row[value_key]) else None for row in ranked)
    texts = tuple("" if _is_number(row[value_key]) else str(row[value_key]) for row in ranked)
    shares: tuple[Number | None, ...] = ()
    if total:
        shares = tuple(
            None if value is None else Decimal(str(value)) / Decimal(str(total)) for value in values
        )
    return Chart(
        kind="ranking",
        measure=measure,
        series=(Series(label, names, values, "main", slot, texts=texts if any(texts) else ()),),
        sentence=ranking_sentence(measure, names, values, texts, shares, x_label, count),
        x_label=x_label or "Name",
        height=24 + 36 * max(1, len(ranked)),
        links=tuple(row.get(link_key) for row in ranked) if link_key else (),
        shares=shares,
        has_rest=bool(ranked) and bool(ranked[-1].get("is_rest")),
    )


def _is_number(value: object) -> bool:
    return value is None or not isinstance(value, str)


def delivery(
    rows: Rows,
    *,
    booked: Number,
    flight_start: date,
    flight_end: date,
    now: date | datetime,
    x: str = "day",
    y: str = "impressions",
    label: str = "Ads delivered",
    forecast: tuple[Number, Number, Number] | None = None,
    height: int = 300,
) -> Chart:
    """Return cumulative delivery against the booked number over the flight (both ends included).

    Shape: one row per day; `booked` of a row is what should have been delivered by its end (bookings overlap and leave
    gaps), and where no row has it the line is straight. The table beside it tells each day's own number too.
    forecast: expected, low and high total at the flight's end, drawn as a cone from the last delivered day.
    """
    measure = Measure(label)
    own = [row for row in rows if row[y] is not None]
    running: int | Decimal = 0
    xs: list[X] = []
    ys: list[Number] = []
    for row in own:
        running += row[y] if isinstance(row[y], int) else Decimal(str(row[y]))
        xs.append(row[x])
        ys.append(int(running) if running == int(running) else running)
    targets = [(row[x], row["booked"]) for row in rows if row.get("booked") is not None]
    pace = Series(
        BOOKED_BY_THEN,
        (flight_start - timedelta(days=1), *([at for at, _ in targets] or [flight_end])),
        (0, *([target for _, target in targets] or [booked])),
        "target",
        0,
    )
    so_far = dict(zip(xs, ys, strict=True))
    band = None
    if forecast is not None and xs:
        band = Band("Forecast", (xs[-1], flight_end), (ys[-1], forecast[1]), (ys[-1], forecast[2]))
    done = ys[-1] if ys else 0
    parts = [f"{label}: {measure.text(done)} of {measure.text(booked)} booked"]
    if booked:
        parts.append(f" ({percent(Decimal(str(done)) / Decimal(str(booked)))})")
    parts.append(f" in the flight {day(flight_start)} to {day(flight_end)}")
    if forecast is not None:
        low, high = measure.text(forecast[1]), measure.text(forecast[2])
        parts.append(f"; expected at its end {measure.text(forecast[0])} (between {low} and {high})")
    return Chart(
        kind="delivery",
        measure=measure,
        series=(pace, Series(SO_FAR, tuple(xs), tuple(ys))),
        sentence="".join(parts) + ".",
        x_label="Day",
        told=Table(
            ("Day", label, SO_FAR, BOOKED_BY_THEN),
            tuple(
                (
                    x_name(row[x], "day"),
                    *(measure.text(one) for one in (row[y], so_far.get(row[x]), row.get("booked"))),
                )
                for row in rows
            ),
        ),
        band=band,
        target=("Booked", booked),
        now=now,
        height=height,
    )


def attribution_bars(
    rows: Rows,
    *,
    models: Sequence[tuple[str, str]],
    channel_key: str = "channel",
    model_key: str = "model",
    value_key: str = "conversions",
    label: str = "Conversions",
    unit: str = "number",
    currency: str | None = None,
    x_label: str = "Podcast",
    limit: int = 8,
) -> Chart:
    """Return one panel of bars per model, channels in the order of the rows, so that rankings can be compared.

    Channels beyond `limit` stand as one, the last, so that the bars of a model add up to what it credits.
    Shape: one row per channel and model; `models` are (key, label) in the order they are shown.
    """
    measure = Measure(label, unit, currency)
    credit: dict[str, dict[str, Number]] = {}
    for row in rows:
        credit.setdefault(str(row[channel_key]), {})[str(row[model_key])] = row[value_key]
    order = list(credit)
    has_rest = len(order) > limit
    if has_rest:
        order, others = order[: limit - 1], order[limit - 1 :]
        rest = rest_name(len(others))
        credit[rest] = {key: sum_known(credit[name].get(key) for name in others) for key, _ in models}
        order.append(rest)
    series = tuple(
        Series(title, tuple(order), tuple(credit[name].get(key, 0) for name in order), "main", slot)
        for slot, (key, title) in enumerate(models, start=1)
    )
    return Chart(
        kind="panels",
        measure=measure,
        series=series,
        sentence=models_sentence(measure, series, order, x_label),
        x_label=x_label,
        height=40 + 44 * max(1, len(order)),
        has_rest=has_rest,
    )
