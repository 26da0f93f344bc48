"""How far into an episode a position can lie: one rule for events of files and the API, for transcripts and curves.

And how many bytes its file can have: what feeds tell is a placeholder now and then.

When something happened is not held against the day of publication. Dates in feeds move (an episode that is published
again, or planned anew, has its new date alone), and apps of subscribers have an episode before it: true events would be
lost. A clock that is far off is refused all the same, as too old or in the future.
"""

from __future__ import annotations

from datetime import timedelta

from queries.ingest.cells import RowRefused

AHEAD_MINUTES = 10
AHEAD_OF_NOW = timedelta(minutes=AHEAD_MINUTES)
"""How far a source's clock may run ahead of ours: for events of files and the API, and for logs."""

PAST_END = "The position lies far beyond the end of the episode."

_TIMES = 2
_SECONDS_PAST = 600
"""A file with ads put in is longer than its feed says, but not by both: as long again, and ten minutes."""
_MOST_BITS = 2_400_000
"""Bits of a second of sound that nobody packed (48 kHz, 24 bits, stereo). A file that would have more is longer than
its feed says: some write minutes where seconds are meant."""

LEAST_BYTES = 1_000
"""Bytes of a second at 8 kbit: what is said of an episode by telephone has more."""
MOST_BYTES = _MOST_BITS // 8
MAYBE_MINUTES = 600
"""So many seconds at most may be minutes that somebody wrote for seconds: the size is true then, the duration not."""
MOST_BYTES_OF_MINUTES = 60 * 40_000
"""Bytes of a minute at 320 kbit, the most that an MP3 has in a second."""
LONGEST_SECONDS = 7 * 86_400
"""No episode lasts longer."""


def size_limits(duration_seconds: int | None) -> tuple[int, int]:
    """Between how many bytes the sound of an episode has; where its length is not known, a second is the least."""
    if duration_seconds is None:
        return LEAST_BYTES, LONGEST_SECONDS * MOST_BYTES
    most = MOST_BYTES_OF_MINUTES if duration_seconds <= MAYBE_MINUTES else MOST_BYTES
    return duration_seconds * LEAST_BYTES, duration_seconds * most


def furthest_second(duration_seconds: int | None, audio_bytes: int | None) -> int | None:
    """The last second that is taken for one of the episode; None where its length is not known, or cannot be true."""
    if duration_seconds is None or (audio_bytes or 0) * 8 > duration_seconds * _MOST_BITS:
        return None
    return max(duration_seconds * _TIMES, duration_seconds + _SECONDS_PAST)


def require_within(key: str, second: float, furthest: int | None) -> None:
    """Returns for a position that the episode may have. Raises: RowRefused."""
    if furthest is not None and second > furthest:
        raise RowRefused(PAST_END, f"{key}: {second}, taken up to {furthest}")
