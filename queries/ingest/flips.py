"""Downloads of a batch whose ruling a later one of the same batch changed: what is said of the batch stays true."""

from __future__ import annotations

from uuid import UUID

from queries.ingest.counting.rolling import Change
from queries.ingest.event import Event
from queries.ingest.imports import Refusal, Tally

WITHIN = "This listener's download of this episode is counted already, within 24 hours of it."


class Flips:
    """What of a batch's tally and refusals is another now. Of batches before it was said what became of them then."""

    def __init__(self, tally: Tally, events: list[Event]) -> None:
        self._tally = tally
        self._events = events
        self._known: dict[UUID, int] | None = None
        self._refused: dict[int, Refusal] = {}
        self._admitted: set[int] = set()

    @property
    def _lines(self) -> dict[UUID, int]:
        """Where the batch's downloads stand: few batches change anything, so it is made when it is asked for."""
        if self._known is None:
            downloads = (event for event in self._events if event.row.type == "download")
            self._known = {UUID(event.id): event.row.line_number for event in downloads}
        return self._known

    def note(self, change: Change) -> None:
        """One more change, in the order in which they come."""
        line = self._lines.get(change.asked.id)
        if line is None:
            return
        if change.before is None:
            self._tally.imported -= 1
            self._refused[line] = Refusal(line, WITHIN)
        elif change.asked.reason is None:
            self._tally.imported += 1
            if self._refused.pop(line, None) is None:
                self._admitted.add(line)

    def applied(self, refusals: list[Refusal]) -> list[Refusal]:
        """The refusals of the batch as they are now."""
        left = [
            refusal
            for refusal in refusals
            if refusal.line_number not in self._admitted or refusal.reason != WITHIN
        ]
        return left + list(self._refused.values())
