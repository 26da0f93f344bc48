"""Calendar days that outlive a file: requests come in any order, in any number of files and runs, and count once.

A Counter decides on a request when its window closes. A Ledger has no end to wait for: it rules on each request at
once, and takes the ruling back for those that a later request turns into pieces of a download, and for a download to
which an earlier request of the day, that is enough by itself, comes late. For requests in order of time the numbers are
the Counter's. Windows of 24 hours are those of `rolling`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from queries.ingest.counting.content import needed_bytes, total_bytes
from queries.ingest.counting.kept import KeptWindow, Key, Whose
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.verdicts import Earlier, Fetch
from queries.ingest.counting.windows import Windows


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


@dataclass(frozen=True, slots=True)
class Standing:
    """The download of a day, as it stands; `source` is the way it came by."""

    id: UUID
    at: datetime
    source: str
    is_unmeasured: bool


class Ledger:
    """The days of one batch. Give it what is kept of their listeners; afterwards take `changed`, `done` and `earlier`.

    `source` is the way in which all its requests came by. `counted` are the downloads that stand, by listener, episode
    and day: those days are not kept. None is one that stays, as others have said that it counts.
    """

    def __init__(
        self, windows: Windows, source: str, kept: Iterable[KeptWindow] = (),
        counted: Mapping[tuple[str, str, date], Standing | None] | None = None,
    ) -> None:  # fmt: skip
        self._windows = windows
        self._source = source
        self._counted = dict(counted or {})
        self.earlier: list[Earlier] = []
        self._of: dict[Whose, list[KeptWindow]] = {}
        self._kept = list(kept)
        self._touched: dict[int, KeptWindow] = {}
        for window in self._kept:
            self._of.setdefault((window.listener_id, window.episode), []).append(window)

    def judge(self, id_: UUID, fetch: Fetch) -> list[Ruling]:
        """The ruling on this request, and those that it changes."""
        day = self._windows.local_day(fetch.occurred_at)
        episode = fetch.file.episode
        key = (fetch.listener_id, episode, day)
        if key in self._counted:
            return [self._late(id_, fetch, key)]
        window = self._window_of(fetch, day)
        self._grow(window, fetch)
        if window.is_counted:
            return [Ruling(id_, fetch.occurred_at, episode, Reason.REPEAT)]
        is_measured = window.measured.is_complete
        if not is_measured and fetch.bytes_sent is not None:
            window.waiting.append((id_, fetch.occurred_at))
            reason = Reason.UNDER_A_MINUTE if window.measured.is_of_known_size else Reason.SIZE_UNKNOWN
            return [Ruling(id_, fetch.occurred_at, episode, reason)]
        window.is_counted = True
        window.download, window.is_unmeasured = (id_, fetch.occurred_at), not is_measured
        self._counted[key] = Standing(id_, fetch.occurred_at, self._source, not is_measured)
        pieces = [Ruling(one, at, episode, Reason.PIECE, is_new=False) for one, at in window.waiting]
        window.waiting = []
        return [
            Ruling(id_, fetch.occurred_at, episode, None, fetch=fetch, is_unmeasured=not is_measured),
            *pieces,
        ]

    def _late(self, id_: UUID, fetch: Fetch, key: tuple[str, str, date]) -> Ruling:
        """The ruling on a request of a day that has its download: a repeat, unless it is earlier and enough by itself.

        Of a log and a prefix neither gives way to the other, nor of what was measured and what was not: they tell of
        the same request, each in its own way and with its own clock.
        """
        listener, episode, day = key
        stands = self._counted[key]
        is_unmeasured = fetch.bytes_sent is None
        is_download = (
            stands is not None
            and fetch.occurred_at < stands.at
            and (self._source, is_unmeasured) == (stands.source, stands.is_unmeasured)
            and (is_unmeasured or _is_enough(fetch))
        )
        window = self._of_day((listener, episode), day, fetch.file.variant)
        awaits_ads = window is not None and window.download is not None
        if stands is None or not is_download:
            if window is not None and awaits_ads:
                # No download of its own, but it may bring the rest of an ad.
                self._grow(window, fetch)
            return Ruling(id_, fetch.occurred_at, episode, Reason.REPEAT)
        self.earlier.append(Earlier(episode, stands.id, stands.at, id_, fetch.occurred_at))
        self._counted[key] = Standing(id_, fetch.occurred_at, self._source, is_unmeasured)
        window = self._window_of(fetch, day)
        self._grow(window, fetch)
        self._end_others(window, day)
        window.is_counted, window.is_unmeasured = True, is_unmeasured
        window.download = (id_, fetch.occurred_at)
        return Ruling(id_, fetch.occurred_at, episode, None, fetch=fetch, is_unmeasured=is_unmeasured)

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
        """What was kept and is to be kept no more."""
        return [one.key for one in self._kept if id(one) in self._touched and self._is_settled(one)]

    @staticmethod
    def _is_settled(window: KeptWindow) -> bool:
        """A day with a download needs no window, as the download says it: but for ads that later pieces may deliver."""
        return window.is_counted and not window.awaits_ads

    def _grow(self, window: KeptWindow, fetch: Fetch) -> None:
        """Adds what the request delivered."""
        self._touched[id(window)] = window
        # What is kept of a file are the bytes that were sent of it.
        window.measured.file = fetch.file
        window.measured.add(*fetch.delivered, fetch.told_bytes)

    def _end_others(self, window: KeptWindow, day: date) -> None:
        """The day's download is of this window's file now: ads are delivered in no other."""
        start = self._opening(day, 0)
        for other in self._of[window.listener_id, window.episode]:
            is_of_day = start <= other.opened_at < start + timedelta(seconds=1)
            if is_of_day and other is not window and other.download is not None:
                other.download, other.awaits_ads = None, False
                self._touched[id(other)] = other

    def _of_day(self, whose: Whose, day: date, variant: int) -> KeptWindow | None:
        """The day's window for a file, where it is there already."""
        opened = self._opening(day, variant)
        return next((one for one in self._of.get(whose, []) if one.opened_at == opened), None)

    def _window_of(self, fetch: Fetch, day: date) -> KeptWindow:
        whose, variant = (fetch.listener_id, fetch.file.episode), fetch.file.variant
        found = self._of_day(whose, day, variant)
        if found is None:
            found = KeptWindow(
                *whose, self._opening(day, variant), self._windows.end(day, fetch.occurred_at),
                files={variant: Measured(fetch.file)}, variant=variant,
            )  # fmt: skip
            self._of.setdefault(whose, []).append(found)
        return found

    def _opening(self, day: date, variant: int) -> datetime:
        start = datetime.combine(day, time(), tzinfo=self._windows.zone).astimezone(UTC)
        return start + timedelta(microseconds=variant)


def _is_enough(fetch: Fetch) -> bool:
    """Whether the request is a download by itself, whatever else is sent on its day."""
    needed = needed_bytes(fetch.file, fetch.told_bytes)
    sent = (fetch.bytes_sent or 0) if fetch.piece is None else total_bytes((fetch.piece,))
    return needed is not None and sent >= needed
