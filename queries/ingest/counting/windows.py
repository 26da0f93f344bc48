"""The three windows in which a listener's requests for an episode are one download at most."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(hours=24)


class Window(StrEnum):
    """Which requests belong together."""

    CALENDAR_DAY = "calendar_day"
    ROLLING_FIRST_TOUCH = "rolling_first_touch"
    ROLLING_LAST_TOUCH = "rolling_last_touch"

    @property
    def words(self) -> str:
        """The window in words, to be read after "once per"."""
        return _WORDS[self]


_WORDS = {
    Window.CALENDAR_DAY: "calendar day",
    Window.ROLLING_FIRST_TOUCH: "24 hours from the first request",
    Window.ROLLING_LAST_TOUCH: "24 hours from the last request",
}


class Windows:
    """Says for a request which day its window is kept under, and when the window closes."""

    def __init__(self, window: Window, zone: ZoneInfo) -> None:
        self.window = window
        self.zone = zone
        self._ends: dict[date, datetime] = {}

    def day_of(self, moment: datetime) -> date | None:
        """The local day, for calendar days; None where windows know no days."""
        return self.local_day(moment) if self.window is Window.CALENDAR_DAY else None

    def local_day(self, moment: datetime) -> date:
        """The tenant's day, whatever the window is."""
        return moment.astimezone(self.zone).date()

    def end(self, day: date | None, moment: datetime) -> datetime:
        """When a window that begins with a request at `moment` closes."""
        return moment + _DAY if day is None else self._end_of_day(day)

    def extended(self, end: datetime, moment: datetime) -> datetime:
        """When the window closes after one more request in it."""
        return moment + _DAY if self.window is Window.ROLLING_LAST_TOUCH else end

    def _end_of_day(self, day: date) -> datetime:
        end = self._ends.get(day)
        if end is None:
            # TRICKY: where clocks change at midnight, 00:00 comes twice or never, and in Newfoundland (until 2011)
            # a day came back for an hour after it had ended. The later reading is the moment from which it is over.
            midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=self.zone)
            end = max(midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC))
            if len(self._ends) > 1000:
                self._ends.clear()
            self._ends[day] = end
        return end
