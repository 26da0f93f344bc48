"""When an ad in an episode was delivered: inside a download only, and all of its bytes.

An ad unit tells its place in seconds. Its bytes follow as those of a minute do: the header stands before the sound, and
the sound is spread evenly over the rest of the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from queries.ingest.counting.content import Piece, covers, total_bytes
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Delivery

_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad by its place in the episode; `is_baked_in`: it is part of the recording for everybody."""

    position_seconds: int
    duration_seconds: int
    is_baked_in: bool = False


def is_ad_delivered(delivery: Delivery, ad: Ad) -> bool:
    """Whether the bytes that were sent prove the ad.

    A baked-in ad asks for as many bytes as the quarters of the file have up to the one it ends in, too: within the
    first, a quarter of the file. Where the ad's bytes cannot be told (the length of the episode is not known, the ad
    begins after its end), or it is not known which bytes were sent, only the whole file holds it for certain.
    """
    size = delivery.size_bytes
    if delivery.download is None or not size:
        return False
    if delivery.unplaced_bytes >= size or covers(delivery.pieces, (0, size)):
        return True
    place = _place(ad, delivery.file, size)
    if place is None or not covers(delivery.pieces, place.piece):
        return False
    return not ad.is_baked_in or total_bytes(delivery.pieces) * _QUARTERS >= size * place.quarters


@dataclass(frozen=True, slots=True)
class _Place:
    """The bytes of an ad, and how many quarters of the file there are up to its end."""

    piece: Piece
    quarters: int


@lru_cache(maxsize=20_000)
def _place(ad: Ad, file: EpisodeFile, size: int) -> _Place | None:
    """Where the ad lies in a file of this size; None where nobody can tell."""
    header = max(file.header_bytes, 0)
    if not file.duration_seconds or ad.position_seconds >= file.duration_seconds or header >= size:
        return None
    a_second = Fraction(size - header) / Fraction(file.duration_seconds)
    start = header + a_second * ad.position_seconds
    # An ad that is told to last longer than the episode ends with it.
    end = min(Fraction(size), header + a_second * (ad.position_seconds + ad.duration_seconds))
    return _Place((math.floor(start), math.ceil(end)), math.ceil(end * _QUARTERS / size))
