"""The tenant days of a demo: where each begins in UTC, which weekday it is, and which are holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY_MS = 86_400_000


class Calendar:
    """The days of one tenant by number: 0 is the first day with events, `length` is today, which has none yet."""

    def __init__(self, zone: str, now: datetime, history_days: int) -> None:
        self.zone = ZoneInfo(zone)
        self.today = now.astimezone(self.zone).date()
        self.length = history_days
        self.first = self.today - timedelta(days=history_days)
        dates = [self.first + timedelta(days=n) for n in range(history_days + 1)]
        self.starts_ms: Ints = np.array([self._midnight_ms(day) for day in dates], dtype=np.int64)
        self.weekdays: Ints = np.array([day.weekday() for day in dates], dtype=np.int64)
        self.holidays: NDArray[np.bool_] = np.array([_is_holiday(day) for day in dates])

    def date_of(self, day: int) -> date:
        """The date of day `day`, which may lie before the first or after today."""
        return self.first + timedelta(days=day)

    def at(self, day: int, minute: int) -> datetime:
        """The moment `minute` minutes into a day, on the wall clock."""
        return datetime.combine(self.date_of(day), time(minute // 60, minute % 60), self.zone).astimezone(UTC)

    def moments(self, days: Ints, seconds: Floats) -> Ints:
        """Milliseconds since 1970 of `seconds` into each day; a day may have 23 or 25 hours, none is overrun."""
        lengths = np.diff(self.starts_ms)[days]
        offsets = np.minimum((seconds * 1000).astype(np.int64), lengths - 1)
        moments: Ints = self.starts_ms[days] + offsets
        return moments

    def day_of(self, moments_ms: Ints) -> Ints:
        """The day each moment lies in; -1 before the first."""
        return np.searchsorted(self.starts_ms, moments_ms, side="right").astype(np.int64) - 1

    def _midnight_ms(self, day: date) -> int:
        return int(datetime.combine(day, time(), self.zone).timestamp() * 1000)


def _is_holiday(day: date) -> bool:
    return (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 2)
