"""Downloads over time, by the hour or by days, and the episodes that came out meanwhile."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from queries.errors import NotAvailable
from queries.filters import Filters
from queries.listening_scope import (
    Limits,
    catalogue_of,
    cells_of,
    column_of,
    dimensions_of,
    is_by_dimension,
    limits_of,
    oldest,
    periods_of,
    whole_end_of,
)
from queries.periods import day_start
from queries.results import Answer, Column, partial_from
from queries.small_cells import BUCKETS_NOT_TOLD, VIEW_NOT_TOLD, told, withheld
from queries.statements import ask

_HOUR = timedelta(hours=1)


def downloads_trend(connection: Connection, f: Filters) -> Answer:
    """Downloads per bucket of `f.grain`: bucket, downloads, previous_bucket, previous, is_partial; gaps are 0.

    A bucket that has not begun has no downloads yet. `is_partial`: the bucket is not over, or the period covers only a
    part of it. Under a filter by app, country or device a bucket is a small cell too: text in place of its downloads.
    The days compared with are laid on the period's one by one; where the data begins after the
    first of them there are none.
    Totals: downloads, compared (of the days that are over) and previous, which is None where nothing can be compared.
    Time: tenant days, weeks from the tenant's first day; hours count from the tenant's midnight. Raises: NotAvailable
    for hours by app, country or device of days whose raw events are gone.
    """
    limits = limits_of(connection, f)
    rows, as_of = (
        _hours(connection, f, limits) if f.grain == "hour" else (_days(connection, f), limits.rollups)
    )
    unit = "datetime" if f.grain == "hour" else "date"
    previous: int | None = None
    compared: int | None = None
    if f.compared is not None:
        compared = sum(row["whole"] for row in rows)
        previous = sum(row["previous"] or 0 for row in rows)
    downloads = sum(row["downloads"] or 0 for row in rows)
    cells = cells_of(connection, f) if is_by_dimension(f) else None
    is_told = cells is None or cells.tells("downloads")
    is_compared = cells is None or cells.tells_comparison()
    if not limits.has_earlier or not is_compared:
        # What was known of the period before is not drawn either, where the page says that it is not compared.
        previous = None
        compared = compared if is_compared else None
        rows = [row | {"previous_bucket": None, "previous": None} for row in rows]
    shown = [{key: value for key, value in row.items() if key != "whole"} for row in rows if is_told]
    has_small = cells is not None and _withhold(shown)
    return Answer(
        columns=(
            Column("bucket", f.grain.capitalize(), unit),
            column_of("downloads"),
            Column("previous_bucket", "Compared with", unit),
            column_of("downloads", key="previous", label="Downloads before"),
            Column("is_partial", "Not complete"),
        ),
        rows=shown,
        as_of=as_of,
        partial_from=partial_from(rows),
        notes=(VIEW_NOT_TOLD,) if not is_told else (BUCKETS_NOT_TOLD,) if has_small else (),
        totals={
            "downloads": downloads if is_told else None,
            "compared": compared,
            "previous": previous,
        },
    )


def _withhold(rows: list[dict[str, Any]]) -> bool:
    """Puts words in the place of the buckets that are not told; whether there is one."""
    hidden = False
    for key in ("downloads", "previous"):
        for place in withheld([row[key] or 0 for row in rows]):
            rows[place][key] = told(rows[place][key])
            hidden = True
    return hidden


def episode_flags(connection: Connection, f: Filters) -> Answer:
    """Episodes that came out in the period: at, label; oldest first.

    Time: `at` is the tenant day; by the hour the moment at which that hour begins, counted from the tenant's midnight.
    """
    starts_at, ends_at = f.period.moments(f.zone)
    rows = ask(
        connection,
        "listening/episode_flags",
        period_from=starts_at,
        period_to=ends_at,
        now=f.now,
        **catalogue_of(f),
    )
    return Answer(
        columns=(
            Column("at", "Published", "datetime" if f.grain == "hour" else "date"),
            Column("label", "Episode"),
        ),
        rows=[{"at": _place_of(row["published_at"], f), "label": row["label"]} for row in rows],
    )


def _place_of(moment: datetime, f: Filters) -> date:
    """The bucket of an hour or a day in which a moment lies."""
    day = moment.astimezone(f.zone).date()
    if f.grain != "hour":
        return day
    starts_at = day_start(day, f.zone)
    return starts_at + (moment - starts_at) // _HOUR * _HOUR


def _days(connection: Connection, f: Filters) -> list[dict[str, Any]]:
    rows = ask(
        connection,
        "listening/downloads_trend",
        **periods_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
        **whole_end_of(f),
        by_dimension=is_by_dimension(f),
        grain=f.grain,
    )
    return [
        {
            **row,
            "downloads": (
                None
                if max(row["bucket"], f.period.start) > f.today and not row["downloads"]
                else row["downloads"]
            ),
            "is_partial": f.is_partial(row["bucket"], f.grain),
        }
        for row in rows
    ]


def _hours(
    connection: Connection, f: Filters, limits: Limits
) -> tuple[list[dict[str, Any]], datetime | None]:
    relation, as_of = _hourly_relation(f, limits)
    whole_to = day_start(min(f.today, f.period.end), f.zone)
    rows = ask(
        connection,
        "listening/downloads_by_hour",
        relation=relation,
        time_zone=f.zone.key,
        **periods_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
    )
    made = [
        {
            "bucket": row["bucket"],
            "downloads": None if row["bucket"] > f.now and not row["downloads"] else row["downloads"],
            "whole": row["downloads"] if row["bucket"] < whole_to else 0,
            "previous_bucket": row["previous_bucket"],
            "previous": row["previous"],
            "is_partial": row["bucket"] + _HOUR > f.now,
        }
        for row in rows
    ]
    return made, as_of


def _hourly_relation(f: Filters, limits: Limits) -> tuple[str, datetime | None]:
    """Which relation answers by the hour, and as of when it is complete.

    The hourly aggregate is in UTC hours: it serves zones whose days begin on one. Where it is refreshed by itself
    (TimescaleDB) it serves only what it has reached; the quarter hours of the rollups serve the rest.
    """
    if is_by_dimension(f):
        spans = [period for period in (f.period, f.compared) if period is not None]
        if min(period.moments(f.zone)[0] for period in spans) < limits.raw_start:
            raise NotAvailable("Hours by app, country or device are known for the last two years only.")
        return "listener_events", limits.rollups
    if not _has_whole_hours(f):
        return "download_quarters", limits.rollups
    if limits.aggregates is None:
        return "listener_events_hourly", limits.rollups
    if limits.aggregates >= f.period.moments(f.zone)[1]:
        return "listener_events_hourly", oldest(limits.rollups, limits.aggregates)
    return "download_quarters", limits.rollups


def _has_whole_hours(f: Filters) -> bool:
    return all(
        day_start(period.start + timedelta(days=n), f.zone).minute == 0
        for period in (f.period, f.compared)
        if period is not None
        for n in range(period.days + 1)
    )
