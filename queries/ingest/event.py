"""What an event of a file or a batch is, under which id it stands, and which of several one statement takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from queries.ingest.arrays import plain_array
from queries.ingest.cells import found
from queries.ingest.columns import Kind, Row
from queries.ingest.counting.kept import Whose
from queries.ingest.impressions import Carrier
from queries.ingest.tally import Refusal

_EVENT_IDS = UUID("6f0d7e5c-3b1a-5d52-9c1e-5a7d0c9b8e41")
_VARIANT = {sign: "89ab"[int(sign, 16) & 3] for sign in "0123456789abcdef"}
DIFFERENT = "Another event of this id stands already, with other content."


@dataclass(slots=True)
class Event:
    """A row that may be stored: every reference is the tenant's own. `id` is 32 hexadecimal digits."""

    row: Row
    id: str
    at: str
    episode: str | None
    campaign: str | None

    @property
    def whose(self) -> Whose:
        """Listener and episode of a download."""
        assert self.row.listener_id is not None  # noqa: S101 (a download has both; this tells mypy)
        assert self.episode is not None  # noqa: S101
        return self.row.listener_id, self.episode

    def different(self) -> Refusal:
        """The refusal of one whose id another event has."""
        return Refusal(self.row.line_number, DIFFERENT, found("id", self.row.source_id))

    def carrier(self) -> Carrier:
        """The event, a download, as what ads came in."""
        listener, episode = self.whose
        return Carrier(self.id, episode, listener, self.row.occurred_at)

    def is_same(self, other: Event) -> bool:
        """Whether both say the same."""
        return (self.at, self.row.type, self.row.listener_id, self.episode, self.campaign, self.row.told) == (
            other.at, other.row.type, other.row.listener_id, other.episode, other.campaign, other.row.told,
        )  # fmt: skip

    def digest(self) -> int:
        """A number that stands for what it says."""
        row = self.row
        return hash((self.at, row.type, row.listener_id, self.episode, self.campaign, row.told))

    def stands_as(self, stored: dict[str, Any]) -> bool:
        """Whether the stored row says the same."""
        return (
            stored["occurred_at"] == self.row.occurred_at
            and (stored["type"], stored["listener_id"], stored["data"])
            == (self.row.type, self.row.listener_id, self.row.data)
            and _text(stored["episode_id"]) == self.episode
            and _text(stored.get("campaign_id")) == self.campaign
        )


@dataclass(slots=True)
class Turn:
    """Which of some events one statement takes, each id once: in the order in which they came.

    A row that says what one before it says shares its fate (`twins`). One of its id with other content waits for that.
    So does a download after it of the same listener and episode, as the first of them counts, and whatever has the id
    of one that waits.
    """

    once: dict[str, Event] = field(default_factory=dict)
    twins: list[Event] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    named: str = ""
    """The ids of the events' source, as an array in order; empty where there are none."""

    @classmethod
    def first(cls, events: list[Event]) -> Turn:
        """That of events of which nothing is known yet."""
        turn = cls()
        held: set[str | tuple[Any, Any]] = set()
        for event in events:
            turn.take(event, held)
        if named := {event.id for event in events if event.row.source_id}:
            turn.named = plain_array(sorted(named))
        return turn

    def take(self, event: Event, held: set[str | tuple[Any, Any]]) -> None:
        """Finds the event its place; `held` is what the waiting hold back."""
        row = event.row
        before = self.once.get(event.id)
        if before is not None and before.is_same(event):
            self.twins.append(event)
            return
        whose = (row.listener_id, event.episode) if row.type == "download" else event.id
        if before is not None or event.id in held or whose in held:
            self.waiting.append(event)
            held |= {event.id, whose}
        else:
            self.once[event.id] = event


def event_id(tenant_id: UUID, kind: Kind, source_id: str) -> UUID:
    """What the event of this id of a source is stored under."""
    return UUID(named_id(id_space(tenant_id, kind), f"id {source_id}"))


def id_space(tenant_id: UUID, kind: Kind) -> bytes:
    return uuid5(uuid5(_EVENT_IDS, str(tenant_id)), kind).bytes


def named_id(space: bytes, name: str) -> str:
    """The name-based UUID (version 5) that `uuid5` makes, without its objects."""
    made = hashlib.sha1(space + name.encode(), usedforsecurity=False).hexdigest()
    return f"{made[:12]}5{made[13:16]}{_VARIANT[made[16]]}{made[17:32]}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
