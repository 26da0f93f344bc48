"""How far into an episode a position can lie: one rule for events of files and the API, for transcripts and curves.

When something happened is not held against the day of publication. Dates in feeds move (an episode that is published
again, or planned anew, has its new date alone), and apps of subscribers have an episode before it: true events would be
lost. A clock that is far off is refused all the same, as too old or in the future.
"""

from __future__ import annotations

from queries.ingest.columns import RowRefused

PAST_END = "The position lies far beyond the end of the episode."

_TIMES = 2
_SECONDS_PAST = 600
"""A file with ads put in is longer than its feed says, but not by both: as long again, and ten minutes."""
_MOST_BITS = 2_400_000
"""Bits of a second of sound that nobody packed (48 kHz, 24 bits, stereo). A file that would have more is longer than
its feed says: some write minutes where seconds are meant."""


def furthest_second(duration_seconds: int | None, audio_bytes: int | None) -> int | None:
    """The last second that is taken for one of the episode; None where its length is not known, or cannot be true."""
    if duration_seconds is None or (audio_bytes or 0) * 8 > duration_seconds * _MOST_BITS:
        return None
    return max(duration_seconds * _TIMES, duration_seconds + _SECONDS_PAST)


def require_within(key: str, second: float, furthest: int | None) -> None:
    """Returns for a position that the episode may have. Raises: RowRefused."""
    if furthest is not None and second > furthest:
        raise RowRefused(PAST_END, f"{key}: {second}, taken up to {furthest}")
