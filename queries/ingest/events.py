"""Imports listener and attribution events from CSV and NDJSON files.

The good rows stand, the bad ones are listed. An event's id is made from the source's id or from its content, so the
same file imported again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection

from queries.ingest.columns import Kind, Row, RowRefused, found, read_row
from queries.ingest.imports import (
    ImportRefused,
    ImportResult,
    ImportType,
    Refusal,
    Tally,
    importing,
    refuse,
    result,
)
from queries.ingest.lines import Lines
from queries.ingest.rows import Cells, EventFile, Format
from queries.session import Actor, tenant_session
from queries.statements import ask, tell

BATCH_ROWS = 5_000
BATCH_BYTES = 8 * 1024 * 1024
AHEAD_OF_NOW = timedelta(minutes=10)
"""How far a source's clock may run ahead of ours."""

_EVENT_IDS = UUID("6f0d7e5c-3b1a-5d52-9c1e-5a7d0c9b8e41")
_IMPORT_TYPES: dict[Kind, ImportType] = {"listener": "listener_events", "attribution": "attribution_events"}
_TOO_OLD: dict[Kind, str] = {
    "listener": "The event is older than the two years that raw events are kept.",
    "attribution": "The event is older than ten years.",
}
_REASONS = {
    "different": "Another event of this id stands already, with other content.",
    "counted_already": "This listener's download of this episode on this day is counted already.",
}


@dataclass(frozen=True, slots=True)
class _Event:
    """A row that may be stored: every reference is the tenant's own."""

    line_number: int
    id: UUID
    has_source_id: bool
    occurred_at: datetime
    body: dict[str, Any]


def import_events(
    actor: Actor, source: BinaryIO, *, name: str, kind: Kind | None = None, file_format: Format | None = None
) -> ImportResult:
    """What became of the rows of `source`; `name` is what the import is called afterwards.

    Kind and format are found out from the first line unless given. Memory does not grow with the file.
    Raises: ImportRefused when the file as a whole cannot be understood; then nothing of it stands.
    """
    lines = Lines(source)
    events = EventFile(lines, kind=kind, file_format=file_format)
    try:
        opened = events.open()
    except ImportRefused as refused:
        # A file that tells nothing of its kind is recorded under the usual one.
        refuse(actor, _IMPORT_TYPES[events.kind or "listener"], name, refused, sha256=lines.sha256())
    import_type = _IMPORT_TYPES[opened]
    with importing(actor, import_type, name) as (connection, import_id, tally):
        run = _Run(actor, connection, import_id, tally, opened)
        for batch in _batches(events):
            run.take(batch)
        tally.source_sha256 = lines.sha256()
    return result(import_id, import_type, tally)


def _batches(rows: Iterable[tuple[int, int, Cells | Refusal]]) -> Iterator[list[tuple[int, Cells | Refusal]]]:
    batch: list[tuple[int, Cells | Refusal]] = []
    size = 0
    for number, width, cells in rows:
        batch.append((number, cells))
        size += width
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Run:
    """One import of events inside its transaction."""

    def __init__(
        self, actor: Actor, connection: Connection, import_id: UUID, tally: Tally, kind: Kind
    ) -> None:
        self._actor = actor
        self._connection = connection
        self._import_id = import_id
        self._tally = tally
        self._kind = kind
        clock = ask(connection, "ingest/clock")[0]
        self._latest: datetime = clock["now"] + AHEAD_OF_NOW
        self._earliest: datetime = clock[f"oldest_{kind}_event"]
        self._ids = uuid5(uuid5(_EVENT_IDS, str(actor.tenant_id)), kind)
        self._references = _References(connection)
        self._stored_from: datetime | None = None
        self._stored_to: datetime | None = None

    def take(self, batch: list[tuple[int, Cells | Refusal]]) -> None:
        """Stores the good rows of a batch and lists the others."""
        refusals: list[Refusal] = []
        rows: list[Row] = []
        for number, cells in batch:
            if isinstance(cells, Refusal):
                refusals.append(cells)
                continue
            try:
                rows.append(self._in_time(read_row(self._kind, number, cells)))
            except RowRefused as refused:
                refusals.append(Refusal(number, refused.reason, refused.detail))
        self._references.learn(rows)
        events: list[_Event] = []
        for row in rows:
            try:
                events.append(self._event(row))
            except RowRefused as refused:
                refusals.append(Refusal(row.line_number, refused.reason, refused.detail))
        refusals.extend(self._store(events))
        self._tally.record(self._connection, self._import_id, sorted(refusals, key=lambda r: r.line_number))

    def _in_time(self, row: Row) -> Row:
        if row.occurred_at > self._latest:
            raise RowRefused(
                "The time lies in the future.", found("occurred_at", row.occurred_at.isoformat())
            )
        if row.occurred_at < self._earliest:
            raise RowRefused(_TOO_OLD[self._kind], found("occurred_at", row.occurred_at.isoformat()))
        return row

    def _event(self, row: Row) -> _Event:
        """The row with its references resolved. Raises: RowRefused, in the same words for unknown and for foreign."""
        episode_id = self._references.episode(row.episode_id) if row.episode_id is not None else None
        body: dict[str, Any]
        if self._kind == "listener":
            body = {
                "episode_id": episode_id,
                "listener_id": row.listener_id,
                "event_type": row.type,
                "event_data": row.data,
            }
        else:
            self._references.require_campaign(row.campaign_id)
            body = {
                "campaign_id": row.campaign_id, "episode_id": episode_id, "listener_id": row.listener_id,
                "attribution_type": row.type, "attribution_data": row.data,
            }  # fmt: skip
        if row.ad_unit_id is not None:
            self._references.require_ad_unit(row.ad_unit_id, row.campaign_id, episode_id)
        name = f"id {row.source_id}" if row.source_id else "content " + _canonical(row.occurred_at, body)
        return _Event(
            row.line_number, uuid5(self._ids, name), row.source_id is not None, row.occurred_at, body
        )

    def _store(self, events: list[_Event]) -> list[Refusal]:
        """Stores what is new and counts what stands already; the rows that were not taken."""
        if events:
            self._make_room(min(e.occurred_at for e in events), max(e.occurred_at for e in events))
        refusals: list[Refusal] = []
        standing: dict[UUID, _Event] = {}
        while events:
            # A statement takes each id once: a row with the id of one before it waits for what becomes of that one.
            once: dict[UUID, _Event] = {}
            waiting: list[_Event] = []
            for event in events:
                twin = standing.get(event.id)
                if twin is not None and (twin.occurred_at, twin.body) == (event.occurred_at, event.body):
                    self._tally.duplicate += 1
                elif twin is not None:
                    refusals.append(_refusal(event, "different"))
                elif event.id in once:
                    waiting.append(event)
                else:
                    once[event.id] = event
            for event, outcome in self._insert(list(once.values())):
                if outcome in _REASONS:
                    refusals.append(_refusal(event, outcome))
                    continue
                standing[event.id] = event
                if outcome == "imported":
                    self._tally.imported += 1
                else:
                    self._tally.duplicate += 1
            events = waiting
        return refusals

    def _insert(self, events: list[_Event]) -> list[tuple[_Event, str]]:
        outcomes = [(event, "different") for event in self._moved(events)]
        moved = {event.line_number for event, _ in outcomes}
        by_line = {event.line_number: event for event in events if event.line_number not in moved}
        if not by_line:
            return outcomes
        rows = [
            {"line_number": event.line_number, "id": event.id, "occurred_at": event.occurred_at, **event.body}
            for event in by_line.values()
        ]
        outcomes += [
            (by_line[row["line_number"]], str(row["outcome"]))
            for row in ask(
                self._connection, f"ingest/add_{self._kind}_events",
                rows=orjson.dumps(rows).decode(),
                earliest=min(event.occurred_at for event in by_line.values()),
                latest=max(event.occurred_at for event in by_line.values()),
            )
        ]  # fmt: skip
        downloads = [
            {
                "id": event.id, "episode_id": event.body["episode_id"], "listener_id": event.body["listener_id"],
                "occurred_at": event.occurred_at,
            }
            for event, outcome in outcomes
            if outcome == "imported" and event.body.get("event_type") == "download"
        ]  # fmt: skip
        if downloads:
            self._tally.impressions += tell(
                self._connection, "ingest/add_impressions", downloads=orjson.dumps(downloads).decode()
            )
        return outcomes

    def _moved(self, events: list[_Event]) -> list[_Event]:
        """The events whose id stands already at another time.

        An id made from the content names one moment and needs no search; the table's key includes the time, so it
        would take a source's own id a second time.
        """
        named = {event.id: event for event in events if event.has_source_id}
        if not named:
            return []
        times = ask(self._connection, f"ingest/times_of_{self._kind}_events", ids=list(named))
        return [named[row["id"]] for row in times if row["occurred_at"] != named[row["id"]].occurred_at]

    def _make_room(self, earliest: datetime, latest: datetime) -> None:
        if (
            self._stored_from
            and self._stored_to
            and self._stored_from <= earliest
            and latest <= self._stored_to
        ):
            return
        self._stored_from = min(earliest, self._stored_from or earliest)
        self._stored_to = max(latest, self._stored_to or latest)
        # In a transaction of its own: attaching a partition locks the table against the worker's partition keeping,
        # and that must not last as long as the import.
        with tenant_session(self._actor, write=True) as connection:
            ask(connection, "ingest/ensure_storage", earliest=self._stored_from, latest=self._stored_to)


class _References:
    """The tenant's episodes, campaigns and ad units that rows name, asked for once. Row security hides all others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._episodes: dict[str, UUID | None] = {}
        self._campaigns: set[UUID] = set()
        self._ad_units: dict[UUID, tuple[UUID, UUID]] = {}

    def learn(self, rows: list[Row]) -> None:
        """Looks up what these rows name and is not known yet."""
        names = {row.episode_id for row in rows if row.episode_id} - self._episodes.keys()
        ids = {name: parsed for name in names if (parsed := _uuid(name)) is not None}
        if ids:
            known = {
                row["id"] for row in ask(self._connection, "ingest/episodes_by_id", ids=list(ids.values()))
            }
            self._episodes.update({name: id_ for name, id_ in ids.items() if id_ in known})
        guids = names - self._episodes.keys()
        if guids:
            for row in ask(self._connection, "ingest/episodes_by_guid", guids=list(guids)):
                # None: a guid of several podcasts.
                self._episodes[row["guid"]] = None if row["guid"] in self._episodes else row["id"]
        campaigns = {row.campaign_id for row in rows if row.campaign_id} - self._campaigns
        if campaigns:
            self._campaigns |= {
                row["id"] for row in ask(self._connection, "ingest/campaigns_by_id", ids=list(campaigns))
            }
        ad_units = {row.ad_unit_id for row in rows if row.ad_unit_id} - self._ad_units.keys()
        if ad_units:
            for row in ask(self._connection, "ingest/ad_units_by_id", ids=list(ad_units)):
                self._ad_units[row["id"]] = (row["campaign_id"], row["episode_id"])

    def episode(self, name: str) -> UUID:
        """The episode of this id or guid. Raises: RowRefused."""
        if name not in self._episodes:
            raise RowRefused("The episode is not known.", found("episode", name))
        episode_id = self._episodes[name]
        if episode_id is None:
            raise RowRefused(
                "The guid belongs to episodes of several podcasts: use the episode's id.",
                found("episode", name),
            )
        return episode_id

    def require_campaign(self, campaign_id: UUID | None) -> None:
        """Returns if the campaign is the tenant's. Raises: RowRefused."""
        if campaign_id not in self._campaigns:
            raise RowRefused("The campaign is not known.", found("campaign_id", campaign_id))

    def require_ad_unit(self, ad_unit_id: UUID, campaign_id: UUID | None, episode_id: UUID | None) -> None:
        """Returns if the ad unit is the tenant's and stands where the row says. Raises: RowRefused."""
        if ad_unit_id not in self._ad_units:
            raise RowRefused("The ad unit is not known.", found("ad_unit_id", ad_unit_id))
        of_campaign, of_episode = self._ad_units[ad_unit_id]
        if campaign_id not in (None, of_campaign) or episode_id not in (None, of_episode):
            raise RowRefused(
                "The ad unit belongs to another campaign or episode.", found("ad_unit_id", ad_unit_id)
            )


def _refusal(event: _Event, outcome: str) -> Refusal:
    return Refusal(event.line_number, _REASONS[outcome])


def _canonical(occurred_at: datetime, body: dict[str, Any]) -> str:
    return orjson.dumps([occurred_at.astimezone(UTC), body], option=orjson.OPT_SORT_KEYS).decode()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
