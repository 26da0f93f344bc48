"""Impressions of ads in downloads: whatever way a download came in, its ads become impressions here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from queries.ingest.arrays import plain_array, text_array
from queries.ingest.counting.ads import Ad, is_ad_delivered
from queries.ingest.counting.verdicts import Delivery
from queries.statements import ask, tell


class Evidence(StrEnum):
    """Why an impression counts: as attribution_events.attribution_data says it."""

    BYTES = "bytes"
    """All bytes of the ad were sent."""
    DOWNLOAD = "download"
    """Nobody knows which bytes were: the ad counts with the download."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A download that stands, and what is known of the bytes that it brought: None where nothing is.

    `also`: ads beside those in flight that may be delivered in it.
    """

    download_id: str
    episode: str
    listener_id: str
    occurred_at: datetime
    delivery: Delivery | None = None
    also: tuple[Flight, ...] = ()


@dataclass(frozen=True, slots=True)
class Impressions:
    """How many impressions are new, and the ids of downloads in which an ad in flight is not delivered yet."""

    made: int
    awaited: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flight:
    """An ad unit, and the tenant days on which its campaign is in flight."""

    unit: str
    ad: Ad
    first_day: date
    last_day: date


def flights_of(connection: Connection, episodes: Collection[str]) -> dict[str, list[Flight]]:
    """The ads of these episodes; an episode without one is left out."""
    found: dict[str, list[Flight]] = {}
    if not episodes:
        return found
    for row in ask(connection, "ingest/flights_of_ads", episodes=plain_array(sorted(episodes))):
        found.setdefault(str(row["episode_id"]), []).append(flight(row))
    return found


def flight(row: Mapping[str, Any]) -> Flight:
    """The ad unit of a row."""
    ad = Ad(row["position_seconds"], row["duration_seconds"], row["is_baked_in"])
    return Flight(str(row["ad_unit_id"]), ad, row["first_day"], row["last_day"])


def make_impressions(
    connection: Connection, downloads: Iterable[Carrier], flights: Mapping[str, Sequence[Flight]],
    local_day: Callable[[datetime], date],
) -> Impressions:  # fmt: skip
    """Adds an impression for each ad in flight that was delivered in these downloads. Done again it adds nothing.

    `flights`: of the downloads' episodes. `local_day`: the tenant's day of a moment.
    """
    delivered: list[tuple[Carrier, str]] = []
    awaited: set[str] = set()
    for one in downloads:
        ads = {ad.unit: ad for ad in (*one.also, *flights.get(one.episode, ()))}
        if not ads:
            continue
        day = local_day(one.occurred_at)
        for unit, offered in ads.items():
            if not offered.first_day <= day <= offered.last_day:
                continue
            if one.delivery is None or is_ad_delivered(one.delivery, offered.ad):
                delivered.append((one, unit))
            else:
                awaited.add(one.download_id)
    if not delivered:
        return Impressions(0, frozenset(awaited))
    made = tell(
        connection, "ingest/add_impressions",
        downloads=plain_array([one.download_id for one, _ in delivered]),
        ad_units=plain_array([unit for _, unit in delivered]),
        listeners=text_array([one.listener_id for one, _ in delivered]),
        times=plain_array([one.occurred_at.isoformat() for one, _ in delivered]),
        evidence=plain_array([_evidence(one).value for one, _ in delivered]),
    )  # fmt: skip
    return Impressions(made, frozenset(awaited))


def _evidence(carrier: Carrier) -> Evidence:
    return Evidence.DOWNLOAD if carrier.delivery is None else Evidence.BYTES
