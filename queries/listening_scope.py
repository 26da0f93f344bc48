"""What every listening question begins with: how far the data reaches, and its parameters from the view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from queries.filters import Filters
from queries.metrics import metric
from queries.results import Column
from queries.small_cells import is_small
from queries.statements import ask


@dataclass(frozen=True, slots=True)
class Limits:
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


def limits_of(connection: Connection, f: Filters) -> Limits:
    """How far the data of this view reaches."""
    data_by = f.compared.start if f.compared is not None else None
    return Limits(**ask(connection, "listening/limits", data_by=data_by, **catalogue_of(f))[0])


def periods_of(f: Filters) -> dict[str, date | None]:
    """The days of the period and of the one compared with."""
    compared = f.compared
    return {
        "period_start": f.period.start,
        "period_end": f.period.end,
        "compared_start": compared.start if compared else None,
        "compared_end": compared.end if compared else None,
    }


def whole_end_of(f: Filters) -> dict[str, date | None]:
    """The end of the days that are compared."""
    return {"whole_end": f.whole.end if f.whole is not None else None}


def catalogue_of(f: Filters) -> dict[str, list[UUID]]:
    """The podcasts and episodes filtered by."""
    return {"podcast_ids": list(f.podcasts), "episode_ids": list(f.episodes)}


def dimensions_of(f: Filters) -> dict[str, list[str]]:
    """The apps, countries and devices filtered by."""
    return {"apps": list(f.apps), "countries": list(f.countries), "devices": list(f.devices)}


def is_by_dimension(f: Filters) -> bool:
    """Whether only a relation that knows apps, countries and devices can answer."""
    return bool(f.apps or f.countries or f.devices)


def is_too_small(f: Filters, *counts: int | None) -> bool:
    """Whether one of these counts of the view tells how few there are in an app, a country or a device."""
    return is_by_dimension(f) and any(is_small(count) for count in counts)


def column_of(name: str, *, key: str | None = None, label: str | None = None) -> Column:
    """A column of a metric, called like it unless a label says otherwise."""
    entry = metric(name)
    return Column(key or name, label or entry.label, entry.unit, metric=name)


def ratio(numerator: int | Decimal | None, denominator: int | Decimal | None) -> Decimal | None:
    """The quotient; None of nothing and by nothing."""
    return None if numerator is None or not denominator else Decimal(numerator) / Decimal(denominator)


def oldest(*moments: datetime | None) -> datetime | None:
    """The earliest; None when one of them has never been."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
