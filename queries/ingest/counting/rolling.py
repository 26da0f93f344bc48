"""Windows of 24 hours, whatever order requests come in: they count as if they had come in order of time.

A request that comes late may open a window of its own, and all windows after it then begin elsewhere. So a window keeps
its requests, and those from the late one on are gone through again: what was a download may be a repeat afterwards, and
the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from queries.ingest.counting.content import put_together
from queries.ingest.counting.kept import Asked, KeptWindow, Key, Whose
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.windows import Window, Windows

DAY = timedelta(hours=24)
KEPT_REQUESTS = 1_000
"""About so many a window keeps: nobody listens that often, and with each late one they are gone through again."""
_FILES_BEHIND = 16
"""Among so many of the last requests one of the same file is looked for; few episodes have more files than two."""


@dataclass(frozen=True, slots=True)
class Change:
    """A request that was ruled on before and has another ruling now."""

    whose: Whose
    asked: Asked
    before: Reason | None


@dataclass(slots=True)
class Settled:
    """What became of a batch.

    `windows` are those to be kept otherwise than before, `gone` the keys that are kept no more. `taken_back` are
    downloads whose ads are to be judged anew, or that are none any more: whose, id and time.
    """

    changes: list[Change] = field(default_factory=list)
    windows: list[KeptWindow] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    fresh: list[KeptWindow] = field(default_factory=list)
    """Windows whose download is new, or awaits ads: those in flight may be delivered in it."""
    remade: list[KeptWindow] = field(default_factory=list)
    """Windows with fewer requests than before: of the ads that were delivered in their download not all may be."""
    taken_back: list[tuple[Whose, UUID, datetime]] = field(default_factory=list)


class RollingLedger:
    """The windows of one batch's listeners. Give it what is kept of them and the batch, then settle it once."""

    def __init__(self, windows: Windows, kept: Iterable[KeptWindow] = ()) -> None:
        self._extends = windows.window is Window.ROLLING_LAST_TOUCH
        self._kept: dict[Whose, list[KeptWindow]] = {}
        self._closed: dict[Whose, list[KeptWindow]] = {}
        self._new: dict[Whose, list[Asked]] = {}
        self._known: dict[Whose, dict[UUID, Asked]] = {}
        self._again: list[tuple[Asked, Asked]] = []
        self._extended: set[int] = set()
        for window in kept:
            whose = (window.listener_id, window.episode)
            # A day with a download, or a window of before requests were kept: what is in it is not gone through again.
            is_closed = window.is_counted and not window.requests
            (self._closed if is_closed else self._kept).setdefault(whose, []).append(window)
            self._known.setdefault(whose, {}).update({asked.id: asked for asked in window.requests})

    def stands(self, whose: Whose, asked: Asked, *, is_of_another: bool = False) -> None:
        """A download that stands, of a window that is not kept (any more): of a measured one no bytes are known.

        One that was counted by windows of another kind (`is_of_another`) holds the 24 hours after it, whatever else
        holds a part of them.
        """
        closed = self._closed.setdefault(whose, [])
        known = self._known.setdefault(whose, {})
        if asked.id in known:
            return
        if not is_of_another and any(one.opened_at <= asked.at < one.closes_at for one in closed):
            return
        window = KeptWindow(*whose, asked.at, asked.at + DAY, is_counted=True)
        if asked.is_measured or is_of_another:
            closed.append(window)
        else:
            window.requests = [asked]
            known[asked.id] = asked
            self._kept.setdefault(whose, []).append(window)

    def take(self, whose: Whose, asked: Asked) -> bool:
        """One more request of the batch; whether it is new. One that is known already is ruled on as that is."""
        before = self._known.get(whose, {}).get(asked.id)
        if before is not None:
            self._again.append((asked, before))
            return False
        self._new.setdefault(whose, []).append(asked)
        return True

    def settle(self) -> Settled:
        """Rules on the batch's requests (their `reason` says it) and on those before them that they change."""
        settled = Settled()
        for whose, new in self._new.items():
            is_alone = len(new) == 1 and whose not in self._kept and not self._closed.get(whose)
            if is_alone and new[0].file is None:
                # Most listeners ask once.
                settled.fresh.append(_alone(whose, new[0]))
            else:
                self._settle(whose, new, settled)
        for asked, before in self._again:
            asked.reason = before.reason
        return settled

    def _settle(self, whose: Whose, new: list[Asked], settled: Settled) -> None:
        new = [
            asked
            for asked in sorted(new, key=attrgetter("at"))
            if not self._is_closed_to(whose, asked, settled)
        ]
        if not new:
            return
        like = {asked.variant: asked for asked in reversed(new) if asked.is_measured}
        kept = sorted(self._kept.get(whose, ()), key=attrgetter("opened_at"))
        of_before = {
            window.key: window.requests or _waiting(window, like.get(window.variant)) for window in kept
        }
        of_before = {key: requests for key, requests in of_before.items() if requests}
        old = [asked for requests in of_before.values() for asked in requests]
        reasons = {asked.id: asked.reason for asked in old}
        groups = [{asked.id for asked in requests} for requests in of_before.values()]
        # Of one moment what came first goes first: sorting keeps the order.
        windows = list(self._windows(whose, sorted([*old, *new], key=attrgetter("at"))))
        changes = [
            Change(whose, asked, reasons[asked.id]) for asked in old if asked.reason is not reasons[asked.id]
        ]
        settled.changes += changes
        settled.taken_back += [(whose, one.asked.id, one.asked.at) for one in changes if one.before is None]
        decided = {asked.id for asked in new} | {change.asked.id for change in changes}
        for window in windows:
            ids = {asked.id for asked in window.requests}
            if ids in groups and not ids & decided:
                continue
            if not window.is_said_by_its_download:
                settled.windows.append(window)
            if window.download is None:
                continue
            if window.download[0] in decided:
                settled.fresh.append(window)
            elif not window.is_unmeasured:
                mates = next((group for group in groups if window.download[0] in group), set[UUID]())
                has_lost = not mates <= ids
                if has_lost:
                    # What delivered an ad in it may be in another window now.
                    settled.taken_back.append((whose, *window.download))
                if window.awaits_ads:
                    settled.fresh.append(window)
                elif has_lost:
                    settled.remade.append(window)
        left = {window.key for window in windows if not window.is_said_by_its_download}
        settled.gone += [
            window.key for window in kept if window.key in of_before.keys() - left and window.is_kept
        ]

    def _windows(self, whose: Whose, requests: list[Asked]) -> Iterator[KeptWindow]:
        """The windows that these requests, in order of time, make; each request is ruled on."""
        window: KeptWindow | None = None
        for asked in requests:
            if window is None or asked.at >= window.closes_at:
                if window is not None:
                    yield _ended(window)
                window = KeptWindow(*whose, asked.at, asked.at + DAY)
            elif self._extends:
                window.closes_at = asked.at + DAY
            _grow(window, asked)
        if window is not None:
            yield _ended(window)

    def _is_closed_to(self, whose: Whose, asked: Asked, settled: Settled) -> bool:
        """Whether the request lies within a day of a download of which nothing else is known: then it is a repeat."""
        window = self._closing(whose, asked.at)
        if window is None:
            return False
        asked.reason = Reason.REPEAT
        if self._extends and asked.at + DAY > window.closes_at:
            window.closes_at = asked.at + DAY
            if id(window) not in self._extended:
                self._extended.add(id(window))
                settled.windows.append(window)
        return True

    def _closing(self, whose: Whose, at: datetime) -> KeptWindow | None:
        for window in self._closed.get(whose, ()):
            since = window.download[1] if window.download else window.opened_at
            if since - DAY < at < window.closes_at:
                return window
        return None


def _alone(whose: Whose, asked: Asked) -> KeptWindow:
    """The window of a download on which no bytes decide."""
    return KeptWindow(
        *whose, asked.at, asked.at + DAY, is_counted=True, download=(asked.id, asked.at), is_unmeasured=True,
        requests=[asked],
    )  # fmt: skip


def _grow(window: KeptWindow, asked: Asked) -> None:
    """Adds the request to its window, and rules on it."""
    measured = None
    if asked.file is not None:
        measured = window.files.setdefault(asked.file.variant, Measured(asked.file))
        measured.file = asked.file
        measured.add(asked.pieces, asked.unplaced_bytes or 0, asked.told_bytes)
    if window.is_counted:
        asked.reason = Reason.REPEAT
        _keep(window, asked)
    elif measured is not None and asked.is_measured and not measured.is_complete:
        asked.reason = Reason.UNDER_A_MINUTE
        _keep(window, asked)
    else:
        for waited in window.requests:
            if waited.variant == asked.variant:
                waited.reason = Reason.PIECE
        window.is_counted, window.variant = True, asked.variant or 0
        asked.reason = None
        window.download, window.is_unmeasured = (asked.id, asked.at), not asked.is_measured
        window.awaits_ads = asked.awaits_ads
        window.requests.append(asked)


def _keep(window: KeptWindow, asked: Asked) -> None:
    """Keeps one more request that does not count: of very many the last stands for those before it, with their bytes.

    Those between are ruled on no more.
    """
    window.requests.append(asked)
    if len(window.requests) <= KEPT_REQUESTS:
        return
    before = range(len(window.requests) - 2, max(-1, len(window.requests) - 2 - _FILES_BEHIND), -1)
    for place in before:
        last = window.requests[place]
        if last.reason is asked.reason and last.variant == asked.variant:
            break
    else:
        return
    for piece in last.pieces:
        asked.pieces = put_together(asked.pieces, piece)
    if asked.unplaced_bytes is not None:
        asked.unplaced_bytes = max(asked.unplaced_bytes, last.unplaced_bytes or 0)
    asked.told_bytes = max(filter(None, (asked.told_bytes, last.told_bytes)), default=None)
    del window.requests[place]


def _ended(window: KeptWindow) -> KeptWindow:
    """The window with a reason for what still waits."""
    for asked in window.requests:
        if asked.reason is Reason.UNDER_A_MINUTE and not window.files[asked.variant or 0].is_of_known_size:
            asked.reason = Reason.SIZE_UNKNOWN
    return window


def _waiting(window: KeptWindow, like: Asked | None) -> list[Asked]:
    """What waits in a window that keeps no requests, asked by the same listener as `like`: such are the days before a
    tenant counts in windows of 24 hours. The first of it stands for the bytes of all.
    """
    if like is None:
        return []
    found = [
        Asked(id_, at, like.data, like.filtered, like.file, unplaced_bytes=0, reason=Reason.UNDER_A_MINUTE)
        for id_, at in window.waiting
    ]
    sent = window.measured
    for first in found[:1]:
        first.pieces, first.unplaced_bytes, first.told_bytes = (
            sent.pieces,
            sent.unplaced_bytes,
            sent.told_bytes,
        )
    return found
