"""Five time zones and one with two midnights, at the last changes of their clocks: days of 23, 24, 25 or 24.5 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
# Tests write up to 20 days after a change; none of that may lie ahead.
_LATEST = NOW - timedelta(days=21)
_STEP = timedelta(minutes=30)
_Drawn = TypeVar("_Drawn")


class Place(NamedTuple):
    """A zone at a change of its clocks, or on a plain day where there is none."""

    zone: str
    change: datetime

    @property
    def day(self) -> date:
        """The zone's day of the change."""
        return self.change.astimezone(ZoneInfo(self.zone)).date()

    @property
    def shift(self) -> timedelta:
        """By how much the clocks were put forward."""
        before, after = (
            moment.astimezone(ZoneInfo(self.zone)) for moment in (self.change - _STEP, self.change)
        )
        return (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())


def last_changes(zone: str) -> list[Place]:
    """The zone at its last change forward and its last change back, always in this order; on one plain day without."""
    found: list[Place] = []
    moment = _LATEST
    while len(found) < 2 and moment > _LATEST - timedelta(days=380):
        if Place(zone, moment).shift:
            found.append(Place(zone, moment))
        moment -= _STEP
    # At a set hour, so that what a test draws lies the same way round whenever it runs.
    plain = Place(zone, (NOW - timedelta(days=40)).replace(hour=2))
    return sorted(found, key=lambda place: place.shift, reverse=True) or [plain]


# Where clocks go back across midnight a day begins at the first of two.
_TWO_MIDNIGHTS = min(last_changes("America/Havana"), key=lambda place: place.shift)
PLACES = (*(place for zone in ZONES for place in last_changes(zone)), _TWO_MIDNIGHTS)


def everywhere(one: st.SearchStrategy[_Drawn]) -> st.SearchStrategy[tuple[_Drawn, ...]]:
    """One of it for each place, in their order: no example leaves a zone or a change of clocks out."""
    return st.tuples(*[one] * len(PLACES))
