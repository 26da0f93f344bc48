"""The worker's command that brings attribution_paths and attribution_analytics up to date with what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from queries.attribution.models import MODELS, as_decimals, credit, decimal_text
from queries.attribution.paths import (
    ANONYMOUS_SOURCES,
    WINDOWS,
    Conversion,
    ConversionEvent,
    merge_conversions,
)
from queries.periods import tenant_zone
from queries.session import system_session
from queries.statements import ask, tell

ANALYTICS_VERSION = 1
NO_CHANNEL = "none"
"""Channel of a touch without an episode: a visit that came to the sponsor's website with no show known."""
_PATHS_AT_ONCE = 1000
_DAYS_AT_ONCE = 31
_REVENUE_PLACES = 6


@dataclass(frozen=True, slots=True)
class Touch:
    """One impression or visit before a conversion, by the channels it is credited under."""

    at: datetime
    podcast: str
    episode: str


@dataclass(frozen=True, slots=True)
class StoredConversion:
    """One conversion as stored, with its touches, oldest first."""

    converted_at: datetime
    conversion_type: str
    value_micros: int | None
    currency: str | None
    sources: tuple[str, ...]
    touches: tuple[Touch, ...]


def compute_attribution() -> dict[str, int]:
    """Brings paths and daily results of every tenant up to date; numbers of tenants, campaigns and rows written.

    Each tenant is one transaction that takes its campaigns off the queue and stores their results, so a crash repeats
    the work and never loses it. A tenant that fails does not stop the others; its error is raised at the end, and the
    as-of of the pass stands still; each tenant has one of its own. Source: internal.dirty_campaigns, noted by the
    refresh of the rollups.
    """
    with system_session("attribution") as connection:
        moment = ask(connection, "attribution/unscoped_rollups_as_of")[0]
        tenants = [row["tenant_id"] for row in ask(connection, "attribution/unscoped_waiting_tenants")]
    total: Counter[str] = Counter(tenants=0, campaigns=0, rows=0)
    failed: Exception | None = None
    for tenant_id in tenants:
        try:
            total.update(unscoped_compute_tenant(tenant_id))
            total["tenants"] += 1
        except Exception as error:  # noqa: BLE001 - the other tenants' results must not wait for this one's cure
            failed = failed or error
    if failed is not None:
        raise failed
    # Complete up to what the rollups had noted when this pass began, and no later.
    as_of = min(moment["started_at"], moment["noted_at"] or moment["started_at"])
    with system_session("attribution") as connection:
        tell(
            connection, "attribution/unscoped_mark_refreshed", refreshed_at=as_of, rows_written=total["rows"]
        )
    return dict(total)


def unscoped_compute_tenant(tenant_id: UUID) -> dict[str, int]:
    """Brings one tenant's changed campaigns up to date; numbers of campaigns and rows written."""
    written = Counter(campaigns=0, rows=0)
    with system_session("attribution", tenant_id=tenant_id) as connection:
        zone = tenant_zone(ask(connection, "attribution/lock_tenant")[0]["time_zone"])
        noted = ask(connection, "attribution/rollups_noted_at")
        for claimed in ask(connection, "attribution/claim_dirty_campaigns"):
            written["campaigns"] += 1
            written["rows"] += _compute_campaign(
                connection, claimed["campaign_id"], zone, claimed["since"], claimed["conversion_type"]
            )
        if noted:
            tell(connection, "attribution/note_attributed", as_of=noted[0]["refreshed_at"])
    return dict(written)


def _compute_campaign(
    connection: Connection, campaign_id: UUID, zone: ZoneInfo, since: datetime, goal: str
) -> int:
    stretched = ask(connection, "attribution/stretched_conversions", campaign_id=campaign_id, since=since)
    events = _connected_events(connection, campaign_id, since, stretched)
    touched = {row["event_id"] for row in stretched}
    changed = [
        conversion
        for conversion in merge_conversions(events)
        if conversion.last_event_at >= since or conversion.event_id in touched
    ]
    written = tell(
        connection,
        "attribution/drop_paths",
        campaign_id=campaign_id,
        since=since,
        kept_event_ids=[conversion.event_id for conversion in changed],
    )
    for batch in _batches(changed, _PATHS_AT_ONCE):
        written += tell(
            connection,
            "attribution/write_paths",
            campaign_id=campaign_id,
            conversions=json.dumps([_as_row(conversion) for conversion in batch]),
        )

    days = [
        row["day"]
        for row in ask(
            connection,
            "attribution/days_with_conversions",
            campaign_id=campaign_id,
            since=since,
            time_zone=zone.key,
            event_ids=[conversion.event_id for conversion in changed],
        )
    ]
    kept: list[date] = []
    for batch in _batches(days, _DAYS_AT_ONCE):
        results = _results_of_days(connection, campaign_id, zone, batch, goal)
        kept += results
        written += tell(
            connection,
            "attribution/write_analytics",
            campaign_id=campaign_id,
            results=json.dumps(
                [{"day": day.isoformat(), "metrics": metrics} for day, metrics in results.items()]
            ),
        )
    return written + tell(
        connection,
        "attribution/drop_analytics",
        campaign_id=campaign_id,
        days=days,
        since=since,
        time_zone=zone.key,
        kept_days=kept,
    )


def _connected_events(
    connection: Connection, campaign_id: UUID, since: datetime, stretched: Sequence[Mapping[str, Any]]
) -> list[ConversionEvent]:
    """Every report from `since` on, and each older one that could be the same conversion as one of them.

    TRICKY: reports are the same only through a listener or an order id, so the older ones are fetched until no new
    listener or order appears. Merging such a closed set gives what merging everything would give.
    """
    events = {
        event.event_id: event
        for event in _events(
            ask(connection, "attribution/conversion_events_since", campaign_id=campaign_id, since=since)
        )
    }
    listeners = {row["listener_id"] for row in stretched} | {event.listener_id for event in events.values()}
    orders = {row["order_id"] for row in stretched} | {event.order_id for event in events.values()}
    asked: tuple[set[str | None], set[str | None]] = (set(), set())
    while listeners - asked[0] - {None} or orders - asked[1] - {None}:
        older = _events(
            ask(
                connection,
                "attribution/conversion_events_linked",
                campaign_id=campaign_id,
                before=since,
                listener_ids=sorted(key for key in listeners - asked[0] if key is not None),
                order_ids=sorted(key for key in orders - asked[1] if key is not None),
            )
        )
        asked = (set(listeners), set(orders))
        events.update((event.event_id, event) for event in older)
        listeners |= {event.listener_id for event in older}
        orders |= {event.order_id for event in older}
    return list(events.values())


def _events(rows: Iterable[Mapping[str, Any]]) -> list[ConversionEvent]:
    return [ConversionEvent(**row) for row in rows]


def _as_row(conversion: Conversion) -> dict[str, Any]:
    value, currency = conversion.value
    return {
        "event_id": str(conversion.event_id),
        "converted_at": conversion.converted_at.isoformat(),
        "last_event_at": conversion.last_event_at.isoformat(),
        "conversion_type": conversion.conversion_type,
        "listener_id": conversion.listener_id,
        "source": conversion.source,
        "value_micros": None if value is None else int(value),
        "currency": currency,
        "merged_events": len(conversion.reports),
        "sources": list(conversion.sources),
    }


def _results_of_days(
    connection: Connection, campaign_id: UUID, zone: ZoneInfo, days: Sequence[date], goal: str
) -> dict[date, dict[str, Any]]:
    conversions: dict[date, list[StoredConversion]] = {}
    for row in ask(
        connection,
        "attribution/conversions_of_days",
        campaign_id=campaign_id,
        days=list(days),
        time_zone=zone.key,
    ):
        conversions.setdefault(row["day"], []).append(_stored(row))
    hints = {
        row["day"]: row["hints"]
        for row in ask(
            connection,
            "attribution/anonymous_hints_of_days",
            campaign_id=campaign_id,
            days=list(days),
            time_zone=zone.key,
            sources=sorted(ANONYMOUS_SOURCES),
            conversion_type=goal,
        )
    }
    return {
        day: day_result(conversions.get(day, []), goal, hints.get(day, 0))
        for day in days
        if day in conversions or day in hints
    }


def _stored(row: Mapping[str, Any]) -> StoredConversion:
    return StoredConversion(
        converted_at=row["converted_at"].astimezone(UTC),
        conversion_type=row["conversion_type"],
        value_micros=None if row["value_micros"] is None else int(row["value_micros"]),
        currency=row["currency"],
        sources=tuple(row["sources"]),
        touches=tuple(
            Touch(
                at=datetime.fromisoformat(touch["at"]),
                podcast=touch["podcast_id"] or NO_CHANNEL,
                episode=touch["episode_id"] or NO_CHANNEL,
            )
            for touch in row["touchpoints"]
        ),
    )


def day_result(conversions: Sequence[StoredConversion], goal: str, anonymous: int) -> dict[str, Any]:
    """What attribution_analytics holds for one campaign and day, from that day's conversions.

    Conversions are those of the campaign's goal; leads and purchases are both counted beside them. Revenue is what the
    conversions carried, per currency. Shape: documented on the column `attribution_analytics.metrics`.
    """
    reached = [conversion for conversion in conversions if conversion.conversion_type == goal]
    revenue: Counter[str] = Counter()
    for conversion in reached:
        if conversion.currency is not None and conversion.value_micros is not None:
            revenue[conversion.currency] += conversion.value_micros
    return {
        "version": ANALYTICS_VERSION,
        "conversions": len(reached),
        "leads": sum(conversion.conversion_type == "lead" for conversion in conversions),
        "purchases": sum(conversion.conversion_type == "purchase" for conversion in conversions),
        "revenue_micros": {currency: str(amount) for currency, amount in sorted(revenue.items())},
        "by_source": dict(
            sorted(Counter(source for conversion in reached for source in conversion.sources).items())
        ),
        "overlap": sum(len(conversion.sources) > 1 for conversion in reached),
        "anonymous": anonymous,
        "windows": {str(window): _window_result(reached, window) for window in WINDOWS},
    }


def _window_result(conversions: Sequence[StoredConversion], window_days: int) -> dict[str, Any]:
    inside = [
        (
            conversion,
            [
                touch
                for touch in conversion.touches
                if touch.at >= conversion.converted_at - timedelta(days=window_days)
            ],
        )
        for conversion in conversions
    ]
    attributed = sum(bool(touches) for _, touches in inside)
    models: dict[str, dict[str, dict[str, Any]]] = {model: {} for model in MODELS}
    for kind in ("podcast", "episode"):
        paths = [(conversion, [getattr(touch, kind) for touch in touches]) for conversion, touches in inside]
        currencies = sorted(
            {conversion.currency for conversion in conversions if conversion.currency is not None}
        )
        for model in MODELS:
            channels: dict[str, Any] = {
                channel: {"conversions": decimal_text(amount), "revenue_micros": {}}
                for channel, amount in sorted(
                    as_decimals(credit(((path, 1) for _, path in paths), model)).items()
                )
            }
            for currency in currencies:
                carried = [
                    (path, conversion.value_micros)
                    for conversion, path in paths
                    if conversion.currency == currency and conversion.value_micros is not None
                ]
                for channel, amount in as_decimals(credit(carried, model), _REVENUE_PLACES).items():
                    channels[channel]["revenue_micros"][currency] = decimal_text(amount)
            models[model][kind] = channels
    return {"attributed": attributed, "unattributed": len(conversions) - attributed, "models": models}


def _batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[first : first + size] for first in range(0, len(items), size))
