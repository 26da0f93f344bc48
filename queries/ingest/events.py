"""Imports listener and attribution events from CSV, NDJSON and Parquet files, plain or packed.

The good rows stand, the bad ones are listed. An event's id is made from the source's id or from its content, so the
same file imported again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from time import monotonic
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from queries.ingest.ahead import ahead
from queries.ingest.batches import BatchDone, Batches, importing_in_batches
from queries.ingest.cells import RowRefused, found
from queries.ingest.columns import Kind, Row
from queries.ingest.event import Event, Turn
from queries.ingest.event_store import COUNTED_ALREADY, EventStore
from queries.ingest.field_names import Cells
from queries.ingest.flips import WITHIN
from queries.ingest.imports import (
    ImportRefused,
    ImportResult,
    ImportType,
    import_lock,
    refuse,
    result,
    taken_back,
)
from queries.ingest.lines import Lines, begin_with
from queries.ingest.meanings import meanings, not_there, notes_of, remember_meanings
from queries.ingest.packing import first_bytes, unpacked
from queries.ingest.parquet import ParquetFile, is_unpacked, whole_hash
from queries.ingest.parquet_rows import MAGIC
from queries.ingest.plausible import AHEAD_OF_NOW
from queries.ingest.references import References
from queries.ingest.room import Room, month_moments
from queries.ingest.row_reader import RowReader
from queries.ingest.rows import EventFile, Format
from queries.ingest.tally import LISTED_REFUSALS, SHOWN_REFUSALS, Refusal, Subject, Tally, late_words
from queries.session import Actor, tenant_session
from queries.statements import ask

BATCH_ROWS = 20_000
FIRST_ROWS = 5_000
"""The first batch is small: until it is judged, the database has nothing to do."""
BATCH_BYTES = 8 * 1024 * 1024
TRIED_BATCHES = 5
"""So many batches a dry run takes back at once: as long nobody else's downloads are counted."""

IMPORT_TYPES: dict[Kind, ImportType] = {"listener": "listener_events", "attribution": "attribution_events"}
_TOO_OLD: dict[Kind, str] = {
    "listener": "The event is older than the two years that raw events are kept.",
    "attribution": "The event is older than five years.",
}
_IN_PIECES = (
    f"So long a file is tried in pieces of {TRIED_BATCHES * BATCH_ROWS:,} rows at most: a download that repeats one of "
    "another piece is refused by the import alone, and one that stands may be said to give way once for each piece."
)
Source = EventFile | ParquetFile


@dataclass(slots=True)
class _Batch:
    """Rows that were understood, then the events they are; what was refused; how far into the file they reach."""

    rows: list[Row]
    refusals: list[Refusal]
    lines: int
    sha256: str
    reached: int
    events: list[Event] = field(default_factory=list)
    first: Turn | None = None
    months: list[datetime] = field(default_factory=list)
    """A moment in each month that has events."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What an import would make of a file. `duplicate`: of the good rows those that stand already, or come twice."""

    good: int
    refused: int
    refusals: tuple[Refusal, ...]
    """As many as an import would list."""
    duplicate: int = 0
    notes: tuple[str, ...] = ()
    """What was not looked for."""
    left_out: int = 0
    """Of what would be refused the single values whose rows are good without them."""

    @property
    def first_refusals(self) -> tuple[Refusal, ...]:
        """Those that are shown at once."""
        return self.refusals[:SHOWN_REFUSALS]


def import_events(
    actor: Actor, source: BinaryIO, *, name: str, kind: Kind | None = None, file_format: Format | None = None,
    columns: Mapping[str, str] | None = None, source_name: str | None = None, zone: ZoneInfo | None = None,
    afresh: bool = False, batch_done: BatchDone = lambda *_: None, goes_on: BatchDone = lambda *_: None,
) -> ImportResult:  # fmt: skip
    """What became of the rows of `source`; `name` is what the import is called afterwards.

    Kind and format are found out from the first line unless given. `columns` says what names in the file mean; told
    with a `source_name` it is remembered for the next files of that source, beside what was told before or, `afresh`,
    in its place. `zone`: that of the times in a Parquet file that name none. `batch_done` hears how many lines are
    committed, and of how many bytes; `goes_on` before it the same of what a run before this one had done. Memory does
    not grow with the file; what was interrupted goes on where it stopped.
    Raises: ImportRefused when the file as a whole cannot be understood; then nothing of it stands.
    """
    began, means = monotonic(), meanings(actor, source_name, kind, columns, afresh=afresh)
    options = ({"columns": means} if means else {}) | ({"time_zone": zone.key} if zone else {})
    told: tuple[Kind | None, str | None] = (kind, None)
    run: Batches | None = None
    try:
        with ExitStack() as stack:
            file = _file(stack, source, kind, file_format, means, zone)
            try:
                opened = file.open()
            except ImportRefused:
                told = file.kind, file.sha256() if isinstance(file, EventFile) else None
                raise
            told = opened, None
            notes, there = _absent(file, columns)
            remember_meanings(actor, source_name, opened, there, afresh=afresh)
            run = stack.enter_context(
                importing_in_batches(
                    actor, IMPORT_TYPES[opened], name, begins_with=lambda *so_far: _begins_with(file, source, *so_far),
                    options=options, source_name=source_name,
                )
            )  # fmt: skip
            if source.seekable():
                # Looking whether it is the same file may have moved it.
                source.seek(0)
                file = _file(stack, source, kind, file_format, means, zone)
                file.open()
            run.tally.notes += notes
            _take(actor, file, source, opened, run, batch_done, goes_on)
            run.tally.notes += _notes_of_rows(file)
            run.tally.source_sha256 = file.position[1]
    except ImportRefused as refused:
        if run is None:
            # A file that tells nothing of its kind is recorded under the usual one.
            refuse(
                actor,
                IMPORT_TYPES[told[0] or "listener"],
                name,
                refused,
                began=began,
                sha256=told[1],
                source_name=source_name,
            )
        raise
    return result(run.import_id, IMPORT_TYPES[opened], run.tally)


def _take(
    actor: Actor, file: Source, source: BinaryIO, kind: Kind, run: Batches, batch_done: BatchDone,
    goes_on: BatchDone,
) -> None:  # fmt: skip
    """Stores what no run before this one has dealt with."""
    room = Room(actor)
    store = EventStore(kind, run.tenant_id, run.tally, References(), import_id=run.import_id)
    with tenant_session(actor) as connection:
        limits = limits_of(ask(connection, "ingest/clock")[0], kind)
    is_mixed = False
    # All that needs no transaction of the batch is done while the one before it is stored.
    for batch in ahead(
        _judged_batches(
            actor, store, _batches(file, source, kind, limits, after=run.lines_done, goes_on=goes_on)
        )
    ):
        room.make(batch.months)
        with run.batch(batch.lines, batch.sha256) as connection:
            refusals = batch.refusals + store.store(connection, batch.events, batch.first)
            reach(run.tally, kind, (event.row for event in batch.events), refusals)
            run.tally.unlist(connection, run.import_id, store.counting_now, WITHIN)
            of_before = any(refusal.line_number <= run.lines_done for refusal in refusals)
            is_mixed = is_mixed or of_before or bool(store.counting_now)
            run.tally.refuse(connection, run.import_id, sorted(refusals, key=lambda r: r.line_number))
        batch_done(run.lines_done, batch.reached)
    if is_mixed:
        with tenant_session(actor) as connection:
            run.tally.show_first(connection, run.import_id)


def reach(tally: Tally, kind: Kind, rows: Iterable[Row], refusals: Iterable[Refusal]) -> None:
    """Notes how far the source's data goes with these rows, but for those that were refused.

    What is refused because it is counted already was read all the same: the source has data as far as that.
    """
    refused = {refusal.line_number for refusal in refusals if refusal.reason not in COUNTED_ALREADY}
    rows = [row for row in rows if row.line_number not in refused] if refused else list(rows)
    if kind == "listener":
        times: dict[Subject, list[datetime]] = {"listener_events": [row.occurred_at for row in rows]}
    else:
        times = {"impressions": [], "conversions": []}
        for row in rows:
            times["impressions" if row.type == "impression" else "conversions"].append(row.occurred_at)
    for subject, moments in times.items():
        if moments:
            tally.reach(subject, max(moments))


def _judged_batches(actor: Actor, store: EventStore, batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """The batches with their rows turned into events, or refused for what they name."""
    for batch in batches:
        with tenant_session(actor) as connection:
            store.learn(connection, batch.rows)
        batch.events, refusals = store.judge(batch.rows)
        batch.rows = []
        batch.first = Turn.first(batch.events)
        batch.months = month_moments(event.row.occurred_at for event in batch.events)
        batch.refusals += refusals
        yield batch


def check_events(
    actor: Actor, source: BinaryIO, *, kind: Kind | None = None, file_format: Format | None = None,
    columns: Mapping[str, str] | None = None, source_name: str | None = None, zone: ZoneInfo | None = None,
    afresh: bool = False, batch_done: BatchDone = lambda *_: None,
) -> DryRun:  # fmt: skip
    """What an import of `source` would make of it: it is tried, in pieces of some batches, and taken back.

    What it would change of downloads that stand is told too. Of the source's own ids each is kept until the end, as a
    row of a later piece may bear it with other content. What stays is room for events of these months.
    Raises: ImportRefused, as an import would.
    """
    assert actor.tenant_id is not None  # noqa: S101 (a file belongs to a tenant; this tells mypy)
    tally, room, pieces = Tally(), Room(actor), 0
    said: dict[str, int] = {}
    listed: dict[int, Refusal] = {}
    with ExitStack() as stack:
        means = meanings(actor, source_name, kind, columns, afresh=afresh)
        file = _file(stack, source, kind, file_format, means, zone)
        opened = file.open()
        absent, _ = _absent(file, columns)
        # Two who store the same rows in another order would wait for each other; and what runs is not over yet.
        lock = stack.enter_context(import_lock(actor))
        with tenant_session(actor) as connection:
            limits = limits_of(ask(connection, "ingest/clock")[0], opened)
        store = EventStore(opened, actor.tenant_id, tally, References(), takes_back=True)
        batches = stack.enter_context(
            closing(ahead(_judged_batches(actor, store, _batches(file, source, opened, limits))))
        )
        while piece := list(islice(batches, TRIED_BATCHES)):
            pieces += 1
            room.make(moment for batch in piece for moment in batch.months)
            ask(lock, "ingest/keep_lock")
            tried: dict[int, Event] = {}
            with taken_back(actor) as connection:
                for batch in piece:
                    refusals = batch.refusals + _tried(connection, store, tally, batch.events, said, tried)
                    tally.refused += len(refusals) - len(store.counting_now)
                    for line in store.counting_now:
                        listed.pop(line, None)
                    shown = sorted(refusals, key=lambda r: r.line_number)
                    listed |= {one.line_number: one for one in shown[: LISTED_REFUSALS - len(listed)]}
            said |= {event.id: event.digest() for event in tried.values()}
            batch_done(piece[-1].lines, piece[-1].reached)
    late = late_words(tally.taken_back, tally.counted_late)
    in_pieces = _IN_PIECES if pieces > 1 and opened == "listener" else ""
    return DryRun(
        tally.imported + tally.duplicate, tally.refused, tuple(listed[line] for line in sorted(listed)),
        tally.duplicate, (*absent, *_notes_of_rows(file), *filter(None, [late, in_pieces])),
    )  # fmt: skip


def _absent(file: Source, columns: Mapping[str, str] | None) -> tuple[list[str], Mapping[str, str] | None]:
    """What is to be said of names that were told and are not in the file, and what of those told is to be remembered.

    Of NDJSON that goes on after what was looked at nobody knows yet: there all is remembered.
    """
    if not columns:
        return [], columns
    names, so_far = file.names()
    absent = not_there(columns, names)
    there = columns if so_far else {name: key for name, key in columns.items() if name not in absent}
    return notes_of(absent, so_far=so_far), there or None


def _notes_of_rows(file: Source) -> list[str]:
    """What is to be said of rows that were read; of a file that goes on where a run before stopped, of its rows too."""
    return file.notes if isinstance(file, ParquetFile) else []


def _tried(
    connection: Connection, store: EventStore, tally: Tally, events: list[Event], said: Mapping[str, int],
    tried: dict[int, Event],
) -> list[Refusal]:  # fmt: skip
    """The events that would be refused; `said` tells what those of earlier pieces say that bear a source's id.

    `tried`: those of this piece that bear one and would be taken, by line.
    """
    asked: list[Event] = []
    refusals: list[Refusal] = []
    for event in events:
        before = said.get(event.id) if event.row.source_id else None
        if before is None:
            asked.append(event)
        elif before == event.digest():
            tally.duplicate += 1
        else:
            refusals.append(event.different())
    refusals += store.store(connection, asked)
    tried |= {event.row.line_number: event for event in asked if event.row.source_id}
    for refusal in refusals:
        tried.pop(refusal.line_number, None)
    return refusals


def _file(
    stack: ExitStack,
    source: BinaryIO,
    kind: Kind | None,
    file_format: Format | None,
    columns: Mapping[str, str],
    zone: ZoneInfo | None = None,
) -> Source:
    plain = stack.enter_context(unpacked(source))
    if file_format == "parquet" or (file_format is None and first_bytes(plain, len(MAGIC)) == MAGIC):
        if first_bytes(plain, len(MAGIC)) != MAGIC:
            raise ImportRefused("This is no Parquet file.")
        if not source.seekable() or not is_unpacked(source):
            raise ImportRefused("A Parquet file cannot come through a pipe or packed: name the file itself.")
        return ParquetFile(source, kind=kind, columns=columns, zone=zone)
    return EventFile(Lines(plain), kind=kind, file_format=file_format, columns=columns)


def _begins_with(file: Source | None, source: BinaryIO, lines: int, sha256: str) -> bool:
    if not source.seekable():
        return False
    if isinstance(file, ParquetFile):
        return whole_hash(source) == sha256
    source.seek(0)
    with unpacked(source) as plain:
        is_same = begin_with(plain, lines, sha256)
    source.seek(0)
    return is_same


def limits_of(clock: Mapping[str, Any], kind: Kind) -> tuple[datetime, datetime]:
    """Between which moments an event may lie."""
    return clock[f"oldest_{kind}_event"], clock["now"] + AHEAD_OF_NOW


def in_time(row: Row, kind: Kind, limits: tuple[datetime, datetime]) -> Row:
    """The row, when it lies between the two moments. Raises: RowRefused."""
    earliest, latest = limits
    if row.occurred_at > latest:
        raise RowRefused("The time lies in the future.", found("occurred_at", row.occurred_at.isoformat()))
    if row.occurred_at < earliest:
        raise RowRefused(_TOO_OLD[kind], found("occurred_at", row.occurred_at.isoformat()))
    return row


def _batches(
    file: Source, source: BinaryIO, kind: Kind, limits: tuple[datetime, datetime], *, after: int = 0,
    goes_on: BatchDone = lambda *_: None,
) -> Iterator[_Batch]:  # fmt: skip
    """The rows of a file after its first `after` lines, batch by batch, each judged alone."""
    reader = RowReader(kind)
    rows: list[Row] = []
    refusals: list[Refusal] = []
    size, most = 0, min(FIRST_ROWS, BATCH_ROWS)
    numbered = iter(file)
    if after:
        first = next((row for row in numbered if row[0] > after), None)
        if first is None:
            return
        goes_on(after, file.reached(source))
        numbered = chain([first], numbered)
    for number, width, cells in numbered:
        size += width
        judged = _judged(reader, number, cells, kind, limits)
        if isinstance(judged, Row):
            rows.append(judged)
        else:
            refusals.append(judged)
        if len(rows) + len(refusals) >= most or size >= BATCH_BYTES:
            yield _Batch(rows, refusals, number, file.position[1], file.reached(source))
            rows, refusals, size, most = [], [], 0, BATCH_ROWS
    if rows or refusals:
        yield _Batch(rows, refusals, *file.position, file.reached(source))


def _judged(
    reader: RowReader, number: int, cells: Cells | Refusal, kind: Kind, limits: tuple[datetime, datetime]
) -> Row | Refusal:
    if isinstance(cells, Refusal):
        return cells
    try:
        return in_time(reader.read(number, cells), kind, limits)
    except RowRefused as refused:
        return Refusal(number, refused.reason, refused.detail)
