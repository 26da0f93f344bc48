"""Times that name no zone, as somebody's clocks showed them: which moments they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from queries.ingest.cells import RowRefused, found

_NONE = timedelta()


class ClockTimes:
    """Gives clock times the zone that was told for them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.came_twice = False
        """Whether one of those placed came twice, since somebody set this to False."""
        self.rows_twice = 0
        """How many rows had such a time, as far as their reader counts them."""

    def placed(self, key: str, value: datetime) -> datetime:
        """The time in its zone; where clocks were put back, and showed it twice, the earlier one.

        `key`: what it is the value of. Raises: RowRefused for one that the clocks skip where they are put forward.
        """
        earlier = value.replace(tzinfo=self._zone, fold=0)
        # What clocks skip lies after the change by the offset before it, and before the change by the one after it.
        gained = (earlier.replace(fold=1).utcoffset() or _NONE) - (earlier.utcoffset() or _NONE)
        if gained > _NONE:
            raise RowRefused(
                "The time never was: the clocks of its zone skip it.",
                found(key, f"{value.isoformat()} in {self._zone.key}"),
            )
        if gained:
            self.came_twice = True
        return earlier

    @property
    def notes(self) -> list[str]:
        """What is to be said of the rows whose time came twice."""
        if not self.rows_twice:
            return []
        tell = "row tells" if self.rows_twice == 1 else "rows tell"
        they_were = "it was" if self.rows_twice == 1 else "they were"
        return [
            f"{self.rows_twice:,} {tell} a time that came twice in {self._zone.key}, where clocks were put back: "
            f"{they_were} read as the earlier hour."
        ]
