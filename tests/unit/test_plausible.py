"""How far into an episode a position can lie, at the edges of the rule."""

from __future__ import annotations

import pytest

from queries.ingest.cells import RowRefused
from queries.ingest.plausible import PAST_END, furthest_second, require_within, size_limits


@pytest.mark.parametrize(
    ("duration", "size", "furthest"),
    [
        # Ten minutes past the end of a short one, as long again of a long one.
        (60, None, 660), (599, None, 1199), (600, None, 1200), (601, None, 1202), (3600, None, 7200),
        # A size that goes with the length, up to that of sound that nobody packed, changes nothing.
        (3600, 57_600_000, 7200), (60, 18_000_000, 660), (3600, 0, 7200),
        # Nobody knows the length, or it is told in minutes where seconds are meant.
        (None, None, None), (None, 57_600_000, None), (60, 57_600_000, None), (60, 18_000_001, None),
    ],
)  # fmt: skip
def test_the_furthest_second(duration: int | None, size: int | None, furthest: int | None) -> None:
    assert furthest_second(duration, size) == furthest


@pytest.mark.parametrize(
    ("duration", "limits"),
    [
        (601, (601_000, 180_300_000)), (3600, (3_600_000, 1_080_000_000)),
        # Up to ten minutes may be hours, told in minutes: an hour at 320 kbit, called 60 seconds.
        (60, (60_000, 144_000_000)), (600, (600_000, 1_440_000_000)), (1, (1_000, 2_400_000)),
        (None, (1_000, 181_440_000_000)),
    ],
)  # fmt: skip
def test_how_many_bytes_an_episode_can_have(duration: int | None, limits: tuple[int, int]) -> None:
    assert size_limits(duration) == limits


@pytest.mark.parametrize(("second", "furthest"), [(0, 660), (660, 660), (660.0, 660), (360_000, None)])
def test_a_position_that_an_episode_may_have(second: float, furthest: int | None) -> None:
    require_within("to_s", second, furthest)


def test_a_position_far_beyond_is_refused_with_what_was_told() -> None:
    with pytest.raises(RowRefused) as refused:
        require_within("to_s", 660.001, 660)
    assert (refused.value.reason, refused.value.detail) == (PAST_END, "to_s: 660.001, taken up to 660")
