"""Events that come by HTTP: batches of programs, requests of listeners at a prefix, pixels and vanity URLs.

Whoever sends them is nobody that is logged in: the tenant is found by a global key, through one look-up. What is said
to be taken is committed.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from queries.errors import AccessRefused, InvalidRequest, KeyEnded, NotFound
from queries.ingest.cells import RowRefused
from queries.ingest.columns import COLUMNS, KINDS, Kind, Row, kind_of, read_row
from queries.ingest.counting.addresses import Networks, cut_address, is_address, listener_id
from queries.ingest.counting.filters import is_preload
from queries.ingest.counting.reasons import Reason, Unreadable
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.rules import COUNTING_VERSION, FindPlace, Rules, nowhere
from queries.ingest.counting.single import SingleRequests, judged_agent
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.enclosures import enclosure, is_public_audio
from queries.ingest.event import event_id
from queries.ingest.event_store import EventStore
from queries.ingest.events import IMPORT_TYPES, in_time, limits_of, reach
from queries.ingest.field_names import field_reader
from queries.ingest.http import FetchRefused, check_public
from queries.ingest.imports import as_document
from queries.ingest.logs.tenant import tenant_rules
from queries.ingest.origins import API_KEY
from queries.ingest.references import References
from queries.ingest.room import Room
from queries.ingest.tally import Refusal, Tally
from queries.session import Actor, anonymous_statements, tenant_session
from queries.statements import ask

LARGEST_BATCH = 5_000
LISTED_REFUSALS_OF_HOUR = 1_000
"""Rows that are listed of a key's batches of an hour; the rest is counted, and each answer tells of its own."""

_BATCHES = UUID("4b7f6a52-6a0e-5b0c-9a1f-52d7c1f0a9e3")
_PIXEL = "pixel"
_SAID = ("order_id", "value", "currency")
_FIELDS = {kind: field_reader(kind) for kind in KINDS}
_READERS = {column.key: column.read for column in COLUMNS["attribution"]}
_AT_FAULT = {
    "attribution_type": Unreadable.TYPE, "order_id": Unreadable.ORDER_ID, "value": Unreadable.VALUE,
    "currency": Unreadable.CURRENCY,
}  # fmt: skip
"""What of a pixel's words can be wrong by itself, and why it then is."""
_TWICE = {"type" if key == "attribution_type" else key: wrong for key, wrong in _AT_FAULT.items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: `line_number` of a refusal is the line, or place in the batch, from 1.

    `batch` is what the list of refused rows calls it.
    """

    batch: UUID
    imported: int
    duplicate: int
    impressions: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands behind a request, and how it was made: only what of it is kept says so for longer than the request."""

    address: str
    agent: str
    method: str = "GET"
    byte_range: str | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """What the installation configures for counting."""

    data_centres: Networks
    place_of: FindPlace = nowhere


def take_events(
    tenant_id: UUID, key_id: UUID, events: Sequence[Any], *, lines: Sequence[int] | None = None
) -> Taken:
    """What became of a batch of events, each an object with the fields that a line of NDJSON may have, or
    the RowRefused that stands for one that could not be read. `lines`: where each stands; from 1 on unless told.

    Sent again it adds nothing. Raises: AccessRefused for a key that may not do this, KeyEnded for one that is over.
    """
    actor, batch = Actor(tenant_id), uuid4()
    tallies = {kind: Tally() for kind in KINDS}
    started = time.perf_counter()
    rows: dict[Kind, list[Row]] = {kind: [] for kind in KINDS}
    refused: dict[Kind | None, list[Refusal]] = {kind: [] for kind in (*KINDS, None)}
    with tenant_session(actor, write=True) as connection:
        name = _name_of_key(connection, key_id)
        clock = ask(connection, "ingest/clock")[0]
        for number, event in zip(lines or range(1, len(events) + 1), events, strict=True):
            told = kind_of(event) if isinstance(event, dict) else None
            try:
                kind = _known(told, event)
                row = read_row(kind, number, _FIELDS[kind](event))
                rows[kind].append(in_time(row, kind, limits_of(clock, kind)))
            except RowRefused as why:
                refused[told].append(Refusal(number, why.reason, why.detail))
        for kind, good in rows.items():
            if good:
                _make_room(actor, kind, good, clock["oldest_listener_event"])
                refused[kind] += EventStore(kind, tenant_id, tallies[kind], References()).take(
                    connection, good
                )
        refused["attribution" if rows["attribution"] and not rows["listener"] else "listener"] += refused.pop(
            None
        )
        for kind in KINDS:
            gone = {refusal.line_number for refusal in refused[kind]}
            reach(tallies[kind], kind, rows[kind], refused[kind])
            # Of a batch of both kinds each took as much of the time as it has of the events.
            share = len(gone.union(row.line_number for row in rows[kind])) / max(len(events), 1)
            worked = math.ceil((time.perf_counter() - started) * 1000 * share)
            _note(connection, key_id, name, kind, clock["now"], tallies[kind], refused[kind], worked, batch)
    return Taken(
        batch,
        sum(tally.imported for tally in tallies.values()),
        sum(tally.duplicate for tally in tallies.values()),
        sum(tally.impressions for tally in tallies.values()),
        tuple(sorted((one for of_kind in refused.values() for one in of_kind), key=lambda r: r.line_number)),
    )


def refuse_body(tenant_id: UUID, key_id: UUID, reason: str) -> None:
    """Counts a body of which no event could be read, as one row. Raises: AccessRefused and KeyEnded, as take_events."""
    with tenant_session(Actor(tenant_id), write=True) as connection:
        name = _name_of_key(connection, key_id)
        now = ask(connection, "ingest/clock")[0]["now"]
        refusals = [Refusal(1, reason, "the whole body")]
        _note(connection, key_id, name, "listener", now, Tally(), refusals, 0, uuid4())


def check_key(tenant_id: UUID, key_id: UUID) -> None:
    """Returns for a key that is good, whatever it may do. Raises: KeyEnded."""
    with tenant_session(Actor(tenant_id), write=True) as connection:
        _use_key(connection, key_id)


def _name_of_key(connection: Connection, key_id: UUID) -> str:
    """The name of a key that may send events; it is noted that it is used. Raises: AccessRefused, KeyEnded."""
    key = _use_key(connection, key_id)
    if not key["may_write"]:
        raise AccessRefused(
            "This key may not send events: its scopes leave that out, or its person may not import."
        )
    name: str = key["name"]
    return name


def _use_key(connection: Connection, key_id: UUID) -> Mapping[str, Any]:
    """What a key is called and whether it may send events; it is noted that it is used. Raises: KeyEnded."""
    key = ask(connection, "collector/use_api_key", key_id=key_id)
    if not key:
        raise KeyEnded("This key was revoked or has run out, or its person is not active any more.")
    return key[0]


def _note(
    connection: Connection,
    key_id: UUID,
    name: str,
    kind: Kind,
    now: datetime,
    tally: Tally,
    refusals: list[Refusal],
    worked_ms: int,
    batch: UUID,
) -> None:
    """Adds the batch to the row of its key, kind and hour; last of all: here batches of one key wait for each other."""
    if not (tally.imported or tally.duplicate or refusals):
        return
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    id_ = uuid5(_BATCHES, f"{key_id} {kind} {hour.isoformat()}")
    noted = ask(
        connection, "collector/note_batch",
        id=id_, import_type=IMPORT_TYPES[kind], source=f"{API_KEY}{name}", records_imported=tally.imported,
        records_duplicate=tally.duplicate, records_refused=len(refusals), impressions=tally.impressions,
        taken_back=tally.taken_back, counted_late=tally.counted_late,
        by_reason=orjson.dumps(Counter(refusal.reason for refusal in refusals)).decode(),
        reached=as_document(tally.reached), worked_ms=worked_ms,
    )[0]  # fmt: skip
    tally.note_podcasts(connection, id_)
    room = LISTED_REFUSALS_OF_HOUR - (noted["records_refused"] - len(refusals))
    if refusals and room > 0:
        tally.record(connection, id_, refusals[:room], batch=batch)


def follow_prefix(episode_id: UUID, visitor: Visitor, *, lists: Lists) -> str:
    """Where the audio of the episode lies, once the request is recorded; the worker counts it. Raises: NotFound."""
    # What a request needs lies on one connection: to fetch one and give it back costs as much as a statement.
    with anonymous_statements() as connection:
        found = ask(connection, "collector/prefix_target", episode_id=episode_id)
        if not found or not found[0]["audio_url"]:
            raise NotFound("There is no such episode.")
        # What was stored before feeds were read like this may begin with a prefix, even with ours: never in a circle.
        target = enclosure(found[0]["audio_url"]).audio_url
        if target is None or not is_public_audio(target):
            raise NotFound("There is no such episode.")
        if not is_address(visitor.address):
            return target
        if found[0]["listener_key"] is not None:
            _take_request(connection, episode_id, found[0], found[0]["listener_key"], visitor, lists)
            return target
    secret = _make_secret(found[0]["tenant_id"])
    with anonymous_statements() as connection:
        _take_request(connection, episode_id, found[0], secret, visitor, lists)
    return target


def _take_request(
    connection: Connection,
    episode_id: UUID,
    asked: Mapping[str, Any],
    secret: bytes,
    visitor: Visitor,
    lists: Lists,
) -> None:
    """Keeps the request for the worker: refused with its reason, or to be counted in its window."""
    file = EpisodeFile(str(episode_id), asked["audio_bytes"], None)
    request = Request(
        number=1, occurred_at=asked["asked_at"], address=visitor.address, method=visitor.method, path="", status=302,
        agent=visitor.agent, bytes_sent=None, byte_range=visitor.byte_range, purpose=visitor.purpose,
    )  # fmt: skip
    rules = Rules(
        secret=bytes(secret), episode_of=lambda _: file, redirects=True, data_centres=lists.data_centres,
        place_of=lists.place_of,
    )  # fmt: skip
    judged = SingleRequests(rules).judge(request, file)
    fetch = judged if isinstance(judged, Fetch) else None
    ask(
        connection, "collector/take_prefix_request",
        tenant_id=asked["tenant_id"], id=uuid4(), occurred_at=request.occurred_at, episode_id=episode_id,
        reason=None if isinstance(judged, Fetch) else judged.value, rule_version=COUNTING_VERSION,
        listener_id=fetch and fetch.listener_id, app=fetch and fetch.agent.app, device=fetch and fetch.agent.device,
        os=fetch and fetch.agent.os, country=fetch and fetch.place.country, region=fetch and fetch.place.region,
        data_centres=rules.filtered.value,
    )  # fmt: skip


def _make_secret(tenant_id: UUID) -> bytes:
    """The secret of the tenant, made for its first visitor ever."""
    with tenant_session(Actor(tenant_id), write=True) as connection:
        return tenant_rules(connection, lambda _: None)[0].secret


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a vanity URL leads, None for a pixel; `wrong`: what a pixel was told that cannot be taken."""

    target: str | None
    wrong: Unreadable | None = None


def follow_link(
    key: str, visitor: Visitor, said: Mapping[str, str], *, kind: str, twice: Collection[str] = ()
) -> Followed:
    """What a link answers, once the visit or conversion is stored, or kept as refused; the worker counts both.

    `said` is what the page told: type, order_id, value, currency; `twice` are names that it told more than once, of
    which nobody knows what is meant. The same order told again is stored once. Raises: NotFound.
    """
    with anonymous_statements() as connection:
        found = ask(connection, "collector/link_target", kind=kind, key=key)
        if not found:
            raise NotFound("There is no such link.")
        link = found[0]
        cells = _cells(link, {name: told for name, told in said.items() if name not in twice}, kind)
        wrong: Unreadable | None = None
        reason: Reason | Unreadable | None = _refused(visitor, kind)
        if reason is None:
            doubled = next((wrong for name, wrong in _TWICE.items() if name in twice), None)
            reason = wrong = (doubled if kind == _PIXEL else None) or _wrong(cells)
        if reason is not None:
            ask(
                connection, "collector/refuse_visit",
                tenant_id=link["tenant_id"], id=uuid4(), campaign_id=link["campaign_id"], kind=kind,
                reason=reason.value, rule_version=COUNTING_VERSION, occurred_at=link["asked_at"],
                order_id=_order(cells),
            )  # fmt: skip
            return Followed(link["target_url"], wrong)
        if link["listener_key"] is not None or not is_address(visitor.address):
            return _take_visit(connection, link, visitor, cells, kind, link["listener_key"])
    secret = _make_secret(link["tenant_id"])
    with anonymous_statements() as connection:
        return _take_visit(connection, link, visitor, cells, kind, secret)


def _cells(link: Mapping[str, Any], said: Mapping[str, str], kind: str) -> dict[str, Any]:
    """What a page told of a link, as the columns of attribution events."""
    cells: dict[str, Any] = {name: said[name] for name in _SAID if said.get(name)} if kind == _PIXEL else {}
    order = cells.get("order_id", "")
    return cells | {
        # An order has one id however often its page is opened; anything else happens anew.
        "id": f"{kind} {link['link_id']} {order}" if order.strip() else f"{kind} {uuid4()}",
        "campaign_id": str(link["campaign_id"]),
        "attribution_type": said.get("type") or (link["conversion_type"] if kind == _PIXEL else "visit"),
        "source": kind, "occurred_at": link["asked_at"].isoformat(),
    }  # fmt: skip


def _order(cells: Mapping[str, Any]) -> str | None:
    """The order that a page told, to be kept with its refusal; never what is an address of somebody, or no order."""
    try:
        return str(_READERS["order_id"]("order_id", cells.get("order_id", ""))) or None
    except RowRefused:
        return None


def _wrong(cells: Mapping[str, Any]) -> Unreadable | None:
    """What of it cannot be taken; None where all can."""
    for key, wrong in _AT_FAULT.items():
        try:
            read = _READERS[key](key, cells[key]) if key in cells else None
        except RowRefused:
            return wrong
        if read == "impression":
            # A page tells what came of an ad, not that it was heard.
            return Unreadable.TYPE
    return Unreadable.CURRENCY if "value" in cells and not cells.get("currency", "").strip() else None


def _take_visit(
    connection: Connection, link: Mapping[str, Any], visitor: Visitor, cells: dict[str, Any], kind: str,
    secret: bytes | None,
) -> Followed:  # fmt: skip
    """Stores the visit or conversion."""
    if secret is not None and is_address(visitor.address):
        cells["listener_id"] = listener_id(bytes(secret), cut_address(visitor.address), visitor.agent)
    row = read_row("attribution", 1, cells)
    outcome = ask(
        connection, "collector/take_visit",
        tenant_id=link["tenant_id"], id=event_id(link["tenant_id"], "attribution", str(row.source_id)),
        campaign_id=link["campaign_id"], kind=kind, listener_id=row.listener_id, type=row.type, data=row.told,
        occurred_at=row.occurred_at, is_order="order_id" in row.data, rule_version=COUNTING_VERSION,
    )[0]["outcome"]  # fmt: skip
    return Followed(link["target_url"], Unreadable.DIFFERS if outcome == Unreadable.DIFFERS else None)


def _refused(visitor: Visitor, kind: str) -> Reason | None:
    """Why it is a program that asks, or a browser beforehand; None for somebody who opens the page."""
    if visitor.method != "GET":
        return Reason.HEAD if visitor.method == "HEAD" else Reason.METHOD
    if is_preload(visitor.purpose):
        return Reason.PRELOAD
    _, reason = judged_agent(visitor.agent)
    # A shop may keep back what browser its buyer has, and the order stands all the same.
    return None if kind == _PIXEL and reason is Reason.EMPTY_AGENT else reason


def create_link(
    actor: Actor, campaign_id: UUID, *, kind: str, key: str, target_url: str | None = None
) -> UUID:
    """The id of a new link of a campaign.

    Raises: NotFound for a campaign that the tenant does not have, InvalidRequest for a key that is taken and for a
    target that is no public https address.
    """
    if target_url is not None:
        try:
            check_public(target_url)
        except FetchRefused as refused:
            raise InvalidRequest(f"Visitors cannot be sent there: {refused}") from None
    with tenant_session(actor, write=True) as connection:
        if not ask(connection, "ingest/campaigns_by_id", ids=[campaign_id]):
            raise NotFound("There is no such campaign; `podboard campaign list` shows those there are.")
        try:
            made = ask(
                connection, "collector/insert_campaign_link",
                campaign_id=campaign_id, kind=kind, key=key, target_url=target_url,
            )  # fmt: skip
        except IntegrityError:
            raise InvalidRequest(
                "This link cannot be made: its name is taken, or a value is wrong."
            ) from None
    id_: UUID = made[0]["id"]
    return id_


def _known(kind: Kind | None, event: Any) -> Kind:
    """The kind of an event that can be read. Raises: RowRefused."""
    if isinstance(event, RowRefused):
        raise event
    if not isinstance(event, dict):
        raise RowRefused("The line is not a JSON object.")
    if kind is None:
        raise RowRefused("The fields do not tell listener from attribution events.")
    return kind


def _make_room(actor: Actor, kind: Kind, rows: list[Row], oldest: datetime) -> None:
    """The worker keeps room for as long as raw events are kept, and ahead; only old conversions need more."""
    if kind == "attribution":
        Room(actor).make(row.occurred_at for row in rows if row.occurred_at < oldest)
