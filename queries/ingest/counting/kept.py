"""What is kept of counting between batches: windows, and the requests in those of 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from queries.ingest.counting.content import Piece
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Delivery

Whose = tuple[str, str]
"""Listener and episode."""
Key = tuple[str, str, datetime]
"""Listener, episode and when the window opened."""


@dataclass(slots=True)
class Asked:
    """A request of a window as it is kept, or a download that others have found valid: such a one has no `file`.

    `unplaced_bytes` are those of which nobody knows where they lie, None where not even their number is known. `data`
    is what its event says if it counts, `filtered` by what list it was judged. `reason` is the ruling in force, None
    for a download. `import_id` and `line_number` tell where it came from.
    """

    id: UUID
    at: datetime
    data: dict[str, Any]
    filtered: str
    file: EpisodeFile | None = None
    unplaced_bytes: int | None = None
    pieces: tuple[Piece, ...] = ()
    told_bytes: int | None = None
    import_id: UUID | None = None
    line_number: int | None = None
    reason: Reason | None = None
    awaits_ads: bool = False
    """A download, and an ad in it is not delivered yet: later pieces may hold it."""

    @property
    def is_measured(self) -> bool:
        """Whether bytes decide on it, and on the ads in it."""
        return self.file is not None and self.unplaced_bytes is not None

    @property
    def variant(self) -> int | None:
        """Which file of the episode it is for; None of one that has none."""
        return None if self.file is None else self.file.variant


@dataclass(slots=True)
class KeptWindow:
    """A listener's window of an episode: plain values, as they are kept. `requests`: those of a window of 24 hours.

    A calendar day has a window for each file of the episode that was asked for: its variant is the part of the second
    at which it opens.
    """

    listener_id: str
    episode: str
    opened_at: datetime
    closes_at: datetime
    is_counted: bool = False
    files: dict[int, Measured] = field(default_factory=dict)
    """By variant what was sent of each file."""
    variant: int = 0
    """The file that the download is of; of a calendar day the only one."""
    waiting: list[tuple[UUID, datetime]] = field(default_factory=list)
    download: tuple[UUID, datetime] | None = None
    """Id and time of the download, where the ads in it depend on what was sent."""
    is_unmeasured: bool = False
    """Counted in this batch although nobody knows how much was delivered."""
    awaits_ads: bool = False
    """An ad in the download is not delivered yet: later pieces may hold it."""
    requests: list[Asked] = field(default_factory=list)
    is_kept: bool = False
    """It stands in the database under its key."""

    @property
    def key(self) -> Key:
        """What it is kept under."""
        return (self.listener_id, self.episode, self.opened_at)

    @property
    def is_said_by_its_download(self) -> bool:
        """Whether nothing was asked for in it but a download that others have found valid: it need not be kept."""
        return len(self.requests) == 1 and self.requests[0].file is None

    @property
    def measured(self) -> Measured:
        """What the listener got in it of the file that the download is of."""
        return self.files.get(self.variant) or Measured(EpisodeFile(self.episode))

    @property
    def delivery(self) -> Delivery:
        """The same as what ads are judged by."""
        of = self.measured
        return Delivery(
            self.download[0] if self.download else None, of.file, self.listener_id,
            of.file.size_bytes or of.told_bytes, of.pieces, of.unplaced_bytes,
        )  # fmt: skip
