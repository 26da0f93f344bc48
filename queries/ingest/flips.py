"""Downloads of an import whose ruling a later row of the same import changed: its counts and its list stay true."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from queries.ingest.counting.rolling import Change
from queries.ingest.event import Event
from queries.ingest.imports import Refusal, Tally
from queries.statements import tell

WITHIN = "This listener's download of this episode is counted already, within 24 hours of it."


class Flips:
    """What of the tally and the refusals of an import is another now; other imports stay as they were when they ended.

    `import_id` is None for rows of no import: then only those of the batch itself are known.
    """

    def __init__(self, tally: Tally, import_id: UUID | None) -> None:
        self._tally = tally
        self._import_id = import_id
        self._lines: dict[UUID, int] = {}
        self._refused: dict[int, Refusal] = {}
        self._admitted: set[int] = set()

    def begin(self, events: Iterable[Event]) -> None:
        """A batch begins; its refusals are not listed yet."""
        self._lines = {
            UUID(event.id): event.row.line_number for event in events if event.row.type == "download"
        }
        self._refused, self._admitted = {}, set()

    def note(self, change: Change) -> None:
        """One more change, in the order in which they come."""
        asked = change.asked
        is_own = self._import_id is not None and asked.import_id == self._import_id
        line = self._lines.get(asked.id, asked.line_number if is_own else None)
        if line is None:
            return
        if change.before is None:
            self._tally.imported -= 1
            self._refused[line] = Refusal(line, WITHIN)
        elif asked.reason is None:
            self._tally.imported += 1
            if self._refused.pop(line, None) is None:
                self._admitted.add(line)

    def applied(self, connection: Connection, refusals: list[Refusal]) -> list[Refusal]:
        """The refusals of the batch as they are now; those listed before are put right."""
        left = [
            refusal
            for refusal in refusals
            if refusal.line_number not in self._admitted or refusal.reason != WITHIN
        ]
        before = self._admitted.difference(self._lines.values())
        if before and self._import_id is not None:
            taken = tell(
                connection,
                "ingest/take_listed_back",
                import_id=self._import_id,
                lines=sorted(before),
                reason=WITHIN,
            )
            self._tally.take_back(WITHIN, lines=before, listed=taken)
        return left + list(self._refused.values())
