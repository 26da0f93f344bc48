"""Room for events in the tables that are kept by time."""

from __future__ import annotations

from datetime import datetime

from queries.session import Actor, tenant_session
from queries.statements import ask


class Room:
    """Makes partitions before events come, and remembers for which span it did."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._span: tuple[datetime, datetime] | None = None

    def make(self, earliest: datetime, latest: datetime) -> None:
        """Returns when events between these two moments have where to go.

        In a transaction of its own: attaching a partition locks the table against the worker's partition keeping, and
        that must not last as long as the import.
        """
        span = self._span
        if span is not None and span[0] <= earliest and latest <= span[1]:
            return
        self._span = span = (
            (earliest, latest) if span is None else (min(earliest, span[0]), max(latest, span[1]))
        )
        with tenant_session(self._actor, write=True) as connection:
            ask(connection, "ingest/ensure_storage", earliest=span[0], latest=span[1])
