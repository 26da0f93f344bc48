"""A media host: a tenant whose episodes lie at it, and the lines of its access log."""

from __future__ import annotations

import io
from collections import Counter as Tally
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from queries.ingest.imports import ImportResult
from queries.ingest.logs.store import import_log
from tests.conftest import Database
from tests.studio import NOW, Studio
from tests.unit.counting_samples import PHONE

SIZE = 60_500
# Ten minutes in 60,500 bytes: a minute is a tenth of them.
MINUTE = 6_050
HALF = SIZE // 2
DAY = NOW.date() - timedelta(days=5)


class Host(Studio):
    """A studio whose two episodes lie at /one.mp3 and /two.mp3 of its host."""

    def __init__(self, database: Database, zone: str = "UTC", window: str | None = None) -> None:
        super().__init__(database, zone)
        with psycopg.connect(database.superuser_dsn) as connection:
            for episode, name in ((self.one, "one"), (self.two, "two")):
                connection.execute(
                    "update episodes set audio_url = %s, audio_bytes = %s, duration_seconds = 600 where id = %s",
                    [f"https://measurer.example/redirect.mp3/cdn.example/{name}.mp3", SIZE, episode],
                )
            if window is not None:
                connection.execute(
                    "update tenant_settings set settings = settings || jsonb_build_object('download_window', %s::text)"
                    " where tenant_id = %s",
                    [window, self.tenant.tenant_id],
                )

    def log(self, *lines: str, name: str = "access.log", **options: Any) -> ImportResult:
        return import_log(self.actor, io.BytesIO("".join(lines).encode()), name=name, **options)

    def downloads(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select episode_id, occurred_at from listener_events where tenant_id = %(tenant)s"
            " and event_type = 'download' order by occurred_at, listener_id"
        )

    def excluded(self) -> Tally[str]:
        return Tally(
            reason
            for (reason,) in self.rows("select reason from excluded_requests where tenant_id = %(tenant)s")
        )

    def state(self) -> tuple[Any, ...]:
        """All that an import may leave behind but its own row."""
        return tuple(
            tuple(self.rows(query))
            for query in (
                "select id, episode_id, listener_id, event_data::text, occurred_at, counted_by from listener_events"
                " where tenant_id = %(tenant)s order by 1",
                "select id, episode_id, reason, occurred_at from excluded_requests"
                " where tenant_id = %(tenant)s order by 1",
                "select number, download_window, time_zone, rule_version, data_centres, first_at, last_at"
                " from counting_methods where tenant_id = %(tenant)s order by 1",
                "select id, campaign_id, listener_id, attribution_data::text from attribution_events"
                " where tenant_id = %(tenant)s order by 1",
                "select listener_id, episode_id, opened_at, closes_at, is_counted, pieces, waiting_ids, download_id,"
                " requests::text"
                " from counting_windows where tenant_id = %(tenant)s order by 1, 2, 3",
            )
        )


class Seller(Host):
    """A host with a campaign in flight for a week around the day of its logs."""

    def __init__(self, database: Database, zone: str = "UTC", window: str | None = None) -> None:
        super().__init__(database, zone, window)
        self.flight = self.tenant.campaign(self.sponsor, DAY - timedelta(days=3), DAY + timedelta(days=3))

    def ad(self, place: tuple[int, int], **values: Any) -> UUID:
        return self.tenant.insert(
            "ad_units", campaign_id=self.flight, episode_id=self.one, unit_type="mid_roll", position_seconds=place[0],
            duration_seconds=place[1], **values,
        )  # fmt: skip

    def impressions(self) -> list[tuple[Any, ...]]:
        """Second of the ad, moment and evidence of each."""
        return self.rows(
            "select a.position_seconds, e.occurred_at, e.attribution_data ->> 'evidence'"
            " from attribution_events e join ad_units a on a.tenant_id = e.tenant_id"
            " and a.id = (e.attribution_data ->> 'ad_unit_id')::uuid and a.campaign_id = e.campaign_id"
            " and a.episode_id = e.episode_id where e.tenant_id = %(tenant)s order by 2, 1"
        )

    def seconds(self) -> list[int]:
        return [second for second, *_ in self.impressions()]

    def windows(self) -> int:
        return int(self.rows("select count(*) from counting_windows where tenant_id = %(tenant)s")[0][0])


def at(clock: str = "10:05:03", day: date = DAY) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{clock}+00:00")


def line(
    when: datetime, address: str = "192.0.2.1", path: str = "/one.mp3", status: int = 200, sent: int = SIZE,
    agent: str = PHONE, asked: str | None = None,
) -> str:  # fmt: skip
    tail = f' "{asked}"' if asked else ""
    return f'{address} - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" {status} {sent} "-" "{agent}"{tail}\n'


def piece(when: datetime, first: int, end: int, address: str = "192.0.2.1", path: str = "/one.mp3") -> str:
    return line(when, address, path, status=206, sent=end - first, asked=f"bytes={first}-{end - 1}")


_MONDAY = DAY - timedelta(days=DAY.weekday() + 7)
IAB = [
    at("22:00:00", _MONDAY), at("03:00:00", _MONDAY + timedelta(days=1)), at("22:15:00", _MONDAY + timedelta(days=1)),
    at("23:15:00", _MONDAY + timedelta(days=2)),
]  # fmt: skip
"""The requests of the worked table of windows."""
