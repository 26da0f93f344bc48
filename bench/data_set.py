"""The data the benchmarks run on: large demo tenants in a home of their own, built once and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from dashboard.databases import on_embedded
from dashboard.jobs import JOBS
from dashboard.worker import settings_of_worker
from queries.engine import dispose_engines
from queries.settings import Settings, use_settings
from schema.demo import load_tenants
from schema.demo.large import large_tenants
from schema.demo.plans import TenantPlan
from schema.migrate import migrate
from schema.server import SUPERUSER, Server, create_database, drop_database, start

HISTORY_DATABASES = {60: "history_60", 730: "history_730"}
# Measured on two cores that had other work to do; said before a build, so that nobody waits without knowing.
_SECONDS_PER_TENANT = (60, 180)
_TENANTS_AT_ONCE = 2

_HISTORY_TABLES = {
    "listener_events": "occurred_at",
    "attribution_paths": "converted_at",
    "attribution_events": "occurred_at",
    "listener_metrics": "metric_date",
    "attribution_analytics": "analysis_date",
    "internal.listener_events_hourly": "bucket",
    "internal.listener_events_daily": "bucket",
    "internal.download_quarters": "bucket",
    "internal.metrics_daily": "metric_date",
    "internal.download_days": "local_day",
    "internal.episode_days": "local_day",
    "internal.listener_days": "local_day",
    "internal.campaign_days": "local_day",
    "internal.campaign_listener_days": "local_day",
}


def home() -> Path:
    """Where the data lives: PODBOARD_BENCH_HOME, else a folder beside the demo's own."""
    default = Path("~/.local/share/podboard-bench")
    return Path(os.environ.get("PODBOARD_BENCH_HOME") or default).expanduser()


@contextmanager
def data_set(tenants: int, say: Callable[[str], None] = print) -> Iterator[tuple[Server, Settings]]:
    """The server and the settings of a web process on it, with that many tenants loaded and refreshed."""
    folder = home()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with start(folder) as server:
        settings = on_embedded(
            Settings(home=folder, demo=True, secret_key=_secret(folder), public_url="http://127.0.0.1:8123"),
            server,
        )
        plans = large_tenants()[:tenants]
        _build(settings, plans, say)
        use_settings(settings)
        try:
            yield server, settings
        finally:
            dispose_engines()


def last_day(settings: Settings, tenant_id: UUID) -> date:
    """The last whole tenant day with downloads: periods end there, however old the data set has become."""
    with psycopg.connect(settings.owner_dsn) as connection:
        found = connection.execute(
            "select max(local_day) from internal.episode_days where tenant_id = %s", [tenant_id]
        ).fetchone()
    assert found is not None
    return found[0] - timedelta(days=1)


def rows_of(settings: Settings) -> dict[str, int]:
    """How much there is: tenants, episodes, listener events, attribution events, listener days."""
    with psycopg.connect(settings.owner_dsn) as connection:
        row = connection.execute(
            """
            select (select count(*) from internal.tenant_directory),
                   (select sum(reltuples)::bigint from pg_class where relname ~ '^listener_events_[0-9]{6}$'),
                   (select sum(reltuples)::bigint from pg_class where relname ~ '^attribution_events_[0-9]{6}$'),
                   (select reltuples::bigint from pg_class where relname = 'listener_days' and relkind = 'r')
            """
        ).fetchone()
    assert row is not None
    return dict(zip(("tenants", "listener_events", "attribution_events", "listener_days"), row, strict=True))


def _secret(folder: Path) -> str:
    # Signs nothing but the sessions of a benchmark, on a server that only this machine's own user reaches.
    return f"bench {folder} 5pQ2vX8rLw0ZkT7aYc3N"


def _build(settings: Settings, plans: tuple[TenantPlan, ...], say: Callable[[str], None]) -> None:
    """Loads the tenants that are missing and makes everything derived with the worker's commands."""
    migrate(settings.owner_dsn)
    with psycopg.connect(settings.owner_dsn) as connection:
        there = {slug for (slug,) in connection.execute("select slug from internal.tenant_directory")}
    missing = [plan for plan in plans if plan.slug not in there]
    if missing:
        low, high = (len(missing) * seconds / 60 for seconds in _SECONDS_PER_TENANT)
        say(
            f"Building {len(missing)} tenants of a million listener events in {settings.home}: "
            f"about {low:.0f} to {high:.0f} minutes, once on this machine."
        )
    began = time.monotonic()
    for done in range(0, len(missing), _TENANTS_AT_ONCE):
        group = missing[done : done + _TENANTS_AT_ONCE]
        load_tenants(settings.owner_dsn, group, log=say)
        refresh(settings, say)
        ready = done + len(group)
        left = (time.monotonic() - began) / ready * (len(missing) - ready)
        say(f"{ready} of {len(missing)} tenants ready, about {left / 60:.0f} minutes to go.")
    if not missing and not _is_settled(settings):
        refresh(settings, say)
    if missing or not _is_settled(settings):
        # What autovacuum does by itself in a database that lives longer: statistics, and maps for index-only scans.
        say("Vacuum and statistics ...")
        with psycopg.connect(settings.owner_dsn, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")


def _is_settled(settings: Settings) -> bool:
    with psycopg.connect(settings.owner_dsn) as connection:
        row = connection.execute(
            "select not exists (select from internal.dirty_hours) and not exists (select from internal.dirty_metric_days)"
            " and exists (select from refresh_states where relation = 'attribution')"
        ).fetchone()
    return bool(row and row[0])


def refresh(settings: Settings, say: Callable[[str], None]) -> dict[str, float]:
    """Runs the worker's refreshes once, in its order; seconds by name."""
    use_settings(settings_of_worker(settings))
    seconds = {}
    try:
        for job in JOBS:
            if job.refreshes:
                began = time.monotonic()
                job.command()
                seconds[job.name] = time.monotonic() - began
        say("Refreshed: " + ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items()))
    finally:
        dispose_engines()
        use_settings(settings)
    return seconds


def on_database(settings: Settings, server: Server, name: str) -> Settings:
    """The same settings on another database of the server."""
    return replace(
        settings,
        database_url=server.dsn("podboard_web", name),
        database_worker_url=server.dsn("podboard_worker", name),
        database_owner_url=server.dsn("podboard_owner", name),
    )


def ensure_histories(server: Server, settings: Settings, say: Callable[[str], None] = print) -> None:
    """Two databases with one tenant each, alike in the last 60 days: one keeps 730 days, the other nothing older."""
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        there = {name for (name,) in connection.execute("select datname from pg_database")}
    long, short = HISTORY_DATABASES[730], HISTORY_DATABASES[60]
    if {long, short} <= there:
        # As the large data: built by an earlier version, they are brought to this one.
        for name in (long, short):
            migrate(on_database(settings, server, name).owner_dsn)
        return
    drop_database(server, short)
    if long not in there:
        say("Building one tenant with 730 days of history in a database of its own ...")
        unfinished = f"{long}_unfinished"
        drop_database(server, unfinished)
        create_database(server, unfinished)
        _build(on_database(settings, server, unfinished), large_tenants()[:1], say)
        with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            _rename(connection, unfinished, long)
    say("Cutting a copy of it down to 60 days ...")
    unfinished = f"{short}_unfinished"
    drop_database(server, unfinished)
    create_database(server, unfinished, template=long)
    with psycopg.connect(server.dsn(SUPERUSER, unfinished), autocommit=True) as connection:
        # Without triggers: what is cut away must not be noted as changed.
        connection.execute("set session_replication_role = replica")
        connection.execute("set row_security = off")
        for table, column in _HISTORY_TABLES.items():
            statement = sql.SQL("delete from {} where {} < now() - interval '60 days'")
            connection.execute(statement.format(sql.Identifier(*table.split(".")), sql.Identifier(column)))
        connection.execute(
            "delete from internal.listeners l where not exists "
            "(select from internal.listener_days d where d.listener_no = l.listener_no) and not exists "
            "(select from internal.campaign_listener_days d where d.listener_no = l.listener_no)"
        )
        connection.execute("vacuum (full, analyze)")
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        _rename(connection, unfinished, short)


def _rename(connection: psycopg.Connection[Any], name: str, to: str) -> None:
    """A database gets its name when it is whole."""
    connection.execute(
        sql.SQL("alter database {} rename to {}").format(sql.Identifier(name), sql.Identifier(to))
    )
