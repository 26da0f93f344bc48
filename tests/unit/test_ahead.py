"""Work done ahead, and how often threads take turns meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from queries.ingest.ahead import ahead


def test_threads_take_turns_sooner_until_the_last_has_ended() -> None:
    usual = sys.getswitchinterval()
    with closing(ahead(iter(range(5)))) as one:
        assert next(one) == 0
        sooner = sys.getswitchinterval()
        assert sooner < usual
        with closing(ahead(iter(range(3)))) as other:
            assert list(other) == [0, 1, 2]
        assert sys.getswitchinterval() == sooner
    assert sys.getswitchinterval() == usual


def test_what_goes_wrong_is_raised_in_its_place_and_leaves_the_turns_as_they_were() -> None:
    usual = sys.getswitchinterval()

    def items() -> Iterator[int]:
        yield 1
        raise OSError("broken")

    made = ahead(items())
    assert next(made) == 1
    with pytest.raises(OSError, match="broken"):
        next(made)
    assert sys.getswitchinterval() == usual
