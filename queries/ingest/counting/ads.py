"""When an ad in an episode was delivered: inside a download only, and all of its bytes."""

from __future__ import annotations

from dataclasses import dataclass

from queries.ingest.counting.content import Piece, covers, total_bytes
from queries.ingest.counting.verdicts import Delivery

_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class AdBytes:
    """An ad that was put into the file at known bytes."""

    piece: Piece


@dataclass(frozen=True, slots=True)
class BakedInAd:
    """An ad that is part of the recording; `ends_at_share` is how far into the episode it ends, 0 to 1."""

    ends_at_share: float


def is_ad_delivered(delivery: Delivery, ad: AdBytes | BakedInAd) -> bool:
    """Whether the ad counts as delivered.

    A baked-in ad asks for the quarters of the file up to the one it ends in: within the first, a quarter of the file.
    """
    if delivery.number is None:
        return False
    if isinstance(ad, AdBytes):
        return covers(delivery.pieces, ad.piece)
    if not delivery.size_bytes:
        return False
    quarters = next(
        (quarter for quarter in range(1, _QUARTERS) if ad.ends_at_share * _QUARTERS <= quarter), _QUARTERS
    )
    return total_bytes(delivery.pieces) * _QUARTERS >= delivery.size_bytes * quarters
