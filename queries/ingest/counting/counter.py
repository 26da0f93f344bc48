"""Requests in, verdicts out, in memory that does not grow with the file.

Rules for single requests come first, in any order. What passes is put in order of time (as far as `reorder` reaches),
then into the window of its listener and episode: the first request with which all pieces of the window together hold
a minute is the download, those after it repeats, those before it pieces of it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import Rules
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Delivery, Fetch, OpenWindow, Outcome, Suspended, Verdict
from queries.ingest.counting.windows import Windows

_Key = tuple[str, str, date | None]


class Counter:
    """Counts the requests of one tenant.

    `judge` takes them one by one, `close` ends the count. `suspend` hands out what is still open instead, for a counter
    made with `resume` to go on with.
    """

    def __init__(self, rules: Rules, *, resume: Suspended | None = None) -> None:
        self._rules = rules
        self._windows = Windows(rules.window, rules.zone)
        self._open: dict[_Key, OpenWindow] = {}
        self._closing: list[tuple[datetime, _Key]] = []
        self._unordered: list[tuple[datetime, int, int, Fetch]] = []
        self._serial = itertools.count()
        self._released_until: datetime | None = None
        self._single = SingleRequests(rules)
        if resume is not None:
            self._resume(resume)

    def judge(self, request: Request) -> Iterator[Outcome]:
        """What is decided once this request is in: on it, and on others that waited."""
        file = self._rules.episode_of(request.path)
        if file is None:
            yield Verdict(request.number, request.occurred_at, None, Reason.NO_EPISODE)
            return
        judged = self._single.judge(request, file)
        if isinstance(judged, Reason):
            yield Verdict(request.number, request.occurred_at, file.episode, judged)
            return
        self._hold(judged)
        while len(self._unordered) > self._rules.reorder:
            yield from self._in_order(heapq.heappop(self._unordered)[3])

    def count(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """The outcomes of all these requests, to the end."""
        for request in requests:
            yield from self.judge(request)
        yield from self.close()

    def close(self) -> Iterator[Outcome]:
        """Ends the count: what waited is decided, every window closes."""
        while self._unordered:
            yield from self._in_order(heapq.heappop(self._unordered)[3])
        for key in list(self._open):
            yield from self._closed(self._open.pop(key))
        self._closing.clear()

    def suspend(self) -> Suspended:
        """What is open, to go on with after the next file begins; this counter is not to be used any more."""
        return Suspended(
            released_until=self._released_until,
            windows=list(self._open.values()),
            unordered=[fetch for _, _, _, fetch in sorted(self._unordered)],
        )

    def _resume(self, suspended: Suspended) -> None:
        self._released_until = suspended.released_until
        for window in suspended.windows:
            key = (window.listener_id, window.episode, window.day)
            self._open[key] = window
            heapq.heappush(self._closing, (window.closes_at, key))
        for fetch in suspended.unordered:
            self._hold(fetch)

    def _hold(self, fetch: Fetch) -> None:
        # The serial number stands before the fetch, so that two of one moment and number never compare fetches.
        heapq.heappush(self._unordered, (fetch.occurred_at, fetch.number, next(self._serial), fetch))

    def _in_order(self, fetch: Fetch) -> Iterator[Outcome]:
        """Decides on the next request in order of time."""
        if self._released_until is not None and fetch.occurred_at < self._released_until:
            yield Verdict(fetch.number, fetch.occurred_at, fetch.file.episode, Reason.OUT_OF_ORDER)
            return
        self._released_until = fetch.occurred_at
        yield from self._close_until(fetch.occurred_at)
        window = self._window_of(fetch)
        measured = window.files.setdefault(fetch.file.variant, Measured(fetch.file))
        measured.file = fetch.file
        measured.add(*fetch.delivered, fetch.told_bytes)
        if window.download is not None:
            yield Verdict(fetch.number, fetch.occurred_at, fetch.file.episode, Reason.REPEAT)
            return
        is_measured = measured.is_complete
        if not is_measured and fetch.bytes_sent is not None:
            window.waiting.append((fetch.number, fetch.occurred_at, fetch.file.variant))
            return
        window.download = fetch.number, fetch.file.variant
        yield Verdict(
            fetch.number,
            fetch.occurred_at,
            fetch.file.episode,
            None,
            download=fetch,
            is_unmeasured=not is_measured,
        )
        for number, occurred_at, variant in window.waiting:
            if variant == fetch.file.variant:
                yield Verdict(number, occurred_at, window.episode, Reason.PIECE)
        window.waiting = [one for one in window.waiting if one[2] != fetch.file.variant]

    def _window_of(self, fetch: Fetch) -> OpenWindow:
        day = self._windows.day_of(fetch.occurred_at)
        key = (fetch.listener_id, fetch.file.episode, day)
        window = self._open.get(key)
        if window is None:
            window = OpenWindow(
                fetch.file.episode, fetch.listener_id, day, self._windows.end(day, fetch.occurred_at)
            )
            self._open[key] = window
            heapq.heappush(self._closing, (window.closes_at, key))
        else:
            window.closes_at = self._windows.extended(window.closes_at, fetch.occurred_at)
        return window

    def _close_until(self, moment: datetime) -> Iterator[Outcome]:
        while self._closing and self._closing[0][0] <= moment:
            _, key = heapq.heappop(self._closing)
            window = self._open[key]
            if window.closes_at > moment:
                # It was extended since.
                heapq.heappush(self._closing, (window.closes_at, key))
                continue
            del self._open[key]
            yield from self._closed(window)

    def _closed(self, window: OpenWindow) -> Iterator[Outcome]:
        for number, occurred_at, variant in window.waiting:
            is_known = window.files[variant].is_of_known_size
            reason = Reason.UNDER_A_MINUTE if is_known else Reason.SIZE_UNKNOWN
            yield Verdict(number, occurred_at, window.episode, reason)
        download, variant = window.download or (None, next(iter(window.files)))
        measured = window.files[variant]
        yield Delivery(
            download, measured.file, window.listener_id, measured.file.size_bytes or measured.told_bytes,
            measured.pieces, measured.unplaced_bytes,
        )  # fmt: skip
