"""What comes out of counting; none of it holds an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.content import Piece
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is registered, as far as a configured database tells it."""

    country: str | None = None
    region: str | None = None


@dataclass(slots=True)
class Fetch:
    """A request that every rule for single requests let pass: a listener's, for an episode.

    `bytes_sent` is None where it is not known; `piece` says which bytes they are, None where that is not known.
    """

    number: int
    occurred_at: datetime
    file: EpisodeFile
    listener_id: str
    agent: Agent
    place: Place
    bytes_sent: int | None
    piece: Piece | None
    told_bytes: int | None

    @property
    def delivered(self) -> tuple[tuple[Piece, ...], int]:
        """The bytes that were sent: the piece that they are, or how many they are where nobody knows where they lie."""
        return ((self.piece,), 0) if self.piece is not None else ((), self.bytes_sent or 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the request of this number: a download, or refused for one reason.

    A download carries the fetch with which its first minute was complete. `is_unmeasured`: it was counted although
    nobody knows how much was delivered, and is to be labelled so.
    """

    number: int
    occurred_at: datetime
    episode: str | None
    reason: Reason | None
    download: Fetch | None = None
    is_unmeasured: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A download that stood (`id`, `at`), and the earlier one of its day, listener and episode that counts now."""

    episode: str
    id: UUID
    at: datetime
    by_id: UUID
    by_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a listener got of a file in a window, up to now or to its end.

    `download` is the number or the id of the download in it, None without one. `unplaced_bytes`: the largest answer of
    which nobody knows where in the file its bytes lie.
    """

    download: int | UUID | None
    file: EpisodeFile
    listener_id: str
    size_bytes: int | None
    pieces: tuple[Piece, ...]
    unplaced_bytes: int = 0


Outcome = Verdict | Delivery


@dataclass(slots=True)
class OpenWindow:
    """A listener's window of an episode that has not closed: plain values, to be kept between two files."""

    episode: str
    listener_id: str
    day: date | None
    closes_at: datetime
    files: dict[int, Measured] = field(default_factory=dict)
    """By variant what was sent of each file of the episode; the first of them is the one that was asked for first."""
    download: tuple[int, int] | None = None
    """The number of the download, and the variant it is of."""
    waiting: list[tuple[int, datetime, int]] = field(default_factory=list)
    """Requests whose reason is not known yet: number, time and variant."""


@dataclass(slots=True)
class Suspended:
    """All that a counter remembers: given to the next one, it goes on as if there had been no break."""

    released_until: datetime | None
    windows: list[OpenWindow]
    unordered: list[Fetch]
