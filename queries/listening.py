"""Listening questions: downloads, listeners and plays of the podcasts in the reader's scope.

Downloads come from the rollups per tenant day (filtered by app, country or device: from the one that has them),
listeners from one row per listener and day, plays and listening time from metrics_daily. Nothing adds listeners up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from queries.errors import NotAvailable
from queries.filters import Filters
from queries.metrics import metric
from queries.periods import Period, day_start
from queries.results import Answer, Column, partial_from
from queries.statements import ask

FIGURES = ("downloads", "unique_listeners", "plays", "completion_ratio", "average_listen_seconds")
SMALL_CELL = 5
"""Listeners of an app, country or device are not told apart below this number."""
_SPARK_DAYS = 92
_HOUR = timedelta(hours=1)
_LATELY = timedelta(days=30)
_FIRST_WEEK = timedelta(hours=168)
_NO_EARLIER = "no earlier data"
_NO_PLAYS = "Plays, completion and listening time are not known by app, country or device."
_SMALL = f"Fewer than {SMALL_CELL} listeners of an app, country or device are not shown."

Slice = Literal["app", "country", "device_type"]
_SLICE_LABELS: dict[Slice, str] = {"app": "App", "country": "Country", "device_type": "Device"}


@dataclass(frozen=True, slots=True)
class _Limits:
    """As of when the relations are complete, how far back they reach, and whether there is anything to compare with.

    `has_earlier`: the podcasts and episodes asked for had a download on the first day compared with, or before it.
    Without one a comparison would show growth from nothing, where only our knowledge begins.
    """

    rollups: datetime | None
    metrics_daily: datetime | None
    aggregates: datetime | None
    raw_start: datetime
    listener_days: int
    has_earlier: bool


def overview_figures(connection: Connection, f: Filters) -> Answer:
    """One row per key figure: metric, value, compared_value, previous, change_ratio, spark, note.

    `compared_value` is the value of the days that are over: they alone are compared, with as many whole days. A figure
    that is not known under these filters has no value and says why in `note`; so does one without a past. The spark is
    one number per day, or per seven days of a long period, of the days that are over. Time: tenant days.
    """
    limits = _limits(connection, f)
    downloads = _downloads(connection, f)
    listeners = _listeners(connection, f, limits)
    plays: list[dict[str, Any]] = []
    compared = f.compared if limits.has_earlier else None
    values: dict[str, int | Decimal | None] = {}
    whole: dict[str, int | Decimal | None] = {}
    before: dict[str, int | Decimal | None] = {}
    if not _by_dimension(f):
        plays = ask(connection, "listening/overview_plays", **_periods(f), **_catalogue(f))
        values, before = _plays(plays, f.period), _plays(plays, compared)
        whole = _plays(plays, f.whole if f.compared else None)
    no_past = _NO_EARLIER if f.compared is not None and compared is None else None
    rows = [
        _figure(
            "downloads",
            _within(downloads, f.period),
            _within(downloads, f.whole if f.compared else None),
            _within(downloads, compared),
            _spark(downloads, f),
            no_past,
        ),
        _figure(
            "unique_listeners",
            listeners.value,
            listeners.whole,
            listeners.previous,
            listeners.spark,
            listeners.note or no_past,
        ),
    ]
    missing = "not known by this filter" if _by_dimension(f) else no_past
    for key in ("plays", "completion_ratio", "average_listen_seconds"):
        spark = _plays_spark(plays, key, f)
        rows.append(_figure(key, values.get(key), whole.get(key), before.get(key), spark, missing))
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("compared_value", "Value of whole days", "number"),
            Column("previous", "Before", "number"),
            Column("change_ratio", "Change", "ratio"),
            Column("note", "Note"),
            Column("spark", "By day", in_csv=False),
        ),
        rows=rows,
        as_of=limits.rollups if _by_dimension(f) else _oldest(limits.rollups, limits.metrics_daily),
        partial_from=f.partial_from,
        notes=((_NO_PLAYS,) if _by_dimension(f) else ()) + listeners.notes,
    )


def unique_listeners(connection: Connection, f: Filters) -> int:
    """Different listeners in exactly the period and under exactly the filters. Raises: NotAvailable."""
    found = _listeners(connection, f, _limits(connection, f))
    if found.value is None:
        raise NotAvailable(found.notes[0])
    return found.value


def downloads_trend(connection: Connection, f: Filters) -> Answer:
    """Downloads per bucket of `f.grain`: bucket, downloads, previous_bucket, previous, is_partial; gaps are 0.

    A bucket that has not begun has no downloads yet. `is_partial`: the bucket is not over, or the period covers only a
    part of it. The days compared with are laid on the period's one by one; before the first day of data there are none.
    Totals: downloads, compared (of the days that are over) and previous, which is None where nothing can be compared.
    Time: tenant days, weeks from Monday; hours count from the tenant's midnight. Raises: NotAvailable for hours by app,
    country or device of days whose raw events are gone.
    """
    limits = _limits(connection, f)
    rows, as_of = (
        _hours(connection, f, limits) if f.grain == "hour" else (_days(connection, f), limits.rollups)
    )
    unit = "datetime" if f.grain == "hour" else "date"
    previous: int | None = None
    compared: int | None = None
    if f.compared is not None:
        compared = sum(row["whole"] for row in rows)
        previous = sum(row["previous"] or 0 for row in rows)
        if not limits.has_earlier:
            previous = None
            rows = _from_first_data(rows)
    return Answer(
        columns=(
            Column("bucket", f.grain.capitalize(), unit),
            _of("downloads"),
            Column("previous_bucket", "Compared with", unit),
            _of("downloads", key="previous", label="Downloads before"),
            Column("is_partial", "Not complete"),
        ),
        rows=[{key: value for key, value in row.items() if key != "whole"} for row in rows],
        as_of=as_of,
        partial_from=partial_from(rows),
        totals={
            "downloads": sum(row["downloads"] or 0 for row in rows),
            "compared": compared,
            "previous": previous,
        },
    )


def top_episodes(connection: Connection, f: Filters, limit: int = 10) -> Answer:
    """Episodes by downloads in the period, most first.

    first_7_day_downloads is None until 168 hours after publication are over, and under a filter by app, country or
    device; first_7_day_state says which: complete, not complete yet, not counted yet or not known by this filter.
    Totals: downloads and number of all episodes downloaded in the period.
    """
    limits = _limits(connection, f)
    rows = ask(
        connection,
        "listening/top_episodes",
        **_periods(f),
        **_catalogue(f),
        **_dimensions(f),
        by_dimension=_by_dimension(f),
        **_whole_end(f),
        row_limit=limit,
        now=f.now,
    )
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Podcast"),
            Column("published_at", "Published", "datetime"),
            *_COUNTED,
            _of("first_7_day_downloads"),
            Column("first_7_day_state", f"{metric('first_7_day_downloads').label}: state"),
        ),
        rows=[
            {
                "episode_id": row["episode_id"],
                "title": row["title"],
                "podcast_name": row["podcast_name"],
                "published_at": row["published_at"],
                **_counted(row, f, limits),
                "first_7_day_downloads": None if _by_dimension(f) else row["first_7_day_downloads"],
                "first_7_day_state": _first_week(row, f),
            }
            for row in rows
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        totals={
            "downloads": rows[0]["all_downloads"] if rows else 0,
            "episodes": rows[0]["episodes"] if rows else 0,
        },
    )


def downloads_by_app(connection: Connection, f: Filters, limit: int = 12) -> Answer:
    """Downloads of the period per app, most first: app, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "app", limit)


def downloads_by_country(connection: Connection, f: Filters, limit: int = 12) -> Answer:
    """Downloads of the period per country (ISO code), most first: country, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "country", limit)


def downloads_by_device(connection: Connection, f: Filters, limit: int = 12) -> Answer:
    """Downloads of the period per type of device, most first: device_type, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "device_type", limit)


def episode_flags(connection: Connection, f: Filters) -> Answer:
    """Episodes that came out in the period: at (tenant day), label; oldest first."""
    starts_at, ends_at = f.period.moments(f.zone)
    rows = ask(
        connection,
        "listening/episode_flags",
        period_from=starts_at,
        period_to=ends_at,
        now=f.now,
        **_catalogue(f),
    )
    return Answer(
        columns=(Column("at", "Published", "date"), Column("label", "Episode")),
        rows=[{"at": row["published_at"].astimezone(f.zone).date(), "label": row["label"]} for row in rows],
    )


def podcast_names(connection: Connection) -> dict[UUID, str]:
    """The podcasts that the reader sees, by id."""
    return {row["podcast_id"]: row["name"] for row in ask(connection, "listening/podcasts")}


def filter_options(connection: Connection) -> dict[str, list[Any]]:
    """What the reader may filter by: podcasts as (id, name); apps, countries and devices, lately most used first."""
    slices = ask(connection, "listening/filter_options", since=datetime.now(UTC).date() - _LATELY)
    return {
        "podcasts": list(podcast_names(connection).items()),
        **{
            key: [row["slice"] for row in slices if row["dimension"] == dimension]
            for key, dimension in (("apps", "app"), ("countries", "country"), ("devices", "device_type"))
        },
    }


def _slices(connection: Connection, f: Filters, dimension: Slice, limit: int) -> Answer:
    limits = _limits(connection, f)
    rows = ask(
        connection,
        "listening/downloads_by_slice",
        dimension=dimension,
        **_periods(f),
        **_catalogue(f),
        **_dimensions(f),
        **_whole_end(f),
        row_limit=limit,
    )
    return Answer(
        columns=(Column(dimension, _SLICE_LABELS[dimension]), *_COUNTED),
        rows=[{dimension: row["slice"], **_counted(row, f, limits)} for row in rows],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        totals={
            "downloads": rows[0]["all_downloads"] if rows else 0,
            "slices": rows[0]["slices"] if rows else 0,
        },
    )


def _of(name: str, *, key: str | None = None, label: str | None = None) -> Column:
    entry = metric(name)
    return Column(key or name, label or entry.label, entry.unit, metric=name)


_COUNTED = (
    _of("downloads"),
    Column("share", "Share", "ratio"),
    _of("downloads", key="compared_value", label="Downloads of whole days"),
    _of("downloads", key="previous", label="Downloads before"),
    Column("change_ratio", "Change", "ratio"),
)


def _counted(row: Mapping[str, Any], f: Filters, limits: _Limits) -> dict[str, Any]:
    whole = row["whole"] if f.compared is not None else None
    previous = row["previous"] if limits.has_earlier else None
    return {
        "downloads": row["downloads"],
        "share": _ratio(row["downloads"], row["all_downloads"]),
        "compared_value": whole,
        "previous": previous,
        "change_ratio": _change(whole, previous),
    }


def _first_week(row: Mapping[str, Any], f: Filters) -> str:
    if _by_dimension(f):
        return "not known by this filter"
    if row["first_7_day_downloads"] is not None:
        return "complete"
    is_over = row["published_at"] is not None and row["published_at"] + _FIRST_WEEK <= f.now
    return "not counted yet" if is_over else "not complete yet"


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
        "change_ratio": _change(whole, previous),
        "spark": list(spark),
        "note": note,
    }


def _ratio(numerator: int | Decimal | None, denominator: int | Decimal | None) -> Decimal | None:
    return None if numerator is None or not denominator else Decimal(numerator) / Decimal(denominator)


def _change(value: int | Decimal | None, previous: int | Decimal | None) -> Decimal | None:
    """The relative change; None against a previous value of 0 or none at all."""
    return None if value is None or not previous else (Decimal(value) - Decimal(previous)) / Decimal(previous)


def _oldest(*moments: datetime | None) -> datetime | None:
    """The earliest; None when one of them has never been."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None


def _limits(connection: Connection, f: Filters) -> _Limits:
    data_by = f.compared.start if f.compared is not None else None
    return _Limits(**ask(connection, "listening/limits", data_by=data_by, **_catalogue(f))[0])


def _periods(f: Filters) -> dict[str, date | None]:
    compared = f.compared
    return {
        "period_start": f.period.start,
        "period_end": f.period.end,
        "compared_start": compared.start if compared else None,
        "compared_end": compared.end if compared else None,
    }


def _whole_end(f: Filters) -> dict[str, date | None]:
    """The end of the days that are compared."""
    return {"whole_end": f.whole.end if f.whole is not None else None}


def _catalogue(f: Filters) -> dict[str, list[UUID]]:
    return {"podcast_ids": list(f.podcasts), "episode_ids": list(f.episodes)}


def _dimensions(f: Filters) -> dict[str, list[str]]:
    return {"apps": list(f.apps), "countries": list(f.countries), "devices": list(f.devices)}


def _by_dimension(f: Filters) -> bool:
    return bool(f.apps or f.countries or f.devices)


def _downloads(connection: Connection, f: Filters) -> dict[date, int]:
    rows = ask(
        connection,
        "listening/overview_downloads",
        **_periods(f),
        **_catalogue(f),
        **_dimensions(f),
        by_dimension=_by_dimension(f),
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
        "completion_ratio": _ratio(completes, plays),
        "average_listen_seconds": _ratio(seconds, plays),
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


def _listeners(connection: Connection, f: Filters, limits: _Limits) -> _Listeners:
    if _by_dimension(f):
        return _listeners_from_events(connection, f, limits)
    kept_from = f.today - timedelta(days=limits.listener_days)
    if f.period.start < kept_from:
        return _not_kept(
            f"Unique listeners are kept since {kept_from.isoformat()}; this period begins before it."
        )
    compared = f.compared if limits.has_earlier else None
    if compared is not None and compared.start < kept_from:
        compared = None
    whole = f.whole if compared is not None and f.whole != f.period else None
    # Weeks of listeners would be other numbers than the days of a shorter period, and dear: long periods have no spark.
    by_day = f.period.days <= _SPARK_DAYS
    rows = ask(
        connection,
        "listening/overview_listeners",
        **_catalogue(f),
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


def _listeners_from_events(connection: Connection, f: Filters, limits: _Limits) -> _Listeners:
    starts_at, ends_at = f.period.moments(f.zone)
    if starts_at < limits.raw_start:
        return _not_kept("Unique listeners by app, country or device are known for the last two years only.")
    compared = f.compared.moments(f.zone) if f.compared is not None and limits.has_earlier else None
    if compared is not None and compared[0] < limits.raw_start:
        compared = None
    whole = f.whole if compared is not None and f.whole != f.period else None
    rows = ask(
        connection,
        "listening/overview_listeners_raw",
        **_catalogue(f),
        **_dimensions(f),
        period_from=starts_at,
        period_to=ends_at,
        whole_to=whole.moments(f.zone)[1] if whole else None,
        compared_from=compared[0] if compared else None,
        compared_to=compared[1] if compared else None,
    )
    found = {row["span"]: row["listeners"] for row in rows}
    value = found["period"]
    if 0 < value < SMALL_CELL:
        return _Listeners(None, note=f"fewer than {SMALL_CELL}", notes=(_SMALL,))
    if compared is None:
        return _Listeners(value)
    return _Listeners(value, _told(found["whole"] if whole else value), _told(found["compared"]))


def _told(listeners: int) -> int | None:
    return None if 0 < listeners < SMALL_CELL else listeners


def _not_kept(reason: str) -> _Listeners:
    return _Listeners(None, note="not kept that long", notes=(reason,))


def _days(connection: Connection, f: Filters) -> list[dict[str, Any]]:
    rows = ask(
        connection,
        "listening/downloads_trend",
        **_periods(f),
        **_catalogue(f),
        **_dimensions(f),
        **_whole_end(f),
        by_dimension=_by_dimension(f),
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


def _from_first_data(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buckets without those compared with before anything was known: they are no zeros."""
    first = next((place for place, row in enumerate(rows) if row["previous"]), len(rows))
    unknown = {"previous_bucket": None, "previous": None}
    return [row | unknown if place < first else row for place, row in enumerate(rows)]


def _hours(
    connection: Connection, f: Filters, limits: _Limits
) -> tuple[list[dict[str, Any]], datetime | None]:
    relation, as_of = _hourly_relation(f, limits)
    whole_to = day_start(min(f.today, f.period.end), f.zone)
    rows = ask(
        connection,
        "listening/downloads_by_hour",
        relation=relation,
        time_zone=f.zone.key,
        **_periods(f),
        **_catalogue(f),
        **_dimensions(f),
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


def _hourly_relation(f: Filters, limits: _Limits) -> tuple[str, datetime | None]:
    """Which relation answers by the hour, and as of when it is complete.

    The hourly aggregate is in UTC hours: it serves zones whose days begin on one. Where it is refreshed by itself
    (TimescaleDB) it serves only what it has reached; the quarter hours of the rollups serve the rest.
    """
    if _by_dimension(f):
        spans = [period for period in (f.period, f.compared) if period is not None]
        if min(period.moments(f.zone)[0] for period in spans) < limits.raw_start:
            raise NotAvailable("Hours by app, country or device are known for the last two years only.")
        return "listener_events", f.now
    if not _has_whole_hours(f):
        return "download_quarters", limits.rollups
    if limits.aggregates is None:
        return "listener_events_hourly", limits.rollups
    if limits.aggregates >= f.period.moments(f.zone)[1]:
        return "listener_events_hourly", _oldest(limits.rollups, limits.aggregates)
    return "download_quarters", limits.rollups


def _has_whole_hours(f: Filters) -> bool:
    return all(
        day_start(period.start + timedelta(days=n), f.zone).minute == 0
        for period in (f.period, f.compared)
        if period is not None
        for n in range(period.days + 1)
    )
