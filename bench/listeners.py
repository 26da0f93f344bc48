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
from queries.statements import ask

_RAW_DAYS = 720


def measure_listeners(
    settings: Settings, actor: Actor, last: date, zone: ZoneInfo, rounds: int
) -> dict[str, Any]:
    """Time of the exact count of ranges and slices in one tenant, and the size of the rows behind it."""
    result: dict[str, Any] = {"counts": []}
    with tenant_session(actor) as connection:
        podcast = ask(connection, "listening/podcasts")[0]["podcast_id"]
    slices: dict[str, dict[str, Any]] = {
        "everything": {}, "one podcast": {"podcasts": (podcast,)}, "one app": {"apps": ("Apple Podcasts",)},
        "one app, one country": {"apps": ("Apple Podcasts",), "countries": ("US",)},
    }  # fmt: skip
    for name, days in (("30 days", 30), ("700 days", 700), ("2 years", 730)):
        for sliced, chosen in slices.items():
            if days > _RAW_DAYS and not chosen.keys() <= {"podcasts"}:
                # Counted from raw events, which reach as far.
                continue
            filters = Filters(
                period=Period(last - timedelta(days=days - 1), last + timedelta(days=1)),
                zone=zone, now=datetime.now(UTC), comparison="none", **chosen,
            )  # fmt: skip
            found: list[int] = []

            def count(filters: Filters = filters, found: list[int] = found) -> None:
                with tenant_session(actor) as connection:
                    found.append(listening.unique_listeners(connection, filters))

            runs = [timed(count).wall_ms for _ in range(rounds + 1)][1:]
            result["counts"].append(
                {"range": name, "slice": sliced, "listeners": found[-1], "ms": round(median(runs), 1)}
            )
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
