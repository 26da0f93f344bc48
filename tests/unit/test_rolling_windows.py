"""Windows of 24 hours: in any order, in any number of batches, a listener's requests count as in order of time."""

from __future__ import annotations

import random
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.counting.kept import Asked, KeptWindow, Key
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rolling import KEPT_REQUESTS, RollingLedger
from queries.ingest.counting.rules import Filtered
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.counting.windows import Window, Windows
from queries.ingest.logs.rulings import asked_of
from tests.unit.counting_samples import rules
from tests.unit.test_counting_windows import SMALL, brute_force, streams, whose_is

FIRST = datetime(2026, 11, 10, 10, tzinfo=UTC)
WHOSE = ("l1", "one")
ROLLING = (Window.ROLLING_FIRST_TOUCH, Window.ROLLING_LAST_TOUCH)


class Kept:
    """What a database keeps between batches: windows by key, and how each request is ruled on."""

    def __init__(self, window: Window) -> None:
        self.windows = Windows(window, ZoneInfo("UTC"))
        self.kept: dict[Key, KeptWindow] = {}
        self.ruled: dict[UUID, Reason | None] = {}
        self.asked: dict[UUID, tuple[tuple[str, str], Asked]] = {}

    def take(self, batch: Iterable[tuple[tuple[str, str], Asked]]) -> None:
        ledger = RollingLedger(self.windows, deepcopy(list(self.kept.values())))
        for id_, (whose, asked) in self.asked.items():
            # Of what stands its event is known: a measured one without what was sent, but its window is kept.
            if self.ruled[id_] is None:
                ledger.stands(whose, replace(asked, import_id=None, reason=None))
        batch = list(batch)
        for whose, asked in batch:
            ledger.take(whose, asked)
        settled = ledger.settle()
        for change in settled.changes:
            assert self.ruled[change.asked.id] is change.before is not change.asked.reason
        self.ruled |= {change.asked.id: change.asked.reason for change in settled.changes}
        self.ruled |= {asked.id: asked.reason for _, asked in batch}
        self.asked |= {asked.id: (whose, deepcopy(asked)) for whose, asked in batch}
        for key in settled.gone:
            del self.kept[key]
        self.kept |= {window.key: replace(window, is_kept=True) for window in settled.windows}

    def hours(self, *hours: float) -> None:
        """Downloads that others have found valid, so many hours after the first, each a batch."""
        for hour in hours:
            self.take([(WHOSE, _event(hour))])

    @property
    def counted(self) -> list[float]:
        return sorted(one.int / 3600 for one, reason in self.ruled.items() if reason is None)


def _event(hour: float) -> Asked:
    return Asked(UUID(int=round(hour * 3600)), FIRST + timedelta(hours=hour), {}, "source")


def _measured(hour: float, first: int, end: int) -> Asked:
    file, pieces = SMALL["/one.mp3"][0], ((first, end),)
    return replace(_event(hour), filtered="without_list", file=file, unplaced_bytes=0, pieces=pieces)


def test_what_was_a_repeat_counts_once_an_earlier_one_ends_its_window() -> None:
    kept = Kept(Window.ROLLING_FIRST_TOUCH)
    kept.hours(20, 30)
    assert kept.counted == [20]
    kept.hours(0)
    assert kept.counted == [0, 30]


def test_two_windows_become_one_when_a_request_between_them_comes_late() -> None:
    kept = Kept(Window.ROLLING_LAST_TOUCH)
    kept.hours(0, 40)
    assert kept.counted == [0, 40]
    kept.hours(20)
    assert kept.counted == [0]


def test_a_late_one_moves_all_windows_after_it() -> None:
    """Each begins where the one before it ends."""
    kept = Kept(Window.ROLLING_FIRST_TOUCH)
    kept.hours(20, 40, 50, 70, 75, 100)
    assert kept.counted == [20, 50, 75, 100]
    kept.hours(16)
    assert kept.counted == [16, 40, 70, 100]


@pytest.mark.parametrize("window", ROLLING)
def test_every_order_of_some_requests_counts_the_same(window: Window) -> None:
    hours = (0, 20, 24, 30, 47, 71)
    found = set()
    for order in permutations(hours):
        kept = Kept(window)
        kept.hours(*order)
        found.add(tuple(kept.counted))
    assert found == {(0, 24, 71) if window is Window.ROLLING_FIRST_TOUCH else (0, 71)}


@given(
    streams().filter(lambda stream: stream[1] is not Window.CALENDAR_DAY),
    st.randoms(use_true_random=False), st.integers(1, 6),
)  # fmt: skip
def test_any_order_and_any_batches_agree_with_a_brute_force_count(
    stream: tuple[str, Window, list[Request]], chance: random.Random, batch: int
) -> None:
    zone, window, requests = stream
    single = SingleRequests(rules(window, zone))
    shuffled = chance.sample(requests, len(requests))
    # Of one moment the file's order decides, and batches know of no order between files.
    shuffled = [one for one in shuffled if _is_alone(one, requests)]
    kept = Kept(window)
    for start in range(0, len(shuffled), batch):
        kept.take(_asked(one, single) for one in shuffled[start : start + batch])
    found = {one.int: None if reason is None else reason.value for one, reason in kept.ruled.items()}
    assert found == brute_force(zone, window, sorted(shuffled, key=lambda one: one.number))


def _is_alone(one: Request, requests: list[Request]) -> bool:
    return not any(
        other.number < one.number and (other.occurred_at, whose_is(other)) == (one.occurred_at, whose_is(one))
        for other in requests
    )  # fmt: skip


def _asked(request: Request, single: SingleRequests) -> tuple[tuple[str, str], Asked]:
    fetch = single.judge(request, SMALL[request.path][0])
    assert isinstance(fetch, Fetch)
    asked = asked_of(UUID(int=request.number), fetch, "log", Filtered.WITHOUT_LIST)
    return (fetch.listener_id, fetch.file.episode), asked


@pytest.mark.parametrize("window", ROLLING)
def test_of_very_many_requests_a_window_keeps_the_first_and_the_last(window: Window) -> None:
    kept = Kept(window)
    hours = [number / 100 for number in range(KEPT_REQUESTS + 50)]
    kept.take((WHOSE, _event(hour)) for hour in hours)
    [only] = kept.kept.values()
    assert len(only.requests) == KEPT_REQUESTS
    assert only.requests[-1].at == FIRST + timedelta(hours=hours[-1])
    kept.hours(30)
    assert kept.counted == ([0, 30] if window is Window.ROLLING_FIRST_TOUCH else [0])


@pytest.mark.parametrize("window", ROLLING)
def test_within_a_day_of_a_download_of_which_nothing_else_is_known_all_are_repeats(window: Window) -> None:
    ledger = RollingLedger(Windows(window, ZoneInfo("UTC")))
    ledger.stands(WHOSE, _measured(0, 0, 0))
    batch = [_event(hour) for hour in (1, 23, 24, 46)]
    for asked in batch:
        ledger.take(WHOSE, asked)
    settled = ledger.settle()
    is_first = window is Window.ROLLING_FIRST_TOUCH
    assert [asked.reason for asked in batch] == [
        Reason.REPEAT, Reason.REPEAT, None if is_first else Reason.REPEAT, Reason.REPEAT,
    ]  # fmt: skip
    assert not settled.changes


@pytest.mark.parametrize("window", ROLLING)
def test_what_waited_in_a_day_goes_on_in_a_window_of_24_hours(window: Window) -> None:
    """Such a day is kept where a tenant counted by days before: its requests stand for their bytes together."""
    first = UUID(int=0)
    day = KeptWindow(
        "l1",
        "one",
        FIRST - timedelta(hours=10),
        FIRST + timedelta(hours=14),
        files={0: Measured(SMALL["/one.mp3"][0], pieces=((0, 40),))},
        waiting=[(first, FIRST)],
        is_kept=True,
    )
    ledger = RollingLedger(Windows(window, ZoneInfo("UTC")), [day])
    rest = _measured(1, 40, 90)
    ledger.take(WHOSE, rest)
    settled = ledger.settle()
    assert rest.reason is None
    assert [(one.asked.id, one.before, one.asked.reason) for one in settled.changes] == [
        (first, Reason.UNDER_A_MINUTE, Reason.PIECE)
    ]
    assert (settled.gone, [one.key for one in settled.windows]) == ([day.key], [("l1", "one", FIRST)])


@pytest.mark.parametrize("window", ROLLING)
def test_very_many_pieces_too_small_are_kept_together(window: Window) -> None:
    """What never gets a minute is not kept without end, and its bytes are still put together."""
    kept = Kept(window)
    few = KEPT_REQUESTS + 50
    kept.take((WHOSE, replace(_measured(n / 100, 0, 10), id=UUID(int=n))) for n in range(few))
    [only] = kept.kept.values()
    assert (len(only.requests), only.is_counted) == (KEPT_REQUESTS, False)
    kept.take([(WHOSE, replace(_measured(few / 100, 10, 70), id=UUID(int=few)))])
    assert kept.ruled[UUID(int=few)] is None


def test_a_download_that_comes_again_is_what_the_late_one_beside_it_makes_of_it() -> None:
    kept = Kept(Window.ROLLING_FIRST_TOUCH)
    kept.hours(20)
    kept.take([(WHOSE, _event(20)), (WHOSE, _event(0))])
    assert kept.counted == [0]
