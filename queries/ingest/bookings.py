"""Imports bookings (insertion orders) from a file; imported again it adds nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection

from queries.ingest.batches import BatchDone
from queries.ingest.cells import RowRefused, currency_of, found, number_of, one_of, printable, whole_micros
from queries.ingest.columns import Column
from queries.ingest.events import DryRun
from queries.ingest.imports import ImportResult, importing, result, taken_back
from queries.ingest.small_tables import Line, SmallTable, Told, add_rows, read_small
from queries.ingest.tally import LISTED_REFUSALS, Refusal
from queries.session import Actor
from queries.statements import ask

_IDS = UUID("0d4b7f0a-9a53-5f0e-8c57-2c1f5d9f7a11")
_LONGEST = 500
_ADDRESS = re.compile(r'https?://[^\s/<>"]+[^\s<>"]*', re.IGNORECASE)
_MOST = 10**12
_REASONS = {
    "different": "Another booking of this id stands already, with other content.",
    "code_taken": "Another booking has this promo code.",
    "other_currency": "The campaign has another currency.",
    "far_away": "The flight lies more than 180 days outside that of its campaign.",
}


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowRefused("A text is expected here.", found(key, value))
    text = str(value).strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise RowRefused("A text is too long or has control characters in it.", found(key, text))
    return text


def _code(key: str, value: Any) -> str:
    return _text(key, value).upper()


def _address(key: str, value: Any) -> str:
    text = _text(key, value)
    if not _ADDRESS.fullmatch(text):
        raise RowRefused(
            "An address begins with http:// or https:// and has no space in it.", found(key, text)
        )
    return text


def _day(key: str, value: Any) -> date:
    try:
        return date.fromisoformat(_text(key, value))
    except RowRefused:
        raise
    except ValueError:
        raise RowRefused("A day is written like 2026-10-31.", found(key, value)) from None


def _count(key: str, value: Any) -> int:
    text = _text(key, value)
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:20]) <= _MOST:
        raise RowRefused("This is not a number of impressions.", found(key, text))
    return int(text)


def _money(key: str, value: Any) -> int:
    try:
        micros = whole_micros(number_of(key, value) * 1_000_000)
    except RowRefused:
        micros = None
    if micros is None or not 0 <= micros <= 10**15 or micros != micros.to_integral_value():
        raise RowRefused("This is not an amount of money.", found(key, value))
    return int(micros)


BOOKINGS = SmallTable(
    "booking", "bookings", "Bookings",
    (
        Column("id", "The source's own id; without it the content identifies the booking", _text, ("booking_id",)),
        Column("campaign", "The campaign's id or name", _text, ("campaign_id", "campaign_name"), required=True),
        Column("booking_date", "The day it was booked; the first of the flight unless told", _day, ("booked_on",)),
        Column("starts_on", "First day of the flight", _day, ("start", "start_date"), required=True),
        Column("ends_on", "Last day of the flight", _day, ("end", "end_date"), required=True),
        Column("pricing_model", "cpm or flat", one_of(("cpm", "flat"), "The pricing is cpm or flat."), ("pricing",),
               required=True),
        Column("booked_impressions", "How many were sold; cpm needs it", _count, ("impressions",)),
        Column("rate", "Price of a thousand, or of all", _money, ("price",), required=True),
        Column("currency", "Three letters, like EUR", currency_of, ("currency_code",), required=True),
        Column("promo_code", "The code a buyer gives", _code, ("code", "coupon")),
        Column("vanity_url", "The address that is said aloud, with https://", _address),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Booking:
    """A booking whose campaign is known."""

    line_number: int
    id: UUID
    body: dict[str, Any]


def import_bookings(
    actor: Actor, source: BinaryIO, *, name: str, told: Told | None = None,
    batch_done: BatchDone = lambda *_: None,
) -> ImportResult:  # fmt: skip
    """What became of the rows in a file; `batch_done` hears how far the reading is.

    Raises: ImportRefused when the file as a whole cannot be understood.
    """
    told = told or Told()
    file = read_small(actor, source, BOOKINGS, name, told, record=True, batch_done=batch_done)
    with importing(actor, "bookings", name, told.source_name, began=file.began) as (
        connection,
        import_id,
        tally,
    ):
        tally.source_sha256 = file.sha256
        tally.notes += file.notes
        tally.imported, tally.duplicate, refusals = _add(connection, actor, file.lines)
        tally.refuse(connection, import_id, sorted(file.refusals + refusals, key=lambda r: r.line_number))
    return result(import_id, "bookings", tally)


def check_bookings(
    actor: Actor, source: BinaryIO, *, told: Told, batch_done: BatchDone = lambda *_: None
) -> DryRun:
    """What an import would refuse. Raises: ImportRefused, as an import would."""
    file = read_small(actor, source, BOOKINGS, "", told, record=False, batch_done=batch_done)
    with taken_back(actor) as connection:
        imported, duplicate, refusals = _add(connection, actor, file.lines)
    refused = sorted(file.refusals + refusals, key=lambda r: r.line_number)
    return DryRun(imported + duplicate, len(refused), tuple(refused[:LISTED_REFUSALS]), duplicate, file.notes)


def _add(connection: Connection, actor: Actor, lines: list[Line]) -> tuple[int, int, list[Refusal]]:
    """How many rows are new, how many stood already or came twice, and what is refused."""
    bookings, refusals, duplicate = _bookings(connection, actor, lines)
    imported = 0
    rows = [{"line_number": one.line_number, "id": one.id, **one.body} for one in bookings]
    said, refused = add_rows(connection, "ingest/add_bookings", rows)
    refusals += refused
    for row in said:
        if row["outcome"] in _REASONS:
            refusals.append(Refusal(row["line_number"], _REASONS[row["outcome"]], row["detail"]))
        elif row["outcome"] == "imported":
            imported += 1
        else:
            duplicate += 1
    return imported, duplicate, refusals


def _bookings(
    connection: Connection, actor: Actor, lines: list[Line]
) -> tuple[list[_Booking], list[Refusal], int]:
    """The bookings of the lines, each id and code once, what is refused, and how many were told twice."""
    campaigns = campaigns_of(connection, {values["campaign"] for _, values in lines})
    by_id: dict[UUID, _Booking] = {}
    codes: set[str] = set()
    refusals: list[Refusal] = []
    twice = 0
    for number, values in lines:
        try:
            booking = _booking(actor, campaigns, number, values)
            before = by_id.get(booking.id)
            if before is not None and before.body == booking.body:
                twice += 1
                continue
            if before is not None:
                raise RowRefused(_REASONS["different"], f"line {before.line_number}")
            code = booking.body.get("promo_code")
            if code in codes:
                raise RowRefused(_REASONS["code_taken"], code or "")
        except RowRefused as refused:
            refusals.append(Refusal(number, refused.reason, refused.detail))
            continue
        by_id[booking.id] = booking
        codes |= {code} if code else set()
    return list(by_id.values()), refusals, twice


def _booking(
    actor: Actor, campaigns: dict[str, UUID | None], number: int, values: dict[str, Any]
) -> _Booking:
    if values["ends_on"] < values["starts_on"]:
        raise RowRefused("The flight ends before it begins.", f"{values['starts_on']} to {values['ends_on']}")
    if values["pricing_model"] == "cpm" and "booked_impressions" not in values:
        raise RowRefused("A value is missing.", "booked_impressions")
    campaign_id = campaigns.get(values["campaign"])
    if campaign_id is None:
        raise RowRefused(
            "The campaign is not known, or its name is that of several.", printable(values["campaign"])
        )
    body = {"campaign_id": campaign_id, "booking_date": values["starts_on"], **values}
    body["rate_micros"] = body.pop("rate")
    del body["campaign"]
    source_id = body.pop("id", None)
    told = source_id or orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
    return _Booking(number, uuid5(uuid5(_IDS, str(actor.tenant_id)), told), body)


def campaigns_of(connection: Connection, names: set[str]) -> dict[str, UUID | None]:
    """The campaigns of these ids or names; None for a name of several."""
    ids = {name: parsed for name in names if (parsed := _uuid(name)) is not None}
    known = {row["id"] for row in ask(connection, "ingest/campaigns_by_id", ids=list(ids.values()))}
    campaigns: dict[str, UUID | None] = {name: id_ for name, id_ in ids.items() if id_ in known}
    for row in ask(connection, "ingest/campaigns_named", names=list(names - ids.keys())):
        campaigns[row["name"]] = None if row["name"] in campaigns else row["id"]
    return campaigns


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
