"""Requests for tests of counting: whole, from one phone, unless said otherwise."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from queries.ingest.counting.counter import Counter
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.rules import Rules
from queries.ingest.counting.verdicts import Delivery, Outcome, Verdict
from queries.ingest.counting.windows import Window

SECRET = b"a secret of the tenant, long enough"
PHONE = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
# Ten minutes of a hundred bytes a second after a header of 500: a minute is 6,500 bytes.
FILE = EpisodeFile("one", size_bytes=60_500, duration_seconds=600, header_bytes=500)
MINUTE = 6_500


def request(number: int = 1, **values: Any) -> Request:
    return Request(
        **{
            "number": number, "occurred_at": NOON, "address": "192.0.2.1", "method": "GET", "path": "/one.mp3",
            "status": 200, "agent": PHONE, "bytes_sent": 60_500, **values,
        }
    )  # fmt: skip


def rules(window: Window = Window.CALENDAR_DAY, zone: str = "UTC", **values: Any) -> Rules:
    files = {"/one.mp3": FILE, "/two.mp3": EpisodeFile("two", size_bytes=9_000)}
    return Rules(
        **{"secret": SECRET, "episode_of": files.get, "window": window, "zone": ZoneInfo(zone), **values}
    )


def outcomes(requests: Iterable[Request], **values: Any) -> list[Outcome]:
    return list(Counter(rules(**values)).count(requests))


def verdicts(requests: Iterable[Request], **values: Any) -> dict[int, Verdict]:
    found = [outcome for outcome in outcomes(requests, **values) if isinstance(outcome, Verdict)]
    by_number = {verdict.number: verdict for verdict in found}
    assert len(by_number) == len(found), "a request was judged twice"
    return dict(sorted(by_number.items()))


def deliveries(requests: Iterable[Request], **values: Any) -> list[Delivery]:
    return [outcome for outcome in outcomes(requests, **values) if isinstance(outcome, Delivery)]


def reasons(requests: Iterable[Request], **values: Any) -> list[str | None]:
    return [verdict.reason for verdict in verdicts(requests, **values).values()]


def downloads(requests: Iterable[Request], **values: Any) -> int:
    return Tally(reasons(requests, **values))[None]
