"""Stores what a batch makes of windows of 24 hours: of downloads before it too, which a late request may change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.arrays import plain_array, text_array
from queries.ingest.counting.kept import Asked, KeptWindow, Whose
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rolling import Change, RollingLedger, Settled
from queries.ingest.counting.rules import COUNTING_VERSION, Filtered
from queries.ingest.counting.windows import Windows
from queries.ingest.impressions import Carrier, Flight, flight, flights_of, make_impressions
from queries.ingest.methods import note_counting
from queries.ingest.window_store import keep_windows, kept_windows
from queries.statements import ask, tell

_AROUND = timedelta(days=2)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Recount:
    """What became of requests of before: `changes` of their rulings; `impressions` more (or fewer) than there were.

    `new` are the ids of the batch that were not known.
    """

    changes: list[Change] = field(default_factory=list)
    impressions: int = 0
    new: set[UUID] = field(default_factory=set)


def recount(
    connection: Connection, windows: Windows, batch: Collection[tuple[Whose, Asked]], *,
    import_id: UUID | None = None, of_import: Callable[[Iterable[UUID]], Collection[UUID]] = lambda _: (),
) -> Recount:  # fmt: skip
    """Rules on the requests of a batch (each one's `reason` says it), and stores what they change of those before them.

    `of_import`: which of these downloads, in whose windows nothing else was asked for, are known to be of `import_id`.

    The caller, whose turn it is to count (`ingest/before_events`), stores the batch's own downloads and refusals;
    the ads in them are delivered here.
    """
    times = [asked.at for _, asked in batch]
    earliest = min(times) - _AROUND
    whose = {one for one, _ in batch}
    # A late request may move the windows after it as far as they go on.
    kept = kept_windows(connection, whose, earliest=earliest, latest=_FOREVER)
    latest = max([*times, *(window.closes_at for window in kept)]) + _AROUND
    ledger = RollingLedger(windows, kept)
    # Of windows with a download alone, and of those that closed more than a month ago, it says what there is to say.
    standing = ask(
        connection, "ingest/standing_downloads",
        listeners=text_array([listener for listener, _ in whose]),
        episodes=plain_array([episode for _, episode in whose]), earliest=earliest, latest=latest,
    )  # fmt: skip
    known = of_import(row["id"] for row in standing)
    # The latest first: where days counted before, one may lie within 24 hours of another, and holds 24 of its own.
    for row in reversed(standing):
        whom = row["listener_id"], str(row["episode_id"])
        asked = _standing(row, import_id if row["id"] in known else None)
        ledger.stands(whom, asked, is_of_another=row["download_window"] != windows.window)
    new = {asked.id for one, asked in batch if ledger.take(one, asked)}
    settled = ledger.settle()
    _take_back(connection, settled.changes)
    _admit(connection, windows, [change for change in settled.changes if change.asked.reason is None])
    found = Recount(settled.changes, _deliver_ads(connection, windows, settled), new)
    keep_windows(connection, settled.windows, settled.gone)
    return found


def _standing(row: Mapping[str, Any], import_id: UUID | None) -> Asked:
    """A download that stands as a request; of most no import is known."""
    asked = Asked(
        row["id"],
        row["occurred_at"],
        row["data"],
        row["filtered"] or Filtered.UNKNOWN.value,
        import_id=import_id,
    )
    if asked.filtered != Filtered.SOURCE:
        # A request at a file, of which nobody knows now what was sent.
        asked.file, asked.unplaced_bytes = EpisodeFile(str(row["episode_id"])), 0
    return asked


def _take_back(connection: Connection, changes: list[Change]) -> None:
    """Downloads that are none any more, and requests that do not count for another reason than before."""
    rows = [
        {
            "id": change.asked.id, "episode_id": change.whose[1], "reason": change.asked.reason,
            "occurred_at": change.asked.at, "import_id": change.asked.import_id,
            "line_number": change.asked.line_number,
        }
        for change in changes
        if change.before is None
    ]  # fmt: skip
    if rows:
        tell(
            connection, "ingest/take_downloads_back",
            rule_version=COUNTING_VERSION, requests=orjson.dumps(rows).decode(),
            **_span(change.asked.at for change in changes if change.before is None),
        )  # fmt: skip
    otherwise = [
        {"id": change.asked.id, "reason": change.asked.reason, "occurred_at": change.asked.at}
        for change in changes
        if change.before is not None and change.asked.reason is not None
    ]
    if otherwise:
        ask(connection, "ingest/exclude_otherwise", requests=orjson.dumps(otherwise).decode())


def _admit(connection: Connection, windows: Windows, changes: list[Change]) -> None:
    """Requests that did not count and are downloads now."""
    if not changes:
        return
    rows = [{"id": change.asked.id, "occurred_at": change.asked.at} for change in changes]
    tell(
        connection, "ingest/take_refusals_back",
        requests=orjson.dumps(rows).decode(), **_span(change.asked.at for change in changes),
    )  # fmt: skip
    by_list = sorted(changes, key=lambda change: change.asked.filtered)
    for filtered, group in groupby(by_list, key=lambda change: change.asked.filtered):
        of_list = list(group)
        downloads = [
            {
                "id": change.asked.id, "episode_id": change.whose[1], "listener_id": change.whose[0],
                "event_data": change.asked.data, "occurred_at": change.asked.at,
            }
            for change in of_list
        ]  # fmt: skip
        counted_by = note_counting(
            connection, windows, Filtered(filtered), [change.asked.at for change in of_list]
        )
        tell(
            connection, "ingest/add_downloads",
            downloads=orjson.dumps(downloads).decode(), counted_by=counted_by,
        )  # fmt: skip


def _deliver_ads(connection: Connection, windows: Windows, settled: Settled) -> int:
    """How many impressions there are more than before.

    An ad that was delivered goes with the downloads that take the place of its own, whatever became of its campaign
    since; one that was booked since is in none that stood before.
    """
    gone, again = _take_ads_back(connection, settled)
    made = 0
    flights = flights_of(connection, {window.episode for window in settled.fresh})
    for of_kind, in_flight in ((settled.fresh, flights), (settled.remade, {})):
        whose = [(window.listener_id, window.episode) for window in of_kind]
        carriers = [
            _carrier(window, again.get(one, ()))
            for window, one in zip(of_kind, whose, strict=True)
            if one in again or window.episode in in_flight
        ]
        found = make_impressions(connection, carriers, in_flight, windows.local_day)
        made += found.made
        for window in of_kind:
            _note_awaited(window, found.awaited)
    return made - gone


def _take_ads_back(connection: Connection, settled: Settled) -> tuple[int, dict[Whose, list[Flight]]]:
    """How many impressions were taken back, and the ads of which they were."""
    if not settled.taken_back:
        return 0, {}
    rows = [{"id": id_, "episode_id": whose[1], "occurred_at": at} for whose, id_, at in settled.taken_back]
    gone = ask(
        connection, "ingest/take_impressions_back",
        downloads=orjson.dumps(rows).decode(), **_span(at for _, _, at in settled.taken_back),
    )  # fmt: skip
    of_download = {id_: whose for whose, id_, _ in settled.taken_back}
    again: dict[Whose, list[Flight]] = {}
    for row in gone:
        again.setdefault(of_download[row["download_id"]], []).append(flight(row))
    return len(gone), again


def _carrier(window: KeptWindow, again: Sequence[Flight]) -> Carrier:
    assert window.download is not None  # noqa: S101 (only such are asked for; this tells mypy)
    id_, at = window.download
    delivery = None if window.is_unmeasured else window.delivery
    return Carrier(str(id_), window.episode, window.listener_id, at, delivery, tuple(again))


def _note_awaited(window: KeptWindow, awaited: Collection[str]) -> None:
    assert window.download is not None  # noqa: S101 (only such are asked for; this tells mypy)
    for asked in window.requests:
        if asked.id == window.download[0]:
            asked.awaits_ads = str(asked.id) in awaited


def _span(times: Iterable[datetime]) -> dict[str, datetime]:
    all_of_them = list(times)
    return {"earliest": min(all_of_them), "latest": max(all_of_them)}
