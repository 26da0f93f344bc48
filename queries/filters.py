"""One value that says what is looked at: parsed from a URL the same way for page, CSV, API and PDF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.errors import InvalidRequest
from queries.periods import (
    COMPARISONS,
    DEFAULT_PRESET,
    GRAINS,
    LONGEST_DAYS,
    Comparison,
    Grain,
    Period,
    allowed_grains,
    bucket_end,
    compared_period,
    default_grain,
    preset_period,
)

_VALUE = re.compile(r"^[^\x00-\x1f]{1,80}$")
_COUNTRY = re.compile(r"^(?:[A-Z]{2}|unknown)$")
_LIST_LIMIT = 100
_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Filters:
    """Period, comparison, grain, zone and dimension filters, with the `now` they were read at.

    `podcasts`, `episodes`, `apps`, `countries`, `devices`: empty means no restriction. `campaign_id` is the campaign of
    a campaign page. The same query string and the same `now` always give equal Filters. `is_period_asked` and
    `asked_grain` tell what was asked for from what is usual.
    """

    period: Period
    zone: ZoneInfo
    now: datetime
    comparison: Comparison = "previous"
    grain: Grain = "day"
    preset: str = ""
    podcasts: tuple[UUID, ...] = ()
    episodes: tuple[UUID, ...] = ()
    apps: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    campaign_id: UUID | None = None
    is_period_asked: bool = field(default=True, compare=False)
    asked_grain: Grain | None = field(default=None, compare=False)

    @property
    def today(self) -> date:
        """The tenant's day at `now`."""
        return self.now.astimezone(self.zone).date()

    @property
    def whole(self) -> Period | None:
        """The days of the period that are over, which alone are compared; None when none is."""
        return self.period.before(self.today)

    @property
    def compared(self) -> Period | None:
        """The period compared with, as long as the days that are over; None without a comparison or such a day."""
        return compared_period(self.whole, self.comparison) if self.whole else None

    @property
    def partial_from(self) -> date | None:
        """The first day of the period that is not over, if any."""
        return self.today if self.period.start <= self.today < self.period.end else None

    def is_partial(self, bucket: date, grain: Grain) -> bool:
        """Whether a bucket of days is not over, or the period covers only a part of it."""
        end = bucket_end(bucket, grain)
        return bucket < self.period.start or end > min(self.period.end, self.today)

    def with_absolute_period(self) -> Filters:
        """The same view with fixed days in place of a preset: for reports and links that must not move."""
        return replace(self, preset="", is_period_asked=True)

    def opened_on(self, first: date, last: date) -> Filters:
        """The view of something that runs from its first to its last day (both inside).

        Where no period was asked for, what was over before the usual days began is shown as a whole: they are empty.
        """
        if self.is_period_asked or last >= self.period.start:
            return self
        end = last + timedelta(days=1)
        period = Period(max(first, end - timedelta(days=LONGEST_DAYS)), end)
        grain = self.asked_grain
        if grain not in allowed_grains(period):
            grain = default_grain(period)
        return replace(self, period=period, grain=grain, preset="", is_period_asked=True)

    def to_query(self) -> dict[str, str]:
        """The URL parameters that reproduce this view (defaults left out)."""
        query: dict[str, str] = {}
        if self.preset:
            # A campaign has a period of its own where none is named.
            if self.preset != DEFAULT_PRESET or self.campaign_id is not None:
                query["period"] = self.preset
        else:
            query["from"] = self.period.start.isoformat()
            query["to"] = self.period.last_day.isoformat()
        if self.comparison != "previous":
            query["compare"] = self.comparison
        if self.grain != default_grain(self.period):
            query["grain"] = self.grain
        for key, values in (
            ("podcast", self.podcasts),
            ("episode", self.episodes),
            ("app", self.apps),
            ("country", self.countries),
            ("device", self.devices),
        ):
            if values:
                query[key] = "|".join(str(value) for value in values)
        if self.campaign_id is not None:
            query["campaign"] = str(self.campaign_id)
        return query


def parse_filters(query: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> Filters:
    """Filters of a URL query; unknown parameters are left alone.

    Parameters: `period` (preset) or `from` and `to` (both inside), `compare`, `grain`, and lists joined by `|`:
    `podcast`, `episode`, `app`, `country`, `device`; `campaign`. Raises InvalidRequest with the field at fault.
    """
    today = now.astimezone(zone).date()
    preset = ""
    if query.get("from") or query.get("to"):
        start = _day(query.get("from", ""), "from")
        last = _day(query.get("to", ""), "to")
        if last > today + timedelta(days=366) or start.year < 2000:
            raise InvalidRequest("The period lies outside what can be shown.", field="from")
        period = Period(start, last + timedelta(days=1))
    else:
        preset = query.get("period") or DEFAULT_PRESET
        period = preset_period(preset, today)
    comparison = _choice(query.get("compare"), COMPARISONS, "previous", "compare")
    asked = _choice(query.get("grain"), GRAINS, default_grain(period), "grain")
    # A grain that the period cannot carry (a link with the period changed by hand) falls back instead of failing.
    grain = asked if asked in allowed_grains(period) else default_grain(period)
    campaign = query.get("campaign")
    return Filters(
        period=period,
        zone=zone,
        now=now,
        comparison=comparison,
        grain=grain,
        preset=preset,
        podcasts=_ids(query.get("podcast"), "podcast"),
        episodes=_ids(query.get("episode"), "episode"),
        apps=_values(query.get("app"), "app"),
        countries=_countries(query.get("country")),
        devices=_values(query.get("device"), "device"),
        campaign_id=parse_id(campaign, "campaign") if campaign else None,
        is_period_asked=any(query.get(key) for key in ("period", "from", "to")),
        asked_grain=asked if query.get("grain") else None,
    )


def parse_id(value: str, field: str) -> UUID:
    """A UUID of the outside world; raises InvalidRequest, never ValueError."""
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise InvalidRequest("This link is not complete.", field=field) from None


def _day(value: str, field: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidRequest("A day is written like 2026-10-31.", field=field) from None


def _choice(value: str | None, known: tuple[_Choice, ...], default: _Choice, field: str) -> _Choice:
    if not value:
        return default
    for choice in known:
        if value == choice:
            return choice
    raise InvalidRequest(f"Not a known choice for {field}.", field=field)


def _ids(value: str | None, field: str) -> tuple[UUID, ...]:
    return tuple(sorted({parse_id(part, field) for part in _parts(value, field)}, key=str))


def _values(value: str | None, field: str) -> tuple[str, ...]:
    parts = _parts(value, field)
    if any(not _VALUE.match(part) for part in parts):
        raise InvalidRequest(f"Not a known value for {field}.", field=field)
    return tuple(sorted(set(parts)))


def _countries(value: str | None) -> tuple[str, ...]:
    """Codes as they are stored; what cannot be one would show an empty page and not say why."""
    countries = _values(value, "country")
    if not all(map(_COUNTRY.match, countries)):
        raise InvalidRequest("There is no such country.", field="country")
    return countries


def _parts(value: str | None, field: str) -> list[str]:
    parts = [part for part in (value or "").split("|") if part]
    if len(parts) > _LIST_LIMIT:
        raise InvalidRequest(f"At most {_LIST_LIMIT} choices for {field}.", field=field)
    return parts
