"""Windows that outlive a file: requests come in any order, in any number of files and runs, and count once.

A Counter decides on a request when its window closes. A Ledger has no end to wait for: it rules on each request at
once, and takes the ruling back for those that a later request turns into pieces of a download. For requests in order
of time the numbers are the Counter's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from queries.ingest.counting.content import Piece, needed_bytes, put_together, total_bytes
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Delivery, Fetch
from queries.ingest.counting.windows import Window, Windows

_DAY = timedelta(hours=24)
Whose = tuple[str, str]
"""Listener and episode."""
Key = tuple[str, str, datetime]
"""Listener, episode and when the window opened."""


@dataclass(slots=True)
class KeptWindow:
    """A listener's window of an episode: plain values, as they are kept."""

    listener_id: str
    episode: str
    opened_at: datetime
    closes_at: datetime
    is_counted: bool = False
    pieces: tuple[Piece, ...] = ()
    unplaced_bytes: int = 0
    told_bytes: int | None = None
    waiting: list[tuple[UUID, datetime]] = field(default_factory=list)
    download: tuple[UUID, datetime] | None = None
    """Id and time of the download, where the ads in it depend on what was sent."""
    is_unmeasured: bool = False
    """Counted in this batch although nobody knows how much was delivered."""
    file: EpisodeFile | None = None
    """The file that this batch asked for; it is not kept."""
    awaits_ads: bool = False
    """An ad in the download is not delivered yet: later pieces may hold it."""

    @property
    def key(self) -> Key:
        """What it is kept under."""
        return (self.listener_id, self.episode, self.opened_at)

    @property
    def delivery(self) -> Delivery:
        """What the listener got in it of the file that this batch asked for."""
        assert self.file is not None  # noqa: S101 (every window of this batch has one; this tells mypy)
        return Delivery(
            self.download[0] if self.download else None, self.file, self.listener_id,
            self.file.size_bytes or self.told_bytes, self.pieces, self.unplaced_bytes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a request is now: a download (no reason), or refused. `is_new` is False where it was ruled on before."""

    id: UUID
    occurred_at: datetime
    episode: str
    reason: Reason | None
    fetch: Fetch | None = None
    is_unmeasured: bool = False
    is_new: bool = True


class Ledger:
    """The windows of one batch. Give it what is kept of their listeners; afterwards take `changed` and `done`.

    `counted` are (listener, episode, day) with a download already, for calendar days: those windows are not kept.
    """

    def __init__(
        self, windows: Windows, kept: Iterable[KeptWindow] = (), counted: Iterable[tuple[str, str, date]] = ()
    ) -> None:
        self._windows = windows
        self._is_daily = windows.window is Window.CALENDAR_DAY
        self._counted = set(counted)
        self._of: dict[Whose, list[KeptWindow]] = {}
        self._kept = [(one.key, one) for one in kept]
        self._touched: dict[int, KeptWindow] = {}
        for _, window in self._kept:
            self._of.setdefault((window.listener_id, window.episode), []).append(window)

    def judge(self, id_: UUID, fetch: Fetch) -> list[Ruling]:
        """The ruling on this request, and those that it changes."""
        day = self._windows.day_of(fetch.occurred_at)
        episode = fetch.file.episode
        if day is not None and (fetch.listener_id, episode, day) in self._counted:
            window = self._of_day((fetch.listener_id, episode), day)
            if window is not None and window.download is not None:
                # No download of its own, but it may bring the rest of an ad.
                self._grow(window, fetch)
            return [Ruling(id_, fetch.occurred_at, episode, Reason.REPEAT)]
        window = self._window_of((fetch.listener_id, episode), fetch.occurred_at, day)
        self._grow(window, fetch)
        if window.is_counted:
            return [Ruling(id_, fetch.occurred_at, episode, Reason.REPEAT)]
        needed = needed_bytes(fetch.file, window.told_bytes)
        # Of bytes that are nobody-knows-where at least the largest answer is not overlap.
        is_measured = needed is not None and max(total_bytes(window.pieces), window.unplaced_bytes) >= needed
        if not is_measured and fetch.bytes_sent is not None:
            window.waiting.append((id_, fetch.occurred_at))
            reason = Reason.SIZE_UNKNOWN if needed is None else Reason.UNDER_A_MINUTE
            return [Ruling(id_, fetch.occurred_at, episode, reason)]
        window.is_counted = True
        window.download, window.is_unmeasured = (id_, fetch.occurred_at), not is_measured
        if day is not None:
            self._counted.add((fetch.listener_id, episode, day))
        pieces = [Ruling(one, at, episode, Reason.PIECE, is_new=False) for one, at in window.waiting]
        window.waiting = []
        return [
            Ruling(id_, fetch.occurred_at, episode, None, fetch=fetch, is_unmeasured=not is_measured),
            *pieces,
        ]

    def stands(self, whose: Whose, at: datetime) -> None:
        """A download that stands, of a rolling window that may not be kept any more."""
        windows = self._of.setdefault(whose, [])
        if not any(one.opened_at <= at < one.closes_at for one in windows):
            windows.append(KeptWindow(*whose, at, at + _DAY, is_counted=True))

    def admits(self, whose: Whose, at: datetime) -> bool:
        """Whether a download that others have found valid counts: it is the first of its rolling window."""
        window = self._window_of(whose, at, None)
        self._touched[id(window)] = window
        is_first = not window.is_counted
        window.is_counted = True
        return is_first

    @property
    def downloads(self) -> list[KeptWindow]:
        """Windows of this batch with a download in which ads may have been delivered."""
        return [one for one in self._touched.values() if one.download is not None]

    @property
    def changed(self) -> list[KeptWindow]:
        """Windows to be kept as they are now."""
        return [one for one in self._touched.values() if not self._is_settled(one)]

    @property
    def done(self) -> list[Key]:
        """What was kept and is not to be kept under this key any more."""
        return [
            key
            for key, one in self._kept
            if id(one) in self._touched and (one.key != key or self._is_settled(one))
        ]

    def _is_settled(self, window: KeptWindow) -> bool:
        """A day with a download needs no window, as the download says it: but for ads that later pieces may deliver."""
        return self._is_daily and window.is_counted and not window.awaits_ads

    def _grow(self, window: KeptWindow, fetch: Fetch) -> None:
        """Adds what the request delivered."""
        self._touched[id(window)] = window
        window.file = fetch.file
        if window.told_bytes is None or (fetch.told_bytes or 0) > window.told_bytes:
            window.told_bytes = fetch.told_bytes
        if fetch.piece is not None:
            window.pieces = put_together(window.pieces, fetch.piece)
        elif fetch.bytes_sent is not None:
            window.unplaced_bytes = max(window.unplaced_bytes, fetch.bytes_sent)

    def _of_day(self, whose: Whose, day: date) -> KeptWindow | None:
        """The day's window, where it is there already."""
        opened = self._start_of_day(day)
        return next((one for one in self._of.get(whose, []) if one.opened_at == opened), None)

    def _window_of(self, whose: Whose, at: datetime, day: date | None) -> KeptWindow:
        windows = self._of.setdefault(whose, [])
        if day is not None:
            found = self._of_day(whose, day)
            opened, closes = self._start_of_day(day), self._windows.end(day, at)
        else:
            # A request that comes late by less than a window belongs to the one it would have opened.
            found = next((one for one in windows if one.opened_at - _DAY < at < one.closes_at), None)
            opened, closes = at, at + _DAY
        if found is None:
            found = KeptWindow(*whose, opened, closes)
            windows.append(found)
        elif day is None:
            if at < found.opened_at:
                found.opened_at = at
                if self._windows.window is Window.ROLLING_FIRST_TOUCH:
                    found.closes_at = at + _DAY
            elif self._windows.window is Window.ROLLING_LAST_TOUCH:
                found.closes_at = max(found.closes_at, at + _DAY)
        return found

    def _start_of_day(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self._windows.zone).astimezone(UTC)
