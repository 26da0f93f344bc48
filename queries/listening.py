"""Key figures of listening: downloads, unique listeners and plays of the podcasts in the reader's scope.

Downloads come from the rollups per tenant day (filtered by app, country or device: from the one that has them),
listeners from one row per listener and day, plays and listening time from metrics_daily. Nothing adds listeners up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from queries.changes import CHANGE_COLUMNS, NO_EARLIER, change_of
from queries.errors import NotAvailable
from queries.filters import Filters
from queries.listening_people import people_of
from queries.listening_scope import (
    Cells,
    Limits,
    catalogue_of,
    cells_of,
    dimensions_of,
    is_by_dimension,
    limits_of,
    oldest,
    periods_of,
    ratio,
)
from queries.periods import Period, day_start
from queries.results import Answer, Column, reaches_of
from queries.small_cells import NOT_TOLD, VIEW_NOT_TOLD, withheld
from queries.statements import ask

_SPARK_DAYS = 92
_NO_PLAYS = "Plays, completion and listening time are not known by app, country or device."


def overview_figures(connection: Connection, f: Filters) -> Answer:
    """One row per key figure: metric, value, compared_value, previous, change_ratio or change_points, spark,
    note.

    `compared_value` is the value of the days that are over: they alone are compared, with as many whole days. A figure
    that is not known under these filters has no value and says why in `note`; so does one without a past. The spark is
    one number per day, or per seven days of a long period, of the days that are over. Time: tenant days.
    """
    limits = limits_of(connection, f)
    downloads = _downloads(connection, f)
    cells = cells_of(connection, f) if is_by_dimension(f) else None
    listeners = _listeners(connection, f, limits, cells)
    plays: list[dict[str, Any]] = []
    compared = f.compared if limits.has_earlier else None
    values: dict[str, int | Decimal | None] = {}
    whole: dict[str, int | Decimal | None] = {}
    before: dict[str, int | Decimal | None] = {}
    if not is_by_dimension(f):
        plays = ask(connection, "listening/overview_plays", **periods_of(f), **catalogue_of(f))
        values, before = _plays(plays, f.period), _plays(plays, compared)
        whole = _plays(plays, f.whole if f.compared else None)
    no_past = NO_EARLIER if f.compared is not None and compared is None else None
    rows = [
        _downloads_figure(downloads, f, cells, compared, no_past),
        _figure(
            "unique_listeners",
            listeners.value,
            listeners.whole,
            listeners.previous,
            listeners.spark,
            listeners.note or no_past,
        ),
    ]
    missing = "not known by this filter" if is_by_dimension(f) else no_past
    for key in ("plays", "completion_ratio", "average_listen_seconds"):
        spark = _plays_spark(plays, key, f)
        rows.append(_figure(key, values.get(key), whole.get(key), before.get(key), spark, missing))
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("compared_value", "Value of whole days", "number"),
            Column("previous", "Before", "number"),
            *CHANGE_COLUMNS,
            Column("note", "Note"),
            Column("spark", "By day", in_csv=False),
        ),
        rows=rows,
        as_of=limits.rollups if is_by_dimension(f) else oldest(limits.rollups, limits.metrics_daily),
        partial_from=f.partial_from,
        notes=((_NO_PLAYS,) if is_by_dimension(f) else ()) + listeners.notes,
        reaches=reaches_of(
            f.period,
            {
                "Downloads": (day for day, count in downloads.items() if count),
                **({} if is_by_dimension(f) else {"Plays": (row["day"] for row in plays if row["plays"])}),
            },
        ),
    )


def unique_listeners(connection: Connection, f: Filters) -> int:
    """Different listeners in exactly the period and under exactly the filters. Raises: NotAvailable."""
    cells = cells_of(connection, f) if is_by_dimension(f) else None
    found = _listeners(connection, f, limits_of(connection, f), cells)
    if found.value is None:
        raise NotAvailable(found.notes[0])
    return found.value


def _figure(
    key: str,
    value: int | Decimal | None,
    whole: int | Decimal | None,
    previous: int | Decimal | None,
    spark: Sequence[int | Decimal],
    note: str | None = None,
) -> dict[str, Any]:
    return {
        "metric": key,
        "value": value,
        "compared_value": whole,
        "previous": previous,
        **change_of(key, whole, previous),
        "spark": list(spark),
        "note": note,
    }


def _downloads_figure(
    days: Mapping[date, int], f: Filters, cells: Cells | None, compared: Period | None, no_past: str | None
) -> dict[str, Any]:
    """Downloads; under a filter by app, country or device they are cells, which may not be told."""
    value, before = _within(days, f.period), _within(days, compared)
    whole = _within(days, f.whole if f.compared else None)
    if cells is None:
        return _figure("downloads", value, whole, before, _spark(days, f), no_past)
    if not cells.tells("downloads"):
        return _figure("downloads", None, None, None, (), NOT_TOLD)
    spark = _spark(days, f)
    if withheld(spark):
        spark = []
    if f.compared is not None and not cells.tells_comparison():
        return _figure("downloads", value, None, None, spark, f"not compared: {NOT_TOLD}")
    return _figure("downloads", value, whole, before, spark, no_past)


def _downloads(connection: Connection, f: Filters) -> dict[date, int]:
    rows = ask(
        connection,
        "listening/overview_downloads",
        **periods_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
        by_dimension=is_by_dimension(f),
    )
    return {row["day"]: row["downloads"] for row in rows}


def _within(days: Mapping[date, int], period: Period | None) -> int | None:
    return (
        None
        if period is None
        else sum(count for day, count in days.items() if period.start <= day < period.end)
    )


def _stretches(f: Filters) -> tuple[date, int, int]:
    """End, length in days and number of the stretches a spark has: whole ones of days that are over."""
    end = f.partial_from if f.partial_from is not None and f.partial_from > f.period.start else f.period.end
    days = (end - f.period.start).days
    length = 1 if days <= _SPARK_DAYS else 7
    return end, length, days // length


def _spark(days: Mapping[date, int], f: Filters) -> list[int]:
    end, length, number = _stretches(f)
    starts = (end - timedelta(days=place * length) for place in range(number, 0, -1))
    return [sum(days.get(start + timedelta(days=n), 0) for n in range(length)) for start in starts]


def _plays(days: Iterable[Mapping[str, Any]], period: Period | None) -> dict[str, int | Decimal | None]:
    """Plays, completion and average listen of the days in a period: sums first, divided once."""
    if period is None:
        return {}
    inside = [row for row in days if period.start <= row["day"] < period.end]
    plays = sum((row["plays"] for row in inside), Decimal(0))
    completes = sum((row["completes"] for row in inside), Decimal(0))
    seconds = sum((row["listen_seconds"] for row in inside), Decimal(0))
    return {
        "plays": int(plays),
        "completion_ratio": ratio(completes, plays),
        "average_listen_seconds": ratio(seconds, plays),
    }


def _plays_spark(days: Sequence[Mapping[str, Any]], key: str, f: Filters) -> list[int | Decimal]:
    """Stretches without a play have no ratio and are left out of its spark."""
    if not days:
        return []
    end, length, number = _stretches(f)
    starts = (end - timedelta(days=place * length) for place in range(number, 0, -1))
    points = (_plays(days, Period(start, start + timedelta(days=length)))[key] for start in starts)
    return [point for point in points if point is not None]


@dataclass(frozen=True, slots=True)
class _Listeners:
    value: int | None
    whole: int | None = None
    previous: int | None = None
    spark: Sequence[int] = ()
    note: str | None = None
    notes: tuple[str, ...] = ()


def _listeners(connection: Connection, f: Filters, limits: Limits, cells: Cells | None) -> _Listeners:
    if cells is not None:
        return _listeners_from_events(connection, f, limits, cells)
    if reason := _begins_too_early(f, limits, f.period):
        return _not_kept(reason)
    compared = f.compared if limits.has_earlier else None
    if compared is not None and _begins_too_early(f, limits, compared):
        compared = None
    whole = f.whole if compared is not None and f.whole != f.period else None
    # Weeks of listeners would be other numbers than the days of a shorter period, and dear: long periods have no spark.
    by_day = f.period.days <= _SPARK_DAYS
    rows = ask(
        connection,
        "listening/overview_listeners",
        **catalogue_of(f),
        period_start=f.period.start,
        period_end=f.period.end,
        whole_end=whole.end if whole is not None else None,
        compared_start=compared.start if compared else None,
        compared_end=compared.end if compared else None,
        by_day=by_day,
    )
    found = {row["span"]: row["listeners"] for row in rows if row["span"] != "day"}
    days = {row["day"]: row["listeners"] for row in rows if row["span"] == "day"}
    return _Listeners(
        value=found["period"],
        whole=(found["whole"] if whole is not None else found["period"]) if compared else None,
        previous=found["compared"] if compared else None,
        spark=_spark(days, f) if by_day else (),
    )


def _listeners_from_events(connection: Connection, f: Filters, limits: Limits, cells: Cells) -> _Listeners:
    if not cells.tells("downloads"):
        return _Listeners(None, note=NOT_TOLD, notes=(VIEW_NOT_TOLD,))
    if reason := _begins_too_early(f, limits, f.period):
        return _not_kept(reason)
    compared = f.compared if limits.has_earlier else None
    if compared is not None and _begins_too_early(f, limits, compared):
        compared = None
    whole = f.whole if compared is not None and f.whole != f.period else None
    people = people_of(connection, f, cells, whole, compared)
    notes = (VIEW_NOT_TOLD,) if people.value is None else ()
    return _Listeners(people.value, people.whole, people.previous, note=people.note, notes=notes)


def _begins_too_early(f: Filters, limits: Limits, period: Period) -> str:
    """Why listeners of the period are not told; empty where they are kept since its first day.

    Raw events outlast a tenant's days of listeners where it chose few, but what is past these is told of no view. By
    app, country or device so the later of both bounds holds, and says why.
    """
    kept_from = limits.listeners_from(f.today)
    if is_by_dimension(f) and period.moments(f.zone)[0] < limits.raw_start >= day_start(kept_from, f.zone):
        return "Unique listeners by app, country or device are known for the last two years only."
    if period.start < kept_from:
        return f"Unique listeners are kept since {kept_from.isoformat()}; this period begins before it."
    return ""


def _not_kept(reason: str) -> _Listeners:
    return _Listeners(None, note="not kept that long", notes=(reason,))
