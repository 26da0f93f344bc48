"""What became of the rows of an import: so many taken, those refused and why, and what of before they changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.arrays import plain_array
from queries.ingest.personal import masked
from queries.statements import ask, tell

Place = Literal["line", "segment"]
"""What the number of a refused row counts."""

Subject = Literal["listener_events", "impressions", "conversions"]
"""What events are about, as the page Freshness tells of them."""

SHOWN_REFUSALS = 20
LISTED_REFUSALS = 100_000
"""Rows an import lists with line and reason; those beyond are counted."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: `reason` is one of a few sentences, `detail` shows what was found where it may."""

    line_number: int
    reason: str
    detail: str = ""
    place: Place = "line"

    def __post_init__(self) -> None:
        """Masks what says who somebody is: columns may have been shifted, and details are stored, shown and sent."""
        if self.detail:
            object.__setattr__(self, "detail", masked(self.detail))

    @property
    def told(self) -> str:
        """The detail where the number alone stands beside it, under the heading of lines."""
        if self.place == "line":
            return self.detail
        return f"{self.place} {self.line_number}" + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; with `record()` the refusals go to the database as they come."""

    imported: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0
    impressions: int = 0
    taken_back: int = 0
    """Downloads of before that are none any more: a request came late that was earlier than they."""
    counted_late: int = 0
    """Requests that did not count before and are downloads now."""
    source_sha256: str | None = None
    by_reason: dict[str, int] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    """Whatever else belongs to the figures: the rules that counted, days that a log was moved by."""
    notes: list[str] = field(default_factory=list)
    first_refusals: list[Refusal] = field(default_factory=list)
    listed: int = 0
    reached: dict[str, str] = field(default_factory=dict)
    """The last moment of what was brought, by subject."""
    brought: set[str] = field(default_factory=set)
    """The episodes of downloads that came, whether these count or not."""
    worked_ms: int | None = None
    """How long it was worked at, all its runs together and none of what lies between them; None where nobody knows."""
    _noted: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Tally:
        """The tally of an import that stopped, as its row holds it."""
        figures = dict(row["figures"])
        return cls(
            imported=row["records_imported"], duplicate=row["records_duplicate"], refused=row["records_refused"],
            impressions=figures.pop("impressions", 0), by_reason=figures.pop("by_reason", {}),
            taken_back=figures.pop("taken_back", 0), counted_late=figures.pop("counted_late", 0),
            listed=figures.pop("listed", 0), reached=figures.pop("reached", {}),
            # The release before did not measure it.
            worked_ms=figures.pop("worked_ms", None), told=figures,
        )  # fmt: skip

    def figures(self) -> dict[str, Any]:
        """What the row of the import says beside its counts."""
        where_any = {
            "reached": self.reached, "taken_back": self.taken_back, "counted_late": self.counted_late,
            "worked_ms": self.worked_ms,
        }  # fmt: skip
        return {
            **self.told,
            "impressions": self.impressions,
            "by_reason": self.by_reason,
            "listed": self.listed,
        } | {name: figure for name, figure in where_any.items() if figure}

    def reach(self, subject: Subject, moment: datetime) -> None:
        """Notes that the source's data of this subject goes up to this moment at least."""
        told = moment.astimezone(UTC).isoformat(timespec="microseconds")
        # Of one length and zone, so the later one is the greater one.
        self.reached[subject] = max(told, self.reached.get(subject, told))

    def note_podcasts(self, connection: Connection, import_id: UUID) -> None:
        """Keeps that the source of this import, whose row stands, brings the podcasts of these episodes."""
        if new := self.brought - self._noted:
            tell(connection, "ingest/note_podcasts", import_id=import_id, episodes=sorted(new))
            self._noted |= new

    def record(
        self, connection: Connection, import_id: UUID, refusals: list[Refusal], *, batch: UUID | None = None
    ) -> None:
        """Counts refusals and lists as many as are listed, with the batch by HTTP in which they came."""
        listed = refusals[: max(0, LISTED_REFUSALS - self.listed)]
        self.refused += len(refusals)
        self.listed += len(listed)
        self.first_refusals.extend(listed[: SHOWN_REFUSALS - len(self.first_refusals)])
        if listed:
            rows = [
                {"line_number": r.line_number, "reason": r.reason, "detail": r.told[:500]} for r in listed
            ]
            tell(
                connection, "ingest/list_refusals",
                import_id=import_id, batch=batch, rows=orjson.dumps(rows).decode(),
            )  # fmt: skip

    def refuse(self, connection: Connection, import_id: UUID, refusals: list[Refusal]) -> None:
        """The same of rows that no counting rule told apart: in the figures they stand by their sentences."""
        for refusal in refusals:
            self.recount(refusal.reason)
        self.record(connection, import_id, refusals)

    def unlist(self, connection: Connection, import_id: UUID, lines: list[int], reason: str) -> None:
        """Takes back that rows of batches before, of these lines, were refused for this reason."""
        if lines:
            self.refused -= len(lines)
            self.recount(reason, -len(lines))
            self.listed -= tell(
                connection, "ingest/unlist_refusals",
                import_id=import_id, lines=plain_array([str(line) for line in lines]), reason=reason,
            )  # fmt: skip

    def show_first(self, connection: Connection, import_id: UUID) -> None:
        """Shows the first of the list as it stands: what was refused late may be of the first rows."""
        rows = ask(
            connection, "ingest/refusals_of_import",
            import_id=import_id, after_line=0, after_id=UUID(int=0), limit=SHOWN_REFUSALS,
        )  # fmt: skip
        self.first_refusals = [Refusal(row["line_number"], row["reason"], row["detail"]) for row in rows]

    def deliver(self, impressions: int) -> None:
        """So many impressions more; fewer, where late requests took more of others' back than they brought."""
        self.impressions = max(0, self.impressions + impressions)

    def rule_otherwise(self, before: str | None, reason: str | None) -> None:
        """Notes that a request, of which an import said before what became of it, is ruled on otherwise now.

        None stands for a download. So the downloads that imports took, without what they took back and with what they
        made count, are the downloads that stand.
        """
        self.taken_back += before is None and reason is not None
        self.counted_late += before is not None and reason is None

    def recount(self, reason: str, by: int = 1) -> None:
        """So many more (or fewer) rows were refused for this reason."""
        self.by_reason[reason] = self.by_reason.get(reason, 0) + by
        if not self.by_reason[reason]:
            del self.by_reason[reason]


def late_words(taken_back: int, counted_late: int) -> str:
    """What an import changed of requests of before, as a sentence; empty where it changed nothing."""
    said = []
    if taken_back:
        said.append(
            f"{taken_back:,} {'download' if taken_back == 1 else 'downloads'} counted before "
            f"{'is none' if taken_back == 1 else 'are none'} any more"
        )
    if counted_late:
        said.append(
            f"{counted_late:,} {'request' if counted_late == 1 else 'requests'} refused before "
            f"{'is a download' if counted_late == 1 else 'are downloads'} now"
        )
    return f"Some requests came late: {' and '.join(said)}." if said else ""
