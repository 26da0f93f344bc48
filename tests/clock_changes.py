"""Five time zones and the last two changes of their clocks: where days have 23, 24, 25 or 24 and a half hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def _changes(zone: str) -> list[datetime]:
    """The last two changes of clocks of a zone, or two plain days where there is none."""
    found: list[datetime] = []
    moment = NOW - timedelta(days=8)
    for _ in range(24 * 380):
        earlier = moment - timedelta(hours=1)
        if moment.astimezone(ZoneInfo(zone)).utcoffset() != earlier.astimezone(ZoneInfo(zone)).utcoffset():
            found.append(moment)
        moment = earlier
    return found[:2] or [NOW - timedelta(days=40), NOW - timedelta(days=200)]


CHANGES = {zone: _changes(zone) for zone in ZONES}
