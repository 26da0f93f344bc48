"""Unique listeners of any range: how long the exact count takes and what it takes to keep."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from bench.measure import median, timed
from queries import listening
from queries.filters import Filters
from queries.people import account_for_email
from queries.periods import Period
from queries.session import Actor, anonymous_session, tenant_session
from queries.settings import Settings


def measure_listeners(
    settings: Settings, actor: Actor, last: date, zone: ZoneInfo, rounds: int
) -> dict[str, Any]:
    """Time of the exact count for 30 days and two years in one tenant, and the size of the rows behind it."""
    result: dict[str, Any] = {}
    for name, days in (("30 days", 30), ("2 years", 730)):
        filters = Filters(
            period=Period(last - timedelta(days=days - 1), last + timedelta(days=1)),
            zone=zone, now=datetime.now(UTC), comparison="none",
        )  # fmt: skip
        found: list[int] = []

        def count(filters: Filters = filters, found: list[int] = found) -> None:
            with tenant_session(actor) as connection:
                found.append(listening.unique_listeners(connection, filters))

        runs = [timed(count).wall_ms for _ in range(rounds + 1)][1:]
        result[name] = {"listeners": found[-1], "ms": round(median(runs), 1)}
    with psycopg.connect(settings.owner_dsn) as connection:
        row = connection.execute(
            """
            select pg_table_size('internal.listener_days'), pg_indexes_size('internal.listener_days'),
                   pg_total_relation_size('internal.listeners'), (select count(*) from internal.listener_days),
                   (select count(*) from internal.tenant_directory),
                   (select sum(pg_total_relation_size(inhrelid)) from pg_inherits
                    where inhparent = 'public.listener_events'::regclass)
            """
        ).fetchone()
    assert row is not None
    tenants = max(row[4], 1)
    result["rows_per_tenant"] = row[3] // tenants
    result["mb_per_tenant"] = {
        "listener_days": round(row[0] / tenants / 2**20, 1),
        "its indexes": round(row[1] / tenants / 2**20, 1),
        "listeners": round(row[2] / tenants / 2**20, 1),
        "raw events": round(int(row[5]) / tenants / 2**20, 1),
    }
    return result


def actor_of(settings: Settings, email: str) -> tuple[UUID, UUID, ZoneInfo]:
    """Tenant, person and zone behind a log-in."""
    with anonymous_session() as connection:
        account = account_for_email(connection, email)
    assert account is not None and account.tenant_id is not None, email
    with psycopg.connect(settings.owner_dsn) as connection:
        row = connection.execute(
            "select time_zone from internal.tenant_directory where tenant_id = %s", [account.tenant_id]
        ).fetchone()
    assert row is not None
    return account.tenant_id, account.user_id, ZoneInfo(row[0])
