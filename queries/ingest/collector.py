"""Events that come by HTTP: batches of programs, requests of listeners at a prefix, pixels and vanity URLs.

Whoever sends them is nobody that is logged in: the tenant is found by a global key, through one look-up. What is said
to be taken is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy.exc import IntegrityError

from queries.errors import AccessRefused, InvalidRequest, NotFound
from queries.ingest.columns import KINDS, Kind, Row, RowRefused, kind_of, read_row
from queries.ingest.counting.addresses import Networks, cut_address, is_address, listener_id
from queries.ingest.counting.ledger import Ledger
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.rules import COUNTING_VERSION, FindPlace, Rules, nowhere
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.counting.windows import Window, Windows
from queries.ingest.enclosures import enclosure
from queries.ingest.event_store import EventStore, event_id
from queries.ingest.events import in_time, limits_of
from queries.ingest.imports import Refusal, Tally
from queries.ingest.logs.rulings import download_row, judge_requests
from queries.ingest.logs.tenant import tenant_rules
from queries.ingest.references import References
from queries.ingest.room import Room
from queries.ingest.rows import field_reader
from queries.periods import tenant_zone
from queries.session import Actor, anonymous_statement, tenant_session
from queries.statements import ask

LARGEST_BATCH = 5_000
_PIXEL = "pixel"
_SAID = ("order_id", "value", "currency")
_FIELDS = {kind: field_reader(kind) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: `line_number` of a refusal is the place in the batch, from 1."""

    imported: int
    duplicate: int
    impressions: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands behind a request: only what of it is kept says so for longer than the request."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Lists:
    """What the installation configures for counting."""

    data_centres: Networks
    place_of: FindPlace = nowhere


def take_events(tenant_id: UUID, key_id: UUID, events: list[Any]) -> Taken:
    """What became of a batch of events, each an object with the fields that a line of NDJSON may have, or
    the RowRefused that stands for one that could not be read.

    Sent again it adds nothing. Raises: AccessRefused for a key that may not do this.
    """
    actor = Actor(tenant_id)
    tally, refusals = Tally(), list[Refusal]()
    rows: dict[Kind, list[Row]] = {"listener": [], "attribution": []}
    with tenant_session(actor, write=True) as connection:
        key = ask(connection, "collector/use_api_key", key_id=key_id)
        if not key or not key[0]["may_write"]:
            raise AccessRefused("This key may not send events.")
        clock = ask(connection, "ingest/clock")[0]
        for number, event in enumerate(events, 1):
            try:
                kind, row = _row(number, event)
                rows[kind].append(in_time(row, kind, limits_of(clock, kind)))
            except RowRefused as refused:
                refusals.append(Refusal(number, refused.reason, refused.detail))
        for kind, good in rows.items():
            if good:
                _make_room(actor, kind, good, clock["oldest_listener_event"])
                refusals += EventStore(kind, tenant_id, tally, References()).take(connection, good)
    return Taken(
        tally.imported,
        tally.duplicate,
        tally.impressions,
        tuple(sorted(refusals, key=lambda r: r.line_number)),
    )


def follow_prefix(
    episode_id: UUID, visitor: Visitor, *, method: str, byte_range: str | None, purpose: str, lists: Lists
) -> str:
    """Where the audio of the episode lies, once the request is counted. Raises: NotFound."""
    with anonymous_statement() as connection:
        found = ask(connection, "collector/prefix_target", episode_id=episode_id)
    if not found or not found[0]["audio_url"]:
        raise NotFound("There is no such episode.")
    # What was stored before feeds were read like this may begin with a prefix, even with ours: never in a circle.
    target = enclosure(found[0]["audio_url"]).audio_url
    if target is None:
        raise NotFound("There is no such episode.")
    if is_address(visitor.address):
        duration = found[0]["duration_seconds"]
        file = EpisodeFile(str(episode_id), found[0]["audio_bytes"], float(duration) if duration else None)
        request = Request(
            number=1, occurred_at=found[0]["asked_at"], address=visitor.address, method=method, path="", status=302,
            agent=visitor.agent, bytes_sent=None, byte_range=byte_range, purpose=purpose,
        )  # fmt: skip
        if not _counted_alone(found[0], file, request, lists):
            _counted_with_others(found[0]["tenant_id"], file, request, lists)
    return target


def _counted_alone(asked: Mapping[str, Any], file: EpisodeFile, request: Request, lists: Lists) -> bool:
    """Whether the request could be recorded by itself: on days of the calendar, with nothing kept of the listener's."""
    if asked["listener_key"] is None or asked["download_window"] != Window.CALENDAR_DAY.value:
        return False
    rules = Rules(
        secret=bytes(asked["listener_key"]), episode_of=lambda _: file, zone=tenant_zone(asked["time_zone"]),
        redirects=True, data_centres=lists.data_centres, place_of=lists.place_of,
    )  # fmt: skip
    judged = SingleRequests(rules).judge(request, file)
    id_, listener, data, reason = uuid4(), None, None, None
    if isinstance(judged, Fetch):
        listener = judged.listener_id
        data = orjson.dumps(
            download_row(Ledger(Windows(rules.window, rules.zone)).judge(id_, judged)[0])["event_data"]
        ).decode()
    else:
        reason = judged.value
    with anonymous_statement() as connection:
        became = ask(
            connection, "collector/take_request",
            tenant_id=asked["tenant_id"], id=id_, episode_id=UUID(file.episode), listener_id=listener, event_data=data,
            occurred_at=request.occurred_at, reason=reason, rule_version=COUNTING_VERSION,
        )  # fmt: skip
    return bool(became[0]["outcome"] != "windows")


def _counted_with_others(tenant_id: UUID, file: EpisodeFile, request: Request, lists: Lists) -> None:
    """Records the request in the windows that are kept."""
    with tenant_session(Actor(tenant_id), write=True) as connection:
        rules, _ = tenant_rules(
            connection,
            lambda _: file,
            redirects=True,
            data_centres=lists.data_centres,
            place_of=lists.place_of,
        )
        judge_requests(connection, rules, SingleRequests(rules), {uuid4(): request})


def follow_link(key: str, visitor: Visitor, said: Mapping[str, str], *, kind: str) -> str | None:
    """Where a vanity URL leads, None for a pixel, once the visit or conversion is stored.

    `said` is what the page told: type, order_id, value, currency, id. The same order told again is stored once.
    Raises: NotFound, InvalidRequest for a value that cannot be understood.
    """
    with anonymous_statement() as connection:
        found = ask(connection, "collector/link_target", kind=kind, key=key)
    if not found:
        raise NotFound("There is no such link.")
    link = found[0]
    cells: dict[str, Any] = {name: said[name] for name in _SAID if said.get(name)} if kind == _PIXEL else {}
    order = cells.get("order_id")
    cells |= {
        # An order has one id however often its page is opened; anything else happens anew.
        "id": f"{kind} {link['link_id']} {order}" if order else f"{kind} {uuid4()}",
        "campaign_id": str(link["campaign_id"]),
        "attribution_type": said.get("type") or (link["conversion_type"] if kind == _PIXEL else "visit"),
        "source": kind, "occurred_at": link["asked_at"].isoformat(),
    }  # fmt: skip
    if is_address(visitor.address):
        secret = link["listener_key"]
        if secret is None:
            with tenant_session(Actor(link["tenant_id"]), write=True) as connection:
                secret = tenant_rules(connection, lambda _: None)[0].secret
        cells["listener_id"] = listener_id(bytes(secret), cut_address(visitor.address), visitor.agent)
    try:
        row = read_row("attribution", 1, cells)
        if row.type == "impression":
            raise RowRefused("The event type is not known.")
    except RowRefused as refused:
        raise InvalidRequest(refused.reason) from None
    with anonymous_statement() as connection:
        ask(
            connection, "collector/take_conversion",
            tenant_id=link["tenant_id"], id=event_id(link["tenant_id"], "attribution", str(row.source_id)),
            campaign_id=link["campaign_id"], listener_id=row.listener_id, type=row.type, data=row.told,
            occurred_at=row.occurred_at, is_order=order is not None,
        )  # fmt: skip
    target: str | None = link["target_url"]
    return target


def create_link(
    actor: Actor, campaign_id: UUID, *, kind: str, key: str, target_url: str | None = None
) -> UUID:
    """The id of a new link of a campaign. Raises: InvalidRequest for a key that is taken."""
    with tenant_session(actor, write=True) as connection:
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


def _row(number: int, event: Any) -> tuple[Kind, Row]:
    if isinstance(event, RowRefused):
        raise event
    if not isinstance(event, dict):
        raise RowRefused("The line is not a JSON object.")
    kind = kind_of(event)
    if kind is None:
        raise RowRefused("The fields do not tell listener from attribution events.")
    return kind, read_row(kind, number, _FIELDS[kind](event))


def _make_room(actor: Actor, kind: Kind, rows: list[Row], oldest: datetime) -> None:
    """The worker keeps room for as long as raw events are kept, and ahead; only old conversions need more."""
    if kind == "attribution":
        Room(actor).make(row.occurred_at for row in rows if row.occurred_at < oldest)
