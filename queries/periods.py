"""Periods in the tenant's days: half-open `[start, end)`, presets, and the period to compare with."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queries.errors import InvalidRequest, NotAvailable

Grain = Literal["hour", "day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month")
Comparison = Literal["previous", "year", "none"]
COMPARISONS: tuple[Comparison, ...] = ("previous", "year", "none")
PRESETS: dict[str, str] = {
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "12m": "Last 12 months",
    "24m": "Last 24 months",
    "mtd": "This month",
    "ytd": "This year",
}
DEFAULT_PRESET = "30d"
LONGEST_DAYS = 366 * 5


def tenant_zone(name: str) -> ZoneInfo:
    """The zone that a tenant's settings name. Raises NotAvailable for one that this machine's Python does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotAvailable(
            f"The time zone of this organisation, {name[:80]}, is not known here, so that its days have no beginning. "
            "Somebody who manages podboard can set one like Europe/Berlin."
        ) from None


@dataclass(frozen=True, slots=True)
class Period:
    """Tenant days from `start` up to but without `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidRequest("The period ends before it starts.", field="to")
        if (self.end - self.start).days > LONGEST_DAYS:
            raise InvalidRequest("The period is longer than five years.", field="from")

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day inside."""
        return self.end - timedelta(days=1)

    def before(self, day: date) -> Period | None:
        """The days of it that lie before a day; None when there is none."""
        return Period(self.start, min(self.end, day)) if day > self.start else None

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end as UTC moments; a day may have 23 or 25 hours."""
        return day_start(self.start, zone), day_start(self.end, zone)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The UTC moment at which a tenant day begins."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def preset_period(preset: str, today: date) -> Period:
    """The period of a preset. The rolling ones end yesterday, so that whole days are compared with whole days."""
    match preset:
        case "7d" | "30d" | "90d":
            return Period(today - timedelta(days=int(preset[:-1])), today)
        case "12m":
            return Period(_same_day(today, years=1), today)
        case "24m":
            return Period(_same_day(today, years=2), today)
        case "mtd":
            return Period(today.replace(day=1), today + timedelta(days=1))
        case "ytd":
            return Period(today.replace(month=1, day=1), today + timedelta(days=1))
    raise InvalidRequest("This period is not known.", field="period")


def compared_period(period: Period, comparison: Comparison) -> Period | None:
    """The period to compare with: as many days just before, or the same days a year ago."""
    if comparison == "none":
        return None
    if comparison == "previous":
        return Period(period.start - timedelta(days=period.days), period.start)
    start = _same_day(period.start, years=1)
    return Period(start, start + timedelta(days=period.days))


def bucket_end(bucket: date, grain: Grain) -> date:
    """The first day after a bucket of days that begins on `bucket`."""
    if grain == "month":
        return bucket + timedelta(days=monthrange(bucket.year, bucket.month)[1])
    return bucket + timedelta(days=7 if grain == "week" else 1)


def default_grain(period: Period) -> Grain:
    """The grain that shows a period well."""
    if period.days <= 2:
        return "hour"
    if period.days <= 92:
        return "day"
    return "week" if period.days <= 400 else "month"


def allowed_grains(period: Period) -> tuple[Grain, ...]:
    """Grains that give between two and about 400 points."""
    grains: list[Grain] = []
    if period.days <= 14:
        grains.append("hour")
    if period.days <= 400:
        grains.append("day")
    if period.days >= 14:
        grains.append("week")
    if period.days >= 59:
        grains.append("month")
    return tuple(grains)


def _same_day(day: date, *, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
