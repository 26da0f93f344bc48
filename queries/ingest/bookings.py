"""Imports bookings (insertion orders) from a CSV file, plain or packed; imported again it adds nothing."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection

from queries.ingest.columns import RowRefused, found, normalised, printable
from queries.ingest.imports import ImportRefused, ImportResult, Refusal, Tally, importing, refuse, result
from queries.ingest.packing import unpacked
from queries.session import Actor
from queries.statements import ask

_LARGEST = 4 * 1024 * 1024
_IDS = UUID("0d4b7f0a-9a53-5f0e-8c57-2c1f5d9f7a11")
_LONGEST = 500
_MOST = 10**12
_REASONS = {
    "different": "Another booking of this id stands already, with other content.",
    "code_taken": "Another booking has this promo code.",
}


@dataclass(frozen=True, slots=True)
class _Booking:
    line_number: int
    campaign: str
    source_id: str | None
    values: dict[str, Any]


def import_bookings(actor: Actor, source: BinaryIO, *, name: str) -> ImportResult:
    """What became of the rows of `source`: campaign (id or name), starts_on, ends_on, pricing_model (cpm or flat),
    rate, currency and, where they apply, booked_impressions, booking_date, promo_code, vanity_url and the source's id.

    Raises: ImportRefused when the file as a whole cannot be understood; then nothing of it stands.
    """
    try:
        with unpacked(source) as plain:
            content = plain.read(_LARGEST + 1)
    except ImportRefused as refused:
        refuse(actor, "bookings", name, refused)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        rows, refusals = _read(content)
    except ImportRefused as refused:
        refuse(actor, "bookings", name, refused, sha256=sha256)
    with importing(actor, "bookings", name) as (connection, import_id, tally):
        tally.source_sha256 = sha256
        refusals += _store(connection, actor, tally, rows)
        tally.record(connection, import_id, sorted(refusals, key=lambda r: r.line_number))
    return result(import_id, "bookings", tally)


def _read(content: bytes) -> tuple[list[_Booking], list[Refusal]]:
    if len(content) > _LARGEST:
        raise ImportRefused(f"The file is larger than {_LARGEST // 1024 // 1024} MiB.")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ImportRefused("The file is not valid UTF-8.") from None
    rows = csv.reader(lines, strict=True)
    try:
        header = [normalised(cell) for cell in next(rows, [])]
    except csv.Error:
        raise ImportRefused("The names of the columns cannot be read.") from None
    unknown = [cell for cell in header if cell not in _COLUMNS]
    absent = [key for key, (_, is_required) in _COLUMNS.items() if is_required and key not in header]
    if unknown or absent:
        wrong = f"{unknown[0]!r} is not known" if unknown else f"there is no column {absent[0]}"
        raise ImportRefused(f"Bookings have the columns {', '.join(_COLUMNS)}; {wrong}.")
    bookings: list[_Booking] = []
    refusals: list[Refusal] = []
    while True:
        try:
            cells = next(rows, None)
            if cells is None:
                return bookings, refusals
            if any(cells):
                bookings.append(_booking(rows.line_num, header, cells))
        except csv.Error:
            refusals.append(Refusal(rows.line_num, "The quotes in this line do not match."))
        except RowRefused as refused:
            refusals.append(Refusal(rows.line_num, refused.reason, refused.detail))


def _booking(line_number: int, header: list[str], cells: list[str]) -> _Booking:
    if len(cells) != len(header):
        raise RowRefused(
            "The line has another number of values than the header.", f"{len(cells)}, not {len(header)}"
        )
    given = {key: cell.strip() for key, cell in zip(header, cells, strict=True) if cell.strip()}
    values: dict[str, Any] = {}
    for key, (read, is_required) in _COLUMNS.items():
        if key in given:
            values[key] = read(key, given[key])
        elif is_required:
            raise RowRefused("A value is missing.", key)
    if values["ends_on"] < values["starts_on"]:
        raise RowRefused("The flight ends before it begins.", f"{values['starts_on']} to {values['ends_on']}")
    if values["pricing_model"] == "cpm" and "booked_impressions" not in values:
        raise RowRefused("A value is missing.", "booked_impressions")
    values["rate_micros"] = values.pop("rate")
    values.setdefault("booking_date", values["starts_on"])
    return _Booking(line_number, values.pop("campaign"), values.pop("id", None), values)


def _store(connection: Connection, actor: Actor, tally: Tally, bookings: list[_Booking]) -> list[Refusal]:
    refusals: list[Refusal] = []
    campaigns = campaigns_of(connection, {booking.campaign for booking in bookings})
    rows: dict[UUID, dict[str, Any]] = {}
    codes: set[str] = set()
    for booking in bookings:
        campaign = campaigns.get(booking.campaign)
        code = booking.values.get("promo_code")
        if campaign is None:
            refusals.append(
                Refusal(
                    booking.line_number,
                    "The campaign is not known, or its name is that of several.",
                    printable(booking.campaign),
                )
            )
            continue
        body = {"campaign_id": campaign, **booking.values}
        told = booking.source_id or orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        id_ = uuid5(uuid5(_IDS, str(actor.tenant_id)), told)
        before = rows.get(id_)
        if before is not None and {**body, "id": id_, "line_number": before["line_number"]} == before:
            tally.duplicate += 1
        elif before is not None:
            refusals.append(Refusal(booking.line_number, _REASONS["different"]))
        elif code in codes:
            refusals.append(Refusal(booking.line_number, _REASONS["code_taken"], code or ""))
        else:
            rows[id_] = {**body, "id": id_, "line_number": booking.line_number}
            codes |= {code} if code else set()
    for row in ask(connection, "ingest/add_bookings", rows=orjson.dumps(list(rows.values())).decode()):
        if row["outcome"] in _REASONS:
            refusals.append(Refusal(row["line_number"], _REASONS[row["outcome"]]))
        elif row["outcome"] == "imported":
            tally.imported += 1
        else:
            tally.duplicate += 1
    return refusals


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


def _text(key: str, text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise RowRefused("A text is too long or has control characters in it.", found(key, text))
    return text


def _code(key: str, text: str) -> str:
    return _text(key, text).upper()


def _day(key: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RowRefused("A day is written like 2026-10-31.", found(key, text)) from None


def _count(key: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:20]) <= _MOST:
        raise RowRefused("This is not a number of impressions.", found(key, text))
    return int(text)


def _money(key: str, text: str) -> int:
    try:
        micros = Decimal(text[:40]) * 1_000_000
        if not 0 <= micros <= 10**15 or micros != micros.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        raise RowRefused("This is not an amount of money.", found(key, text)) from None
    return int(micros)


def _currency(key: str, text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise RowRefused("A currency is three letters, like EUR.", found(key, text))
    return text.upper()


def _pricing(key: str, text: str) -> str:
    if text.lower() not in ("cpm", "flat"):
        raise RowRefused("The pricing is cpm or flat.", found(key, text))
    return text.lower()


_COLUMNS: dict[str, tuple[Callable[[str, str], Any], bool]] = {
    "id": (_text, False),
    "campaign": (_text, True),
    "booking_date": (_day, False),
    "starts_on": (_day, True),
    "ends_on": (_day, True),
    "pricing_model": (_pricing, True),
    "booked_impressions": (_count, False),
    "rate": (_money, True),
    "currency": (_currency, True),
    "promo_code": (_code, False),
    "vanity_url": (_text, False),
}
