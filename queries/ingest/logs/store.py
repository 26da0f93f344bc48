"""An access log into the database: every request of an episode becomes a download or keeps the reason why not."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from queries.ingest.agents.classify import UNKNOWN
from queries.ingest.batches import Batches, importing_in_batches
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.ledger import KeptWindow, Ledger, Ruling
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import COUNTING_VERSION, FindPlace, Rules, nowhere
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.counting.windows import Window
from queries.ingest.imports import ImportResult, Refusal, result
from queries.ingest.lines import begin_with
from queries.ingest.logs.faults import RefusedLine
from queries.ingest.logs.files import files_of_tenant
from queries.ingest.logs.formats import LogFormat
from queries.ingest.logs.packing import unpacked
from queries.ingest.logs.reader import LogReader
from queries.ingest.logs.requests_by_id import RequestIds
from queries.ingest.room import Room
from queries.session import Actor, tenant_session
from queries.statements import ask, tell

BATCH_LINES = 20_000


def import_log(
    actor: Actor, source: BinaryIO, *, name: str, log_format: LogFormat | None = None, shift_to: date | None = None,
    mapping: Iterable[str] | None = None, redirects: bool = False, data_centres: Networks | None = None,
    place_of: FindPlace = nowhere, batch_done: Callable[[int], None] = lambda _: None,
) -> ImportResult:  # fmt: skip
    """What became of the requests in a log, plain or packed; `name` is what the import is called afterwards.

    Windows are the tenant's, and go on from file to file: logs may overlap, come in any order and stop in the middle.
    `batch_done` hears how many lines are committed. Raises: ImportRefused when the log as a whole cannot be understood.
    """
    lines = list(mapping) if mapping is not None else None
    with tenant_session(actor, write=True) as connection:
        settings = ask(connection, "ingest/counting_settings")[0]
        rules = Rules(
            secret=_listener_key(connection),
            episode_of=files_of_tenant(connection, lines),
            window=Window(settings["download_window"]),
            zone=ZoneInfo(settings["time_zone"]),
            redirects=redirects,
            data_centres=data_centres or Networks(),
            place_of=place_of,
        )
    options = {
        "shift_to": shift_to.isoformat() if shift_to else None, "redirects": redirects,
        "map": hashlib.sha256("".join(lines).encode()).hexdigest() if lines is not None else None,
    }  # fmt: skip
    with ExitStack() as stack:
        run = stack.enter_context(
            importing_in_batches(
                actor,
                "access_log",
                name,
                begins_with=lambda *told: _begins_with(source, *told),
                options=options,
            )
        )
        plain = stack.enter_context(unpacked(source))
        reader = LogReader(
            plain, now=settings["now"], log_format=log_format, shift_to=shift_to,
            earliest=settings["oldest_listener_event"],
        )  # fmt: skip
        run.tally.told |= {"rules": rules.version, "format": reader.format}
        log = _Log(actor, run, rules)
        entries = log.skipped(iter(reader))
        while chunk := list(islice(entries, BATCH_LINES)):
            log.take(chunk, *reader.position)
            batch_done(run.lines_done)
        run.tally.source_sha256 = reader.position[1]
    return result(run.import_id, "access_log", run.tally)


def _begins_with(source: BinaryIO, lines: int, sha256: str) -> bool:
    if not source.seekable():
        return False
    with unpacked(source) as plain:
        is_same = begin_with(plain, lines, sha256)
    source.seek(0)
    return is_same


def _listener_key(connection: Connection) -> bytes:
    """The tenant's secret, made at first use."""
    found = ask(connection, "ingest/listener_key")
    if not found:
        tell(connection, "ingest/make_listener_key", key=secrets.token_bytes(32))
        found = ask(connection, "ingest/listener_key")
    return bytes(found[0]["key"])


class _Log:
    """One log under way."""

    def __init__(self, actor: Actor, run: Batches, rules: Rules) -> None:
        self._run = run
        self._rules = rules
        self._single = SingleRequests(rules)
        self._ids = RequestIds(rules.secret)
        self._room = Room(actor)
        self._is_daily = rules.window is Window.CALENDAR_DAY

    def skipped(self, entries: Iterator[Request | RefusedLine]) -> Iterator[Request | RefusedLine]:
        """The entries that no run before this one has dealt with; the others are only remembered."""
        done = self._run.lines_done
        for entry in entries:
            if entry.number > done:
                yield entry
            elif isinstance(entry, Request):
                self._identified(entry)

    def take(self, entries: list[Request | RefusedLine], lines: int, sha256: str) -> None:
        """Judges a batch of entries and commits what became of them."""
        refusals: list[Refusal] = []
        requests: dict[UUID, Request] = {}
        doubled = 0
        for entry in entries:
            if isinstance(entry, RefusedLine):
                refusals.append(Refusal(entry.number, entry.fault.words, entry.detail))
                self._count(entry.fault.value)
                continue
            id_ = self._identified(entry)
            if id_ is None:
                refusals.append(Refusal(entry.number, Reason.NO_EPISODE.words))
                self._count(Reason.NO_EPISODE.value)
            elif id_ in requests:
                doubled += 1
            else:
                requests[id_] = entry
        times = [request.occurred_at for request in requests.values()]
        if times:
            self._room.make(min(times), max(times))
        tally = self._run.tally
        with self._run.batch(lines, sha256) as connection:
            if requests:
                known = {
                    row["id"]
                    for row in ask(
                        connection, "ingest/known_requests",
                        ids=list(requests), times=times, earliest=min(times), latest=max(times),
                    )
                }  # fmt: skip
                tally.duplicate += len(known) + doubled
                self._judge(
                    connection, {id_: request for id_, request in requests.items() if id_ not in known}
                )
            tally.record(connection, self._run.import_id, refusals)

    def _identified(self, request: Request) -> UUID | None:
        """The id of a request for an episode; None for another path."""
        if self._rules.episode_of(request.path) is None:
            return None
        return self._ids.id_of(request, self._single.listener(request), request.path)

    def _judge(self, connection: Connection, requests: dict[UUID, Request]) -> None:
        rulings: dict[UUID, Ruling] = {}
        fetches: list[tuple[datetime, int, UUID, Fetch]] = []
        for id_, request in requests.items():
            file = self._rules.episode_of(request.path)
            assert file is not None  # noqa: S101 (it has an id, so it has an episode; this tells mypy)
            judged = self._single.judge(request, file)
            if isinstance(judged, Fetch):
                fetches.append((judged.occurred_at, judged.number, id_, judged))
            else:
                rulings[id_] = Ruling(id_, request.occurred_at, file.episode, judged)
        fetches.sort(key=lambda one: one[:2])
        otherwise: list[Ruling] = []
        ledger = self._ledger(connection, [fetch for *_, fetch in fetches])
        for _, _, id_, fetch in fetches:
            for ruling in ledger.judge(id_, fetch):
                if ruling.is_new or ruling.id in rulings:
                    rulings[ruling.id] = replace(ruling, is_new=True)
                else:
                    otherwise.append(ruling)
        self._add(connection, list(rulings.values()))
        self._rule_otherwise(connection, otherwise)
        self._keep(connection, ledger)

    def _ledger(self, connection: Connection, fetches: list[Fetch]) -> Ledger:
        """The windows that these fetches may touch."""
        if not fetches:
            return Ledger(self._rules)
        times = [fetch.occurred_at for fetch in fetches]
        span = {"earliest": min(times), "latest": max(times)}
        whose = {(fetch.listener_id, fetch.file.episode) for fetch in fetches}
        kept = ask(
            connection, "ingest/counting_windows_of",
            listeners=[listener for listener, _ in whose], episodes=[UUID(episode) for _, episode in whose], **span,
        )  # fmt: skip
        counted: list[dict[str, Any]] = []
        if self._is_daily:
            days = Ledger(self._rules)
            keys = {
                (fetch.listener_id, fetch.file.episode, days.day_of(fetch.occurred_at)) for fetch in fetches
            }
            counted = ask(
                connection, "ingest/counted_days",
                listeners=[key[0] for key in keys], episodes=[UUID(key[1]) for key in keys],
                days=[key[2] for key in keys], **span,
            )  # fmt: skip
        return Ledger(
            self._rules,
            [_window(row) for row in kept],
            [(row["listener_id"], str(row["episode_id"]), row["day"]) for row in counted],
        )

    def _add(self, connection: Connection, rulings: list[Ruling]) -> None:
        downloads = [_download(ruling) for ruling in rulings if ruling.fetch is not None]
        excluded = [
            {"id": r.id, "episode_id": r.episode, "reason": r.reason, "occurred_at": r.occurred_at}
            for r in rulings
            if r.reason is not None
        ]
        tally = self._run.tally
        if downloads:
            told = orjson.dumps(downloads).decode()
            tally.imported += tell(connection, "ingest/add_downloads", downloads=told)
            tally.impressions += tell(connection, "ingest/add_impressions", downloads=told)
        if excluded:
            tally.refused += tell(
                connection, "ingest/add_excluded",
                import_id=self._run.import_id, rule_version=COUNTING_VERSION, requests=orjson.dumps(excluded).decode(),
            )  # fmt: skip
        for ruling in rulings:
            if ruling.reason is not None:
                self._count(ruling.reason.value)

    def _rule_otherwise(self, connection: Connection, rulings: list[Ruling]) -> None:
        if not rulings:
            return
        asked = [{"id": r.id, "reason": r.reason, "occurred_at": r.occurred_at} for r in rulings]
        for row in ask(connection, "ingest/exclude_otherwise", requests=orjson.dumps(asked).decode()):
            # The figures of another import stay as they were when it ended.
            if row["import_id"] == self._run.import_id:
                self._count(row["reason_before"], -1)
                self._count(row["reason"])

    @staticmethod
    def _keep(connection: Connection, ledger: Ledger) -> None:
        done, changed = ledger.done, ledger.changed
        if done:
            keys = [{"listener_id": key[0], "episode_id": key[1], "opened_at": key[2]} for key in done]
            tell(connection, "ingest/drop_counting_windows", keys=orjson.dumps(keys).decode())
        if changed:
            rows = orjson.dumps([_row(window) for window in changed]).decode()
            tell(connection, "ingest/keep_counting_windows", windows=rows)

    def _count(self, reason: str, by: int = 1) -> None:
        reasons = self._run.tally.by_reason
        reasons[reason] = reasons.get(reason, 0) + by
        if not reasons[reason]:
            del reasons[reason]


def _download(ruling: Ruling) -> dict[str, Any]:
    fetch = ruling.fetch
    assert fetch is not None  # noqa: S101 (a download carries its fetch; this tells mypy)
    said = {
        "app": fetch.agent.app, "device": fetch.agent.device, "os": fetch.agent.os,
        "country": fetch.place.country or UNKNOWN, "region": fetch.place.region or UNKNOWN,
    }  # fmt: skip
    data: dict[str, Any] = {key: value for key, value in said.items() if value != UNKNOWN}
    data["source"] = "log"
    if ruling.is_unmeasured:
        # Counted although nobody knows how much was delivered.
        data["unmeasured"] = True
    return {
        "id": ruling.id, "episode_id": ruling.episode, "listener_id": fetch.listener_id, "event_data": data,
        "occurred_at": ruling.occurred_at,
    }  # fmt: skip


def _window(row: dict[str, Any]) -> KeptWindow:
    flat = row["pieces"]
    return KeptWindow(
        row["listener_id"], str(row["episode_id"]), row["opened_at"], row["closes_at"], row["is_counted"],
        tuple(zip(flat[::2], flat[1::2], strict=True)), row["unplaced_bytes"], row["told_bytes"],
        list(zip(row["waiting_ids"], row["waiting_at"], strict=True)),
    )  # fmt: skip


def _row(window: KeptWindow) -> dict[str, Any]:
    return {
        "listener_id": window.listener_id, "episode_id": window.episode, "opened_at": window.opened_at,
        "closes_at": window.closes_at, "is_counted": window.is_counted,
        "pieces": [edge for piece in window.pieces for edge in piece],
        "unplaced_bytes": window.unplaced_bytes, "told_bytes": window.told_bytes,
        "waiting_ids": [id_ for id_, _ in window.waiting], "waiting_at": [at for _, at in window.waiting],
    }  # fmt: skip
