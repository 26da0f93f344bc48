"""What a listener got of one file of an episode in a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queries.ingest.counting.content import Piece, needed_bytes, put_together, total_bytes
from queries.ingest.counting.requests import EpisodeFile


@dataclass(slots=True)
class Measured:
    """Bytes that were sent of a file: `pieces` put together, and the largest answer of which nobody knows the place.

    `told_bytes` is the file's size as requests told it, for one of which it is not known.
    """

    file: EpisodeFile
    pieces: tuple[Piece, ...] = ()
    unplaced_bytes: int = 0
    told_bytes: int | None = None

    def add(self, pieces: Iterable[Piece], unplaced_bytes: int, told_bytes: int | None) -> None:
        """Adds what one more request delivered."""
        if self.told_bytes is None or (told_bytes or 0) > self.told_bytes:
            self.told_bytes = told_bytes
        for piece in pieces:
            self.pieces = put_together(self.pieces, piece)
        self.unplaced_bytes = max(self.unplaced_bytes, unplaced_bytes)

    @property
    def is_of_known_size(self) -> bool:
        """Whether it can be told how many bytes a download takes."""
        return needed_bytes(self.file, self.told_bytes) is not None

    @property
    def is_complete(self) -> bool:
        """Whether a minute was delivered."""
        needed = needed_bytes(self.file, self.told_bytes)
        # Of bytes that are nobody-knows-where at least the largest answer is not overlap.
        return needed is not None and max(total_bytes(self.pieces), self.unplaced_bytes) >= needed
