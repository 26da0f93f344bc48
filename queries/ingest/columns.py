"""The columns that an event file may have, under which names, and what is accepted in each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from queries.ingest.cells import (
    RowRefused,
    country_of,
    currency_of,
    guid_of,
    id_of,
    impersonal_of,
    label_of,
    micros_of,
    moment_of,
    money_of,
    one_of,
    program_of,
    promo_code_of,
    quartile_of,
    seconds_of,
    text_of,
)

Kind = Literal["listener", "attribution"]
KINDS: tuple[Kind, ...] = ("listener", "attribution")

LISTENER_TYPES = ("download", "play", "progress", "complete", "ad_play", "follow")
ATTRIBUTION_TYPES = ("impression", "visit", "lead", "purchase")
CONVERSION_SOURCES = ("pixel", "promo_code", "vanity_url", "survey")

UNKNOWN_TYPE = {
    "listener": f"The event type is none of {', '.join(LISTENER_TYPES)}.",
    "attribution": f"The event type is none of {', '.join(ATTRIBUTION_TYPES)}.",
}

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


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


_COMMON = (
    Column(
        "id",
        "The source's own id of the event, unique over all sources of the tenant (where two number 1, 2, 3, write "
        "host-a-1 and host-b-1); without it the content identifies the event",
        text_of, ("event_id", "source_id"),
    ),
    Column("episode_id", "The episode's id in podboard (a feed's guid is understood too)", guid_of, ("episode",)),
    Column("episode_guid", "The episode's guid in its feed, in place of episode_id", guid_of, ("guid",)),
    Column(
        "occurred_at", "When it happened, with zone: 2026-10-31T18:05:00+01:00", moment_of,
        ("timestamp", "time", "event_time", "date_time", "datetime"), required=True,
    ),
    Column("ad_unit_id", "The ad unit in podboard", id_of, ("ad_unit",), data=True),
)  # fmt: skip

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    "listener": (
        *_COMMON,
        Column(
            "listener_id", "A hash that stands for the listener", impersonal_of,
            ("listener", "listener_hash"), required=True,
        ),
        Column(
            "event_type", "One of " + ", ".join(LISTENER_TYPES),
            one_of(LISTENER_TYPES, UNKNOWN_TYPE["listener"]), ("event", "type"), required=True,
        ),
        Column("app", "Name of the app", program_of, ("app_name", "player", "client"), data=True),
        Column("device", "Kind of device, in the source's own words", program_of, ("device_type",), data=True),
        Column("os", "Operating system", program_of, ("operating_system", "platform"), data=True),
        Column(
            "country", "Two letters, like DE; letters of no country (ZZ) are unknown", country_of, ("country_code",),
            data=True,
        ),
        Column("region", "Region inside the country", label_of, ("region_code", "state"), data=True),
        Column("source", "Where the event was counted", label_of, ("host", "provider"), data=True),
        Column("from_s", "progress: second at which this stretch begins", seconds_of, ("from_seconds",), data=True),
        Column("to_s", "progress: second at which this stretch ends", seconds_of, ("to_seconds",), data=True),
        Column("quartile", "ad_play: 0 (start) to 4 (end)", quartile_of, data=True),
    ),
    "attribution": (
        *_COMMON,
        Column("campaign_id", "The campaign in podboard", id_of, ("campaign",)),
        Column(
            "promo_code", "The code a buyer gave, in place of campaign_id", promo_code_of, ("code", "coupon"), data=True
        ),
        Column(
            "listener_id", "A hash that stands for the listener; an impression needs it", impersonal_of,
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
            impersonal_of, ("order", "order_number"), data=True,
        ),
        Column("value_micros", "Value in millionths of the currency", micros_of, data=True),
        Column(
            "value", "Value in the currency, like 19.90, in place of value_micros", money_of,
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
