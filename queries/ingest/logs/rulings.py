"""Requests judged and stored in one transaction: downloads, requests that do not count, windows that stay open."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.agents.classify import UNKNOWN
from queries.ingest.counting.kept import Asked, KeptWindow, Whose
from queries.ingest.counting.ledger import Ledger, Ruling, Standing
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import COUNTING_VERSION, Filtered, Rules
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.counting.windows import Window, Windows
from queries.ingest.earlier import give_way
from queries.ingest.event_store import WHOLE_DAYS
from queries.ingest.impressions import Carrier, flights_of, make_impressions
from queries.ingest.methods import note_counting
from queries.ingest.recount import recount
from queries.ingest.window_store import keep_windows, kept_windows
from queries.statements import ask, tell

Source = Literal["log", "prefix"]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A request of before, of this import, that is ruled on otherwise now; None stands for a download."""

    import_id: UUID | None
    before: str | None
    reason: str | None


@dataclass(slots=True)
class Judged:
    """What became of requests; `otherwise` are those of before that have another ruling now.

    `lines` are those on which the downloads of calendar days stood, by id.
    """

    downloads: int = 0
    impressions: int = 0
    refused: Tally[str] = field(default_factory=Tally)
    otherwise: list[Otherwise] = field(default_factory=list)
    lines: dict[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What all requests of a batch have in common; `lines` tells where each stood.

    `lines_before`: where downloads of batches before it stood, as far as they are known.
    """

    connection: Connection
    rules: Rules
    source: Source
    import_id: UUID | None
    filtered: Filtered
    lines: Mapping[UUID, int]
    lines_before: Mapping[UUID, int]

    @property
    def windows(self) -> Windows:
        """Within what the tenant counts requests as one download."""
        return Windows(self.rules.window, self.rules.zone)


def judge_requests(
    connection: Connection, rules: Rules, single: SingleRequests, requests: dict[UUID, Request], *,
    source: Source, import_id: UUID | None = None, lines_before: Mapping[UUID, int] | None = None,
) -> Judged:  # fmt: skip
    """What became of these requests by their ids, none of which stands yet; each is for an episode of the rules.

    `source` is the way they came by, which stands in each download. `lines_before`: where downloads stood that this
    import counted before.
    """
    # Of a log the line tells its owner what to look at; a prefix has none.
    lines = {id_: request.number for id_, request in requests.items()} if source == "log" else {}
    fetches: dict[UUID, Fetch] = {}
    refused: list[Ruling] = []
    for id_, request in requests.items():
        file = rules.episode_of(request.path)
        assert file is not None  # noqa: S101 (the caller has seen to it; this tells mypy)
        judged = single.judge(request, file)
        if isinstance(judged, Fetch):
            fetches[id_] = judged
        else:
            refused.append(Ruling(id_, request.occurred_at, file.episode, judged))
    return judge_fetches(
        connection, rules, fetches, source=source, refused=refused, import_id=import_id, lines=lines,
        lines_before=lines_before,
    )  # fmt: skip


def judge_fetches(
    connection: Connection, rules: Rules, fetches: dict[UUID, Fetch], *, source: Source,
    refused: Iterable[Ruling] = (), import_id: UUID | None = None, filtered: Filtered | None = None,
    lines: Mapping[UUID, int] | None = None, lines_before: Mapping[UUID, int] | None = None,
) -> Judged:  # fmt: skip
    """The same of requests that every rule for single requests let pass, beside those of their batch that none did.

    `filtered` says what list they were judged by where that was not the one of these rules; `lines` where they stood.
    """
    ask(connection, "ingest/before_events", downloads=True)
    batch = _Batch(
        connection, rules, source, import_id, filtered or rules.filtered, lines or {}, lines_before or {}
    )
    if rules.window is Window.CALENDAR_DAY:
        return _judge_by_day(batch, fetches, refused)
    return _judge_by_hours(batch, fetches, refused)


def _judge_by_day(batch: _Batch, fetches: dict[UUID, Fetch], refused: Iterable[Ruling]) -> Judged:
    rulings = {ruling.id: ruling for ruling in refused}
    otherwise: list[Ruling] = []
    ledger = _ledger(batch, list(fetches.values()))
    for id_, fetch in sorted(fetches.items(), key=lambda one: (one[1].occurred_at, one[1].number)):
        for ruling in ledger.judge(id_, fetch):
            if ruling.is_new or ruling.id in rulings:
                rulings[ruling.id] = replace(ruling, is_new=True)
            else:
                otherwise.append(ruling)
    give_way(batch.connection, ledger.earlier, import_id=batch.import_id, lines=batch.lines_before)
    found = _add(batch, list(rulings.values()))
    found.lines = {
        id_: batch.lines[id_] for id_, one in rulings.items() if one.fetch is not None and id_ in batch.lines
    }
    found.impressions = _deliver_ads(batch.connection, batch.rules, ledger)
    if otherwise:
        asked = [{"id": r.id, "reason": r.reason, "occurred_at": r.occurred_at} for r in otherwise]
        rows = ask(batch.connection, "ingest/exclude_otherwise", requests=orjson.dumps(asked).decode())
        found.otherwise = [Otherwise(row["import_id"], row["reason_before"], row["reason"]) for row in rows]
    found.otherwise += [
        Otherwise(batch.import_id if one.id in batch.lines_before else None, None, Reason.REPEAT.value)
        for one in ledger.earlier
    ]
    keep_windows(batch.connection, ledger.changed, ledger.done)
    return found


def _judge_by_hours(batch: _Batch, fetches: dict[UUID, Fetch], refused: Iterable[Ruling]) -> Judged:
    """The same in windows of 24 hours."""
    in_order = sorted(fetches.items(), key=lambda one: (one[1].occurred_at, one[1].number))
    asked = [
        (
            _whose(fetch),
            asked_of(
                id_, fetch, batch.source, batch.filtered, import_id=batch.import_id, line_number=batch.lines.get(id_)
            ),
        )
        for id_, fetch in in_order
    ]  # fmt: skip
    if not asked:
        return _add(batch, list(refused))
    counted = recount(batch.connection, batch.windows, asked)
    rulings = [
        Ruling(
            one.id, one.at, episode, one.reason, fetch=None if one.reason else fetches[one.id],
            is_unmeasured=not one.is_measured,
        )
        for (_, episode), one in asked
    ]  # fmt: skip
    found = _add(batch, [*refused, *rulings])
    found.impressions = counted.impressions
    found.otherwise = [
        Otherwise(change.asked.import_id, _value(change.before), _value(change.asked.reason))
        for change in counted.changes
    ]
    return found


def _value(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value


def _whose(fetch: Fetch) -> Whose:
    return fetch.listener_id, fetch.file.episode


def asked_of(
    id_: UUID, fetch: Fetch, source: Source, filtered: Filtered, *, import_id: UUID | None = None,
    line_number: int | None = None,
) -> Asked:  # fmt: skip
    """The fetch as a window of 24 hours keeps it."""
    is_unmeasured = fetch.bytes_sent is None
    return Asked(
        id_, fetch.occurred_at, event_data(fetch, source, is_unmeasured=is_unmeasured), filtered.value,
        file=fetch.file, unplaced_bytes=None if is_unmeasured else 0 if fetch.piece is not None else fetch.bytes_sent,
        pieces=() if fetch.piece is None else (fetch.piece,), told_bytes=fetch.told_bytes,
        import_id=import_id, line_number=line_number,
    )  # fmt: skip


def _ledger(batch: _Batch, fetches: list[Fetch]) -> Ledger:
    """The windows that these fetches may touch."""
    connection, windows = batch.connection, batch.windows
    if not fetches:
        return Ledger(windows, batch.source)
    times = [fetch.occurred_at for fetch in fetches]
    span = {"earliest": min(times) - WHOLE_DAYS, "latest": max(times) + WHOLE_DAYS}
    kept = kept_windows(connection, {_whose(fetch) for fetch in fetches}, **span)
    keys = {(*_whose(fetch), windows.local_day(fetch.occurred_at)) for fetch in fetches}
    counted = ask(
        connection, "ingest/counted_days",
        listeners=[key[0] for key in keys], episodes=[UUID(key[1]) for key in keys], days=[key[2] for key in keys],
        **span,
    )  # fmt: skip
    stands = {
        (row["listener_id"], str(row["episode_id"]), row["day"]): (
            None
            if row["stands_by"] in (None, Filtered.SOURCE)
            else Standing(row["id"], row["occurred_at"], row["source"], row["is_unmeasured"])
        )
        for row in counted
    }
    return Ledger(windows, batch.source, kept, stands)


def _add(batch: _Batch, rulings: list[Ruling]) -> Judged:
    downloads = [download_row(ruling, batch.source) for ruling in rulings if ruling.fetch is not None]
    excluded = [
        {
            "id": r.id,
            "episode_id": r.episode,
            "reason": r.reason,
            "occurred_at": r.occurred_at,
            "line_number": batch.lines.get(r.id),
        }
        for r in rulings
        if r.reason is not None
    ]
    found = Judged(refused=Tally(r.reason.value for r in rulings if r.reason is not None))
    if downloads:
        told = orjson.dumps(downloads).decode()
        counted_by = note_counting(
            batch.connection,
            batch.windows,
            batch.filtered,
            [one["occurred_at"] for one in downloads],
        )
        found.downloads = tell(
            batch.connection, "ingest/add_downloads", downloads=told, counted_by=counted_by
        )
    if excluded:
        tell(
            batch.connection, "ingest/add_excluded",
            import_id=batch.import_id, rule_version=COUNTING_VERSION, requests=orjson.dumps(excluded).decode(),
        )  # fmt: skip
    return found


def _deliver_ads(connection: Connection, rules: Rules, ledger: Ledger) -> int:
    """How many impressions are new, of downloads of before too: what later pieces bring of an ad delivers it."""
    windows: dict[str, KeptWindow] = {}
    carriers: list[Carrier] = []
    for window in ledger.downloads:
        assert window.download is not None  # noqa: S101 (the ledger has seen to it; this tells mypy)
        id_, at = window.download
        windows[str(id_)] = window
        carriers.append(
            Carrier(
                str(id_), window.episode, window.listener_id, at,
                None if window.is_unmeasured else window.delivery,
            )
        )  # fmt: skip
    flights = flights_of(connection, {carrier.episode for carrier in carriers})
    found = make_impressions(connection, carriers, flights, Windows(rules.window, rules.zone).local_day)
    for awaited in found.awaited:
        windows[awaited].awaits_ads = True
    return found.made


def download_row(ruling: Ruling, source: Source) -> dict[str, Any]:
    """The event that a ruling which counts is stored as."""
    fetch = ruling.fetch
    assert fetch is not None  # noqa: S101 (a download carries its fetch; this tells mypy)
    return {
        "id": ruling.id, "episode_id": ruling.episode, "listener_id": fetch.listener_id,
        "event_data": event_data(fetch, source, is_unmeasured=ruling.is_unmeasured), "occurred_at": ruling.occurred_at,
    }  # fmt: skip


def event_data(fetch: Fetch, source: Source, *, is_unmeasured: bool) -> dict[str, Any]:
    """What the event of a request says if it counts."""
    said = {
        "app": fetch.agent.app, "device": fetch.agent.device, "os": fetch.agent.os,
        "country": fetch.place.country or UNKNOWN, "region": fetch.place.region or UNKNOWN,
    }  # fmt: skip
    data: dict[str, Any] = {key: value for key, value in said.items() if value != UNKNOWN}
    data["source"] = source
    if is_unmeasured:
        # Counted although nobody knows how much was delivered.
        data["unmeasured"] = True
    return data
