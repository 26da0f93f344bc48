"""Room for events in the tables that are kept by time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from queries.session import Actor, tenant_session
from queries.statements import ask

_MONTHS = 12


class Room:
    """Makes partitions before events come, and remembers for which months it did."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._made: set[int] = set()

    def make(self, moments: Iterable[datetime]) -> None:
        """Returns when events of these moments (UTC) have where to go: for the months they lie in, and none between.

        In a transaction of its own: attaching a partition locks the table against the worker's partition keeping, and
        that must not last as long as the import.
        """
        first = _by_month(moments)
        missing = sorted(first.keys() - self._made)
        if not missing:
            return
        with tenant_session(self._actor, write=True) as connection:
            for earliest, latest in _stretches(missing):
                ask(connection, "ingest/ensure_storage", earliest=first[earliest], latest=first[latest])
        self._made.update(missing)


def month_moments(moments: Iterable[datetime]) -> list[datetime]:
    """The first of these moments (UTC) in each month that has one."""
    return list(_by_month(moments).values())


def _by_month(moments: Iterable[datetime]) -> dict[int, datetime]:
    first: dict[int, datetime] = {}
    for moment in moments:
        first.setdefault(moment.year * _MONTHS + moment.month, moment)
    return first


def _stretches(months: list[int]) -> list[tuple[int, int]]:
    """First and last month of each row of neighbours."""
    found: list[tuple[int, int]] = []
    for month in months:
        if found and month == found[-1][1] + 1:
            found[-1] = (found[-1][0], month)
        else:
            found.append((month, month))
    return found
