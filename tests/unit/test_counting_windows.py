"""Uniqueness: the IAB's own table, and a brute-force count over clock changes in five zones."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.counting.counter import Counter
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.verdicts import Verdict
from queries.ingest.counting.windows import Window
from tests.unit.counting_samples import (
    FILE,
    MINUTE,
    NOON,
    deliveries,
    downloads,
    reasons,
    request,
    rules,
    verdicts,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "iab_windows.json").read_text())
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
# Both clock changes of each: at 2 and at 3, by half an hour, at midnight, and at a minute past it.
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    "America/Santiago": (datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)),
    "America/St_Johns": (datetime(2010, 3, 14, 3, 31, tzinfo=UTC), datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),
}


def moment(written: str) -> datetime:
    day, clock = written.split()
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=["Mon", "Tue", "Wed"].index(day), hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("window", "key"),
    [
        (Window.CALENDAR_DAY, "calendar_day"),
        (Window.ROLLING_FIRST_TOUCH, "rolling_first_touch"),
        (Window.ROLLING_LAST_TOUCH, "rolling_last_touch_extending"),
    ],
)
def test_the_worked_table_of_the_guidelines(window: Window, key: str) -> None:
    vector = VECTORS["windows"]
    requests = [
        request(number, occurred_at=moment(written)) for number, written in enumerate(vector["requests"])
    ]
    found = [int(verdict.reason is None) for verdict in verdicts(requests, window=window).values()]
    assert found == vector[key]


def test_ten_requests_by_six_agents_behind_one_address() -> None:
    requests = [
        request(number, agent=f"Overcast/{number % 6}", occurred_at=NOON + timedelta(minutes=number))
        for number in range(10)
    ]
    found = [verdict.download for verdict in verdicts(requests).values() if verdict.download]
    assert len(found) == VECTORS["uniques"]["downloads"]
    assert len({fetch.listener_id for fetch in found}) == VECTORS["uniques"]["consumers"]


def test_a_window_ends_at_its_twenty_fourth_hour() -> None:
    second = timedelta(seconds=1)
    for window in (Window.ROLLING_FIRST_TOUCH, Window.ROLLING_LAST_TOUCH):
        inside = [request(1), request(2, occurred_at=NOON + timedelta(hours=24) - second)]
        outside = [request(1), request(2, occurred_at=NOON + timedelta(hours=24))]
        assert (downloads(inside, window=window), downloads(outside, window=window)) == (1, 2)


def test_a_day_is_the_tenants() -> None:
    requests = [
        request(number, occurred_at=datetime(2026, 11, 3, hour, tzinfo=UTC))
        for number, hour in enumerate((4, 5, 6))
    ]
    assert reasons(requests, zone="America/New_York") == [None, None, "repeat"]
    assert reasons(requests, zone="UTC") == [None, "repeat", "repeat"]


def test_a_day_that_comes_back_for_an_hour_is_one_day() -> None:
    # On 7 November 2010 Newfoundland's clocks went from 0:01 back to 23:01 of the day before.
    change = CHANGES["America/St_Johns"][1]
    requests = [
        request(number, occurred_at=change + timedelta(minutes=minutes))
        for number, minutes in enumerate((-30, -0.5, 10, 70))
    ]
    local = [moved.occurred_at.astimezone(ZoneInfo("America/St_Johns")).day for moved in requests]
    assert local == [6, 7, 6, 7]
    assert reasons(requests, zone="America/St_Johns") == [None, None, "repeat", "repeat"]


_pieces = st.one_of(
    st.tuples(st.just(200), st.just(None), st.sampled_from([0, 40, 60, 100])),
    st.builds(
        lambda start, length: (206, f"bytes={start}-{start + length - 1}", length),
        st.integers(0, 90), st.integers(3, 60),
    ),
)  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, Window, list[Request]]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[zone]))
    requests = []
    for number in range(draw(st.integers(1, 14))):
        status, byte_range, sent = draw(_pieces)
        requests.append(
            request(
                number, status=status, byte_range=byte_range, bytes_sent=sent,
                occurred_at=change + timedelta(minutes=draw(st.integers(-60 * 50, 60 * 50))),
                address=draw(st.sampled_from(["192.0.2.1", "2001:db8::1"])),
                path=draw(st.sampled_from(list(SMALL))),
            )
        )  # fmt: skip
    return zone, draw(st.sampled_from(list(Window))), requests


SMALL = {
    # A minute of 100 s after a header of 10 in a file of 110 bytes: 70 bytes; and a file of unknown length: all 80.
    "/one.mp3": (EpisodeFile("one", size_bytes=110, duration_seconds=100, header_bytes=10), 70),
    "/two.mp3": (EpisodeFile("two", size_bytes=80), 80),
    # The first episode once more, in another encoding: a minute is 28 bytes of 44.
    "/one.aac": (EpisodeFile("one", size_bytes=44, duration_seconds=100, header_bytes=4, variant=7), 28),
}


def whose_is(one: Request) -> tuple[str, str]:
    """Address and episode."""
    return one.address, SMALL[one.path][0].episode


def brute_force(zone: str, window: Window, requests: list[Request]) -> dict[int, str | None]:
    """Each request's reason, straight from the words of the rule: sets of bytes, groups by comparing all with all."""
    found: dict[int, str | None] = {}
    for who in {whose_is(one) for one in requests}:
        own = sorted(
            (one for one in requests if whose_is(one) == who), key=lambda one: (one.occurred_at, one.number)
        )
        for group in _groups(zone, window, own):
            had: dict[str, set[int]] = {path: set() for path in SMALL}
            download: Request | None = None
            for one in group:
                first = 0 if one.byte_range is None else int(one.byte_range[6:].split("-")[0])
                had[one.path] |= set(range(first, first + one.bytes_sent))
                found[one.number] = "too_short" if download is None else "repeat"
                if download is None and len(had[one.path]) >= SMALL[one.path][1]:
                    download = one
                    found[one.number] = None
            if download is not None:
                # Those before it are pieces of it as far as they are of the same file.
                for one in group[: group.index(download)]:
                    found[one.number] = "piece" if one.path == download.path else "too_short"
    return found


def _groups(zone: str, window: Window, own: list[Request]) -> list[list[Request]]:
    if window is Window.CALENDAR_DAY:
        days: dict[str, list[Request]] = {}
        for one in own:
            days.setdefault(one.occurred_at.astimezone(ZoneInfo(zone)).strftime("%F"), []).append(one)
        return list(days.values())
    groups: list[list[Request]] = []
    for one in own:
        anchor = groups and groups[-1][0 if window is Window.ROLLING_FIRST_TOUCH else -1]
        if anchor and (one.occurred_at - anchor.occurred_at).total_seconds() < 86_400:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _small(zone: str, window: Window, **values: object) -> Counter:
    return Counter(rules(window, zone, episode_of=lambda path: SMALL[path][0], **values))


def _reasons_of(counter: Counter, requests: list[Request]) -> dict[int, str | None]:
    return {one.number: one.reason for one in counter.count(requests) if isinstance(one, Verdict)}


@given(streams())
def test_windows_agree_with_a_brute_force_count(stream: tuple[str, Window, list[Request]]) -> None:
    zone, window, requests = stream
    assert _reasons_of(_small(zone, window), requests) == brute_force(zone, window, requests)


@given(streams(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(
    stream: tuple[str, Window, list[Request]], chance: random.Random
) -> None:
    zone, window, requests = stream
    shuffled = chance.sample(requests, len(requests))
    assert _reasons_of(_small(zone, window), shuffled) == _reasons_of(_small(zone, window), requests)


@given(streams(), st.data())
def test_a_break_between_two_files_changes_nothing(
    stream: tuple[str, Window, list[Request]], data: st.DataObject
) -> None:
    zone, window, requests = stream
    reorder = data.draw(st.sampled_from([0, 2, 100]))
    cut = data.draw(st.integers(0, len(requests)))
    whole = list(_small(zone, window, reorder=reorder).count(requests))
    first = _small(zone, window, reorder=reorder)
    parts = [outcome for one in requests[:cut] for outcome in first.judge(one)]
    second = Counter(
        rules(window, zone, episode_of=lambda path: SMALL[path][0], reorder=reorder), resume=first.suspend()
    )
    parts += second.count(requests[cut:])
    assert sorted(map(repr, parts)) == sorted(map(repr, whole))


@given(streams())
def test_every_request_gets_one_verdict_and_every_window_one_delivery(
    stream: tuple[str, Window, list[Request]],
) -> None:
    zone, window, requests = stream
    # Nothing is held back: what lies before its predecessor is refused for that, and nothing is lost.
    found = list(_small(zone, window, reorder=0).count(requests))
    judged = [one for one in found if isinstance(one, Verdict)]
    closed = [one for one in found if not isinstance(one, Verdict)]
    assert sorted(one.number for one in judged) == [one.number for one in requests]
    assert sorted(one.number for one in judged if one.reason is None) == sorted(
        one.download for one in closed if one.download is not None
    )


def test_memory_stays_level_over_days() -> None:
    counter = Counter(rules(reorder=10))
    for number in range(3_000):
        moved = request(number, occurred_at=NOON + timedelta(hours=number), address=f"192.0.2.{number % 200}")
        for _ in counter.judge(moved):
            pass
    left = counter.suspend()
    assert len(left.unordered) == 10
    assert len(left.windows) <= 24


def test_what_lies_too_far_back_is_refused_and_said() -> None:
    late = request(2, occurred_at=NOON - timedelta(days=1))
    assert reasons([request(1), late], reorder=0) == [None, "out_of_order"]
    assert reasons([request(1), late], reorder=1) == [None, None]


def test_a_download_stands_where_its_first_minute_was_complete() -> None:
    half = MINUTE // 2
    requests = [
        request(1, status=206, byte_range=f"bytes=0-{half - 1}", bytes_sent=half),
        request(2, status=206, byte_range=f"bytes={half}-", bytes_sent=half, occurred_at=NOON + timedelta(hours=1)),
        request(3, status=206, byte_range=f"bytes={MINUTE}-", bytes_sent=100, occurred_at=NOON + timedelta(hours=2)),
    ]  # fmt: skip
    assert reasons(requests) == ["piece", None, "repeat"]
    (delivery,) = deliveries(requests)
    assert (delivery.download, delivery.size_bytes, delivery.pieces) == (
        2,
        FILE.size_bytes,
        ((0, MINUTE + 100),),
    )
