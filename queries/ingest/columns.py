"""The columns that an event file may have, under which names, and what is accepted in each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

import orjson

from queries.ingest.countries import countries
from queries.ingest.currencies import currencies
from queries.ingest.personal import is_personal, is_personal_label, is_personal_program, masked

Kind = Literal["listener", "attribution"]
KINDS: tuple[Kind, ...] = ("listener", "attribution")

LISTENER_TYPES = ("download", "play", "progress", "complete", "ad_play", "follow")
ATTRIBUTION_TYPES = ("impression", "visit", "lead", "purchase")
CONVERSION_SOURCES = ("pixel", "promo_code", "vanity_url", "survey")

UNKNOWN_TYPE = {
    "listener": f"The event type is none of {', '.join(LISTENER_TYPES)}.",
    "attribution": f"The event type is none of {', '.join(ATTRIBUTION_TYPES)}.",
}

_LONGEST_SECONDS = 100 * 3600
LARGEST_AMOUNT = 100_000_000
"""Units of its currency that an order may have, by file, API and pixel: anybody may ask for a pixel, and one order of a
thousand millions would be the campaign's whole revenue."""
_TEXT_LIMIT = 200
_LABEL_LIMIT = 80
_SHOWN_LIMIT = 80
_LOOKED_AT = 1_000
"""Characters of a text that are masked before it is cut: what was cut in two would not be known again."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DOUBLE = Context(prec=15)
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class RowRefused(ValueError):
    """This row cannot be taken; the reason is one of a few sentences, the detail says what was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the other names it is known by, what it holds.

    `data` columns end in the event's data object; `read` turns the cell into the value or raises RowRefused.
    """

    key: str
    meaning: str
    read: Callable[[str, Any], Any]
    aliases: tuple[str, ...] = ()
    required: bool = False
    data: bool = False


def found(key: str, value: object) -> str:
    """The detail that shows a value of the file: short, one line."""
    return f"{key}: {printable(str(value))}"


def printable(text: str) -> str:
    """The beginning of a text of the file, fit for a terminal and a page, without what says who somebody is."""
    text = masked(text[:_LOOKED_AT])
    shown = "".join(sign if sign.isprintable() else " " for sign in text[:_SHOWN_LIMIT])
    return shown + ("…" if len(text) > _SHOWN_LIMIT else "")


def text_of(key: str, value: Any, limit: int = _TEXT_LIMIT) -> str:
    """A text without control and half characters. Raises: RowRefused, as all that read a cell."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowRefused("A text is expected here.", found(key, value))
    text = str(value).strip()
    if _CONTROL.search(text):
        raise RowRefused("A text has control characters in it.", found(key, text))
    if _HALF.search(text):
        raise RowRefused("A text is not valid UTF-8.", found(key, text))
    if len(text) > limit:
        raise RowRefused(f"A text is longer than {limit} characters.", found(key, text))
    return text


def _label(key: str, value: Any) -> str:
    text = text_of(key, value, _LABEL_LIMIT)
    if is_personal_label(text):
        raise _address_of(key)
    return text


def _program(key: str, value: Any) -> str:
    text = text_of(key, value, _LABEL_LIMIT)
    if is_personal_program(text):
        raise _address_of(key)
    return text


def _guid(key: str, value: Any) -> str:
    return text_of(key, value, 2000)


def _address_of(key: str) -> RowRefused:
    # Never shown, never stored: podboard keeps no addresses.
    name = key.replace("_", " ")
    return RowRefused(f"The {name} is an address of a person or device: send a hash of it.")


def _impersonal(key: str, value: Any) -> str:
    """A text that says of nobody who it is. Raises: RowRefused, without showing what stood there."""
    text = text_of(key, value)
    if is_personal(text):
        raise _address_of(key)
    return text


def _id(key: str, value: Any) -> UUID:
    try:
        return UUID(text_of(key, value))
    except ValueError:
        raise RowRefused("This is not an id.", found(key, value)) from None


def _moment(key: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text_of(key, value))
    except ValueError as error:
        if isinstance(error, RowRefused):
            raise
        raise RowRefused(
            "The time is not understood: write it like 2026-10-31T18:05:00+01:00.", found(key, value)
        ) from None
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise RowRefused("The time has no zone: add Z or an offset like +01:00.", found(key, value))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RowRefused(
            "The time is not understood: write it like 2026-10-31T18:05:00+01:00.", found(key, value)
        ) from None


def number_of(key: str, value: Any) -> Decimal:
    """A finite number."""
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidOperation
        text = str(value).strip()
        # Python reads the digits of every script, JSON those of one.
        if len(text) > 40 or "_" in text or not text.isascii():
            raise InvalidOperation
        number = Decimal(text)
    except InvalidOperation:
        raise RowRefused("This is not a number.", found(key, value)) from None
    if not number.is_finite():
        raise RowRefused("This is not a number.", found(key, value))
    return number


def seconds_of(key: str, value: Any) -> int | float:
    """Seconds from 0 on, to the millisecond."""
    number = number_of(key, value)
    if number < 0:
        raise RowRefused("A duration is negative.", found(key, value))
    if number > _LONGEST_SECONDS:
        raise RowRefused("A duration is longer than 100 hours.", found(key, value))
    return int(number) if number == number.to_integral_value() else float(round(number, 3))


def _quartile(key: str, value: Any) -> int:
    number = number_of(key, value)
    if number not in (0, 1, 2, 3, 4):
        raise RowRefused("A quartile is 0 (start), 1, 2, 3 or 4 (end).", found(key, value))
    return int(number)


def _country(key: str, value: Any) -> str:
    """The country's code; empty, as where none is told, for letters that no country has."""
    text = text_of(key, value).upper()
    if not _COUNTRY.fullmatch(text):
        raise RowRefused("A country is two letters, like DE.", found(key, value))
    # ZZ, XX and the like are how sources say that they do not know.
    return countries().get(text, "")


def currency_of(key: str, value: Any) -> str:
    """The currency in capitals. Raises: RowRefused."""
    text = text_of(key, value).upper()
    if not _CURRENCY.fullmatch(text):
        raise RowRefused("A currency is three letters, like EUR.", found(key, value))
    if text not in currencies():
        raise RowRefused("No country has this currency (ISO 4217).", found(key, value))
    return text


def _promo_code(key: str, value: Any) -> str:
    return _label(key, value).upper()


def _micros(key: str, value: Any) -> int:
    return _amount(key, value, number_of(key, value))


def _money(key: str, value: Any) -> int:
    return _amount(key, value, number_of(key, value) * 1_000_000)


def whole_micros(micros: Decimal) -> Decimal:
    """The amount as a double that stands for it would say it: of 0.30000000000000004 (0.1 + 0.2) what is exact.

    A double is sure of 15 digits, and no amount has more. What is no whole number of millionths then stays as it is.
    """
    said = _DOUBLE.plus(micros)
    return said if said == said.to_integral_value() else micros


def _amount(key: str, value: Any, micros: Decimal) -> int:
    micros = whole_micros(micros)
    if micros > LARGEST_AMOUNT * 1_000_000:
        raise RowRefused(f"An amount is at most {LARGEST_AMOUNT:,} of its currency.", found(key, value))
    if micros < 0 or micros != micros.to_integral_value():
        raise RowRefused("This is not an amount of money.", found(key, value))
    return int(micros)


def one_of(choices: tuple[str, ...], reason: str) -> Callable[[str, Any], str]:
    """Reads one of these words; what is none of them is refused with the reason."""

    def read(key: str, value: Any) -> str:
        text = text_of(key, value).lower()
        if text not in choices:
            raise RowRefused(reason, found(key, value))
        return text

    return read


_COMMON = (
    Column(
        "id",
        "The source's own id of the event, unique over all sources of the tenant (where two number 1, 2, 3, write "
        "host-a-1 and host-b-1); without it the content identifies the event",
        text_of, ("event_id", "source_id"),
    ),
    Column("episode_id", "The episode's id in podboard (a feed's guid is understood too)", _guid, ("episode",)),
    Column("episode_guid", "The episode's guid in its feed, in place of episode_id", _guid, ("guid",)),
    Column(
        "occurred_at", "When it happened, with zone: 2026-10-31T18:05:00+01:00", _moment,
        ("timestamp", "time", "event_time", "date_time", "datetime"), required=True,
    ),
    Column("ad_unit_id", "The ad unit in podboard", _id, ("ad_unit",), data=True),
)  # fmt: skip

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    "listener": (
        *_COMMON,
        Column(
            "listener_id", "A hash that stands for the listener", _impersonal,
            ("listener", "listener_hash"), required=True,
        ),
        Column(
            "event_type", "One of " + ", ".join(LISTENER_TYPES),
            one_of(LISTENER_TYPES, UNKNOWN_TYPE["listener"]), ("event", "type"), required=True,
        ),
        Column("app", "Name of the app", _program, ("app_name", "player", "client"), data=True),
        Column("device", "Kind of device, in the source's own words", _program, ("device_type",), data=True),
        Column("os", "Operating system", _program, ("operating_system", "platform"), data=True),
        Column(
            "country", "Two letters, like DE; letters of no country (ZZ) are unknown", _country, ("country_code",),
            data=True,
        ),
        Column("region", "Region inside the country", _label, ("region_code", "state"), data=True),
        Column("source", "Where the event was counted", _label, ("host", "provider"), data=True),
        Column("from_s", "progress: second at which this stretch begins", seconds_of, ("from_seconds",), data=True),
        Column("to_s", "progress: second at which this stretch ends", seconds_of, ("to_seconds",), data=True),
        Column("quartile", "ad_play: 0 (start) to 4 (end)", _quartile, data=True),
    ),
    "attribution": (
        *_COMMON,
        Column("campaign_id", "The campaign in podboard", _id, ("campaign",)),
        Column(
            "promo_code", "The code a buyer gave, in place of campaign_id", _promo_code, ("code", "coupon"), data=True
        ),
        Column(
            "listener_id", "A hash that stands for the listener; an impression needs it", _impersonal,
            ("listener", "listener_hash"),
        ),
        Column(
            "attribution_type", "One of " + ", ".join(ATTRIBUTION_TYPES),
            one_of(ATTRIBUTION_TYPES, UNKNOWN_TYPE["attribution"]), ("event_type", "event", "type"), required=True,
        ),
        Column(
            "source", "What found it: " + ", ".join(CONVERSION_SOURCES) + "; needed for all but impressions",
            one_of(CONVERSION_SOURCES, "The source is not known."), ("attribution_source",), data=True,
        ),
        Column(
            "order_id", "Order number; the same order found twice counts once, with another amount it is refused",
            _impersonal, ("order", "order_number"), data=True,
        ),
        Column("value_micros", "Value in millionths of the currency", _micros, data=True),
        Column(
            "value", "Value in the currency, like 19.90, in place of value_micros", _money,
            ("amount", "revenue", "order_value"),
        ),
        Column("currency", "Three letters, like EUR; needed with a value", currency_of, ("currency_code",), data=True),
    ),
}  # fmt: skip

DATA_COLUMN: dict[Kind, str] = {"listener": "event_data", "attribution": "attribution_data"}
"""Beside the columns above a file may carry the event's data as one JSON object with the same keys."""

_OWN: dict[Kind, frozenset[str]] = {
    "listener": frozenset({"from_s", "to_s", "quartile", "app", "device", "os", "country", "region", "event_data"}),
    "attribution": frozenset({
        "campaign_id", "attribution_type", "promo_code", "order_id", "value_micros", "value", "currency",
        "attribution_data",
    }),
}  # fmt: skip


def normalised(name: str) -> str:
    """A column name without its capitals, blanks and signs."""
    return _NOT_A_WORD.sub("_", name.strip().lower()).strip("_")


def names_of(kind: Kind) -> dict[str, str]:
    """Every accepted column name with the key it means."""
    names = {DATA_COLUMN[kind]: DATA_COLUMN[kind]}
    for column in COLUMNS[kind]:
        for name in (column.key, *column.aliases):
            names[name] = column.key
    return names


def kind_of(names: Iterable[str]) -> Kind | None:
    """The kind of events that columns of these names hold; None when they do not tell."""
    given = {normalised(name) for name in names}
    keys: dict[Kind, set[str]] = {
        kind: {names_of(kind).get(name, "") for name in given} & _OWN[kind] for kind in KINDS
    }
    # event_type is a name of both; only an attribution file names a campaign or a code, though.
    if {"campaign_id", "promo_code"} & keys["attribution"] or "attribution_type" in given:
        return "attribution"
    if "event_type" in given or (keys["listener"] and not keys["attribution"]):
        return "listener"
    return None


@dataclass(slots=True)
class Row:
    """A row whose every cell was understood; whether its references exist is not known yet. `told`: `data` as JSON."""

    line_number: int
    source_id: str | None
    episode_id: str | None
    campaign_id: UUID | None
    listener_id: str | None
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    told: str


def read_row(kind: Kind, line_number: int, cells: Mapping[str, Any]) -> Row:
    """The row of these cells (by column key; blank ones left out). Raises: RowRefused."""
    values: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for column in COLUMNS[kind]:
        cell = cells.get(column.key)
        if cell is None or cell == "":
            if column.required:
                raise RowRefused("A value is missing.", column.key)
            continue
        value = column.read(column.key, cell)
        if value == "":
            if column.required:
                raise RowRefused("A value is missing.", column.key)
            continue
        (data if column.data else values)[column.key] = str(value) if isinstance(value, UUID) else value
    return check_row(kind, line_number, values, data)


def check_row(
    kind: Kind, line_number: int, values: Mapping[str, Any], data: dict[str, Any], told: str | None = None
) -> Row:
    """The row of values that were understood one by one; `told` is the data as JSON, where that is known already.

    Raises: RowRefused when they do not go together.
    """
    episode = values.get("episode_id") or values.get("episode_guid")
    if kind == "listener":
        _check_listener(values, data, episode)
    else:
        _check_attribution(values, data)
    campaign = values.get("campaign_id")
    if isinstance(campaign, str):
        campaign = UUID(campaign)
    return Row(
        line_number, values.get("id"), episode, campaign, values.get("listener_id"),
        values["event_type" if kind == "listener" else "attribution_type"], values["occurred_at"], data,
        told or orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode(),
    )  # fmt: skip


def _check_listener(values: Mapping[str, Any], data: Mapping[str, Any], episode: str | None) -> None:
    if episode is None:
        raise RowRefused("A value is missing.", "episode_id")
    if values["event_type"] == "progress":
        for key in ("from_s", "to_s"):
            if key not in data:
                raise RowRefused("A value is missing.", key)
    if "from_s" in data and "to_s" in data and data["to_s"] < data["from_s"]:
        raise RowRefused("A duration is negative.", f"from_s: {data['from_s']}, to_s: {data['to_s']}")
    if values["event_type"] == "ad_play" and "ad_unit_id" not in data:
        raise RowRefused("A value is missing.", "ad_unit_id")


def _check_attribution(values: Mapping[str, Any], data: dict[str, Any]) -> None:
    if "campaign_id" not in values and "promo_code" not in data:
        raise RowRefused("A value is missing.", "campaign_id")
    if "value" in values and data.setdefault("value_micros", values["value"]) != values["value"]:
        raise RowRefused("value and value_micros differ.")
    if "value_micros" in data and "currency" not in data:
        raise RowRefused("A value needs its currency.", "currency")
    if values["attribution_type"] == "impression":
        if "listener_id" not in values:
            raise RowRefused("A value is missing.", "listener_id")
    elif "source" not in data:
        if "promo_code" not in data:
            raise RowRefused("A value is missing.", "source")
        data["source"] = "promo_code"
