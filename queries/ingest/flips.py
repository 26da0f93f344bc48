"""Downloads whose ruling a later one of the same run changed: what is said of the run's rows stays true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.rolling import Change
from queries.ingest.remembered import forget_oldest
from queries.ingest.tally import Refusal, Tally

WITHIN = "This listener's download of this episode is counted already, within 24 hours of it."
COUNTED = "This listener's download of this episode on this day is counted already."


class Flips:
    """What of a run's tally and refusals is another now, batch by batch. Of what other runs brought, and of rows so
    long past that nobody knows them any more, it was said what became of them then: it is counted how many are another
    now."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._lines: dict[str, int] = {}
        """By id."""
        self._refused: dict[int, Refusal] = {}
        self._admitted: set[int] = set()
        self.counting_now: list[int] = []
        """Lines that batches before the one at hand refused, and that are downloads now: known once it is applied."""

    def begin(self) -> None:
        """A batch begins; the rows of those before it stand as they were told."""
        self._refused, self._admitted, self.counting_now = {}, set(), []
        forget_oldest(self._lines)

    def remember(self, lines: Mapping[str, int]) -> None:
        """Where rows stand that were ruled on for the first time, by id."""
        self._lines.update(lines)

    def lines_of(self, downloads: Iterable[UUID]) -> dict[UUID, int]:
        """Where those of these stand that are of this run, as far as it is known."""
        return {id_: line for id_ in downloads if (line := self._lines.get(id_.hex)) is not None}

    def note(self, change: Change) -> None:
        """One more change, in the order in which they come."""
        line = self._lines.get(change.asked.id.hex)
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
        line = self._lines.get(download.hex)
        if line is None:
            self._tally.rule_otherwise(None, Reason.REPEAT.value)
        else:
            self._gave_way(line, COUNTED)

    def _gave_way(self, line: int, why: str) -> None:
        self._tally.imported -= 1
        self._refused[line] = Refusal(line, why)

    def applied(self, refusals: list[Refusal]) -> list[Refusal]:
        """The refusals of the batch as they are now, with those of rows before it that it changed."""
        left: list[Refusal] = []
        before = set(self._admitted)
        for refusal in refusals:
            if refusal.line_number in self._admitted and refusal.reason == WITHIN:
                before.discard(refusal.line_number)
            else:
                left.append(refusal)
        self.counting_now = sorted(before)
        return left + list(self._refused.values())


def _value(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value
