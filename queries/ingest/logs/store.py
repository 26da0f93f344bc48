"""An access log into the database: every request of an episode becomes a download or keeps the reason why not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from itertools import chain, islice
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Connection

from queries.ingest.batches import BatchDone, Batches, importing_in_batches
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import FindPlace, Rules, nowhere
from queries.ingest.counting.single import SingleRequests
from queries.ingest.imports import ImportRefused, ImportResult, result
from queries.ingest.lines import begin_with
from queries.ingest.logs.faults import RefusedLine
from queries.ingest.logs.files import files_of_tenant
from queries.ingest.logs.formats import LogFormat
from queries.ingest.logs.reader import LogReader
from queries.ingest.logs.requests_by_id import RequestIds
from queries.ingest.logs.rulings import judge_requests
from queries.ingest.logs.shifts import shifts
from queries.ingest.logs.shown import shown_path
from queries.ingest.logs.tenant import tenant_rules
from queries.ingest.packing import unpacked
from queries.ingest.remembered import forget_oldest
from queries.ingest.room import Room
from queries.ingest.tally import Refusal
from queries.session import Actor, tenant_session
from queries.statements import ask

BATCH_LINES = 20_000


def import_log(
    actor: Actor, source: BinaryIO, *, name: str, log_format: LogFormat | None = None, shift_to: date | None = None,
    mapping: Iterable[str] | None = None, redirects: bool = False, data_centres: Networks | None = None,
    place_of: FindPlace = nowhere, batch_done: BatchDone = lambda *_: None, goes_on: BatchDone = lambda *_: None,
    source_name: str | None = None, again: bool = False,
) -> ImportResult:  # fmt: skip
    """What became of the requests in a log, plain or packed; `name` is what the import is called afterwards.

    `source_name`: whose log it is; otherwise the file's name tells.

    Windows are the tenant's, and go on from file to file: logs may overlap, come in any order and stop in the middle.
    `batch_done` hears how many lines are committed, and of how many bytes; `goes_on` before it the same of what a run
    before this one had done.
    Raises: ImportRefused when the log as a whole cannot be understood, and when it counts already on other days, unless
    it shall count `again`; of a pipe that is seen when all of it was read, and said.
    """
    lines = list(mapping) if mapping is not None else None
    with tenant_session(actor, write=True) as connection:
        rules, limits = tenant_rules(
            connection, files_of_tenant(connection, lines), redirects=redirects, data_centres=data_centres,
            place_of=place_of,
        )  # fmt: skip
    options = {
        "shift_to": shift_to.isoformat() if shift_to else None, "redirects": redirects,
        "map": hashlib.sha256("".join(lines).encode()).hexdigest() if lines is not None else None,
    }  # fmt: skip
    known = None if again else shifts(actor, shift_to)
    with ExitStack() as stack:
        run = stack.enter_context(
            importing_in_batches(
                actor,
                "access_log",
                name,
                begins_with=lambda *told: _begins_with(source, *told),
                options=options,
                source_name=source_name,
            )
        )
        if known and not run.lines_done and (otherwise := known.of(source)):
            raise ImportRefused(f"{otherwise} If it shall, say --again.")
        plain = stack.enter_context(unpacked(source))
        reader = LogReader(
            plain, now=limits.now, log_format=log_format, shift_to=shift_to, earliest=limits.oldest,
        )  # fmt: skip
        run.tally.told |= {"rules": rules.version, "format": reader.format}
        log = _Log(actor, run, rules)
        entries = log.skipped(iter(reader))
        if run.lines_done and (first := next(entries, None)) is not None:
            goes_on(run.lines_done, reader.reached(source))
            entries = chain([first], entries)
        while chunk := list(islice(entries, BATCH_LINES)):
            log.take(chunk, *reader.position)
            batch_done(run.lines_done, reader.reached(source))
        run.tally.source_sha256 = reader.position[1]
        if known and (otherwise := known.told(frozenset({reader.position}))):
            run.tally.notes.append(otherwise)
    return result(run.import_id, "access_log", run.tally)


def _begins_with(source: BinaryIO, lines: int, sha256: str) -> bool:
    if not source.seekable():
        return False
    with unpacked(source) as plain:
        is_same = begin_with(plain, lines, sha256)
    source.seek(0)
    return is_same


class _Log:
    """One log under way."""

    def __init__(self, actor: Actor, run: Batches, rules: Rules) -> None:
        self._run = run
        self._rules = rules
        self._single = SingleRequests(rules)
        self._ids = RequestIds(rules.secret)
        self._room = Room(actor)
        self._lines: dict[UUID, int] = {}

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
        tally = self._run.tally
        refusals: list[Refusal] = []
        requests: dict[UUID, Request] = {}
        doubled = 0
        for entry in entries:
            if isinstance(entry, RefusedLine):
                refusals.append(Refusal(entry.number, entry.fault.words, entry.detail))
                tally.recount(entry.fault.value)
                continue
            id_ = self._identified(entry)
            if id_ is None:
                refusals.append(Refusal(entry.number, Reason.NO_EPISODE.words, shown_path(entry.path)))
                tally.recount(Reason.NO_EPISODE.value)
            elif id_ in requests:
                doubled += 1
            else:
                requests[id_] = entry
        times = [request.occurred_at for request in requests.values()]
        self._room.make(times)
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
                # A log goes as far as its last request for an episode, whether that counts or not.
                tally.reach("listener_events", max(times))
                tally.brought |= {
                    file.episode
                    for path in {request.path for request in requests.values()}
                    if (file := self._rules.episode_of(path)) is not None
                }
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
        import_id, tally = self._run.import_id, self._run.tally
        found = judge_requests(
            connection, self._rules, self._single, requests, source="log", import_id=import_id,
            lines_before=self._lines,
        )  # fmt: skip
        self._lines |= found.lines
        forget_oldest(self._lines)
        tally.imported += found.downloads
        tally.deliver(found.impressions)
        tally.refused += found.refused.total()
        for reason, count in found.refused.items():
            tally.recount(reason, count)
        for change in found.otherwise:
            # The figures of another import stay as they were when it ended; these say what is another now.
            if change.import_id != import_id:
                tally.rule_otherwise(change.before, change.reason)
                continue
            for ruling, by in ((change.before, -1), (change.reason, 1)):
                if ruling is None:
                    tally.imported += by
                else:
                    tally.refused += by
                    tally.recount(ruling, by)
