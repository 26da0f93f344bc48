"""Impressions of ads in downloads: whatever way a download came in, its ads become impressions here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

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

    `day` is the tenant's, on which campaigns are in flight.
    """

    download_id: str
    episode: str
    listener_id: str
    occurred_at: datetime
    day: date
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Impressions:
    """How many impressions are new, and the ids of downloads in which an ad in flight is not delivered yet."""

    made: int
    awaited: frozenset[str]


def make_impressions(connection: Connection, downloads: Iterable[Carrier]) -> Impressions:
    """Adds an impression for each ad in flight that was delivered in these downloads. Done again it adds nothing."""
    found = list(downloads)
    ads = _ads_in_flight(connection, {(one.episode, one.day) for one in found})
    delivered: list[tuple[Carrier, str]] = []
    awaited: set[str] = set()
    for one in found:
        for unit, ad in ads.get((one.episode, one.day), ()):
            if one.delivery is None or is_ad_delivered(one.delivery, ad):
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


def _ads_in_flight(
    connection: Connection, days: set[tuple[str, date]]
) -> dict[tuple[str, date], list[tuple[str, Ad]]]:
    """The ads of these episodes on these days: id and place."""
    found: dict[tuple[str, date], list[tuple[str, Ad]]] = {}
    if days:
        rows = ask(
            connection, "ingest/ads_in_flight",
            episodes=plain_array([episode for episode, _ in days]),
            days=plain_array([day.isoformat() for _, day in days]),
        )  # fmt: skip
        for row in rows:
            ad = Ad(row["position_seconds"], row["duration_seconds"], row["is_baked_in"])
            found.setdefault((str(row["episode_id"]), row["day"]), []).append((str(row["ad_unit_id"]), ad))
    return found
