"""A tenant that imports: a show of two episodes, a campaign in flight, and a look at what truly stands."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from queries.ingest.events import import_events
from queries.ingest.imports import ImportResult
from queries.session import Actor
from tests.conftest import Database
from tests.sponsorship import Tenant

Rows = list[tuple[Any, ...]]

NOW = datetime.now(UTC).replace(microsecond=0)
"""Events are refused by the distance from now, so the moments here hang on it."""


class Studio:
    """A tenant with a show of two episodes and a campaign in flight, and a look at what truly stands."""

    def __init__(self, database: Database, zone: str = "UTC") -> None:
        self.database = database
        self.tenant = Tenant(database, zone)
        self.actor = Actor(self.tenant.tenant_id)
        self.podcast = self.tenant.podcast("Show")
        self.one = self.tenant.insert("episodes", podcast_id=self.podcast, title="One", guid="guid-1")
        self.two = self.tenant.insert("episodes", podcast_id=self.podcast, title="Two", guid="guid-2")
        self.sponsor = self.tenant.sponsor("Sponsor")
        self.campaign = self.tenant.campaign(
            self.sponsor, NOW.date() - timedelta(days=20), NOW.date() - timedelta(days=10)
        )

    def midnight(self, days_ago: int) -> datetime:
        """The moment at which a day of the tenant begins."""
        day = self.tenant.day(NOW) - timedelta(days=days_ago)
        return datetime(day.year, day.month, day.day, tzinfo=self.tenant.zone).astimezone(UTC)

    def take(self, text: str | bytes, **options: Any) -> ImportResult:
        data = text.encode() if isinstance(text, str) else text
        return import_events(self.actor, io.BytesIO(data), name="test.csv", **options)

    def rows(self, query: str) -> Rows:
        """Rows of this tenant, seen round row security."""
        with psycopg.connect(self.database.superuser_dsn) as connection:
            return connection.execute(query, {"tenant": self.tenant.tenant_id}).fetchall()

    def listener_events(self) -> Rows:
        return self.rows(
            "select episode_id, listener_id, event_type, event_data, occurred_at from listener_events"
            " where tenant_id = %(tenant)s order by occurred_at, listener_id, event_type, id"
        )

    def attribution_events(self) -> Rows:
        return self.rows(
            "select campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at"
            " from attribution_events where tenant_id = %(tenant)s order by occurred_at, listener_id, id"
        )

    def ledger(self) -> Rows:
        return self.rows(
            "select import_type, source, status, records_imported, records_duplicate, records_refused, error_message"
            " from etl_imports where tenant_id = %(tenant)s order by started_at, created_at"
        )

    def refusals(self) -> Rows:
        return self.rows(
            "select line_number, reason, detail from import_refusals where tenant_id = %(tenant)s"
            " order by created_at, line_number"
        )
