"""Downloads of a batch whose ruling a later one of the same batch changed: what is said of the batch stays true."""

from __future__ import annotations

from uuid import UUID

from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.rolling import Change
from queries.ingest.imports import Refusal, Tally

WITHIN = "This listener's download of this episode is counted already, within 24 hours of it."
COUNTED = "This listener's download of this episode on this day is counted already."


class Flips:
    """What of a batch's tally and refusals is another now. Of batches before it was said what became of them then, and
    it is counted how many of these are another now."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._lines: dict[UUID, int] = {}
        self._refused: dict[int, Refusal] = {}
        self._admitted: set[int] = set()

    def remember(self, lines: dict[UUID, int], new: set[UUID]) -> None:
        """Where rows of the batch stand of which `new` were ruled on for the first time."""
        self._lines |= {id_: line for id_, line in lines.items() if id_ in new}

    def note(self, change: Change) -> None:
        """One more change, in the order in which they come."""
        line = self._lines.get(change.asked.id)
        if line is None:
            self._tally.rule_otherwise(_value(change.before), _value(change.asked.reason))
            return
        if change.before is None:
            self._gave_way(line, WITHIN)
        elif change.asked.reason is None:
            self._tally.imported += 1
            if self._refused.pop(line, None) is None:
                self._admitted.add(line)

    def give_way(self, download: UUID) -> None:
        """A download, for which an earlier one of its day counts now."""
        line = self._lines.get(download)
        if line is None:
            self._tally.rule_otherwise(None, Reason.REPEAT.value)
        else:
            self._gave_way(line, COUNTED)

    def _gave_way(self, line: int, why: str) -> None:
        self._tally.imported -= 1
        self._refused[line] = Refusal(line, why)

    def applied(self, refusals: list[Refusal]) -> list[Refusal]:
        """The refusals of the batch as they are now."""
        left = [
            refusal
            for refusal in refusals
            if refusal.line_number not in self._admitted or refusal.reason != WITHIN
        ]
        return left + list(self._refused.values())


def _value(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value
