"""The TimescaleDB way for real: the same migrations, and the same answers as plain PostgreSQL from the same events.

The server is a WebAssembly build (tests/timescale): one connection at a time, the log-in user is ignored, so roles are
taken with SET ROLE, and aggregates are refreshed by call because it runs no background jobs.
"""

from __future__ import annotations

import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from queries import refresh
from schema.migrate import FOLDER, load

SERVER = Path(__file__).parent.parent / "timescale"
Connection = psycopg.Connection[tuple[Any, ...]]

ALICE = UUID("00000000-0000-4000-8000-00000000000a")
CHARLIE = UUID("00000000-0000-4000-8000-00000000000b")
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def timescale() -> Iterator[Connection]:
    """A migrated database on TimescaleDB."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail("the TimescaleDB test needs Node.js and npm (make test installs them)")
    if not (SERVER / "node_modules").exists():
        subprocess.run(
            [npm, "install", "--no-package-lock", "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent"],
            cwd=SERVER, check=True, timeout=300,
        )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [node, "server.mjs", str(port)], cwd=SERVER, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().strip() == "ready"
            with psycopg.connect(
                f"host=127.0.0.1 port={port} user=postgres password=any dbname=postgres sslmode=disable",
                autocommit=True, prepare_threshold=None,
            ) as connection:  # fmt: skip
                _migrate(connection)
                yield connection
        finally:
            process.terminate()
            process.wait(timeout=20)


def _migrate(connection: Connection) -> None:
    connection.execute("create extension if not exists timescaledb")
    connection.execute(
        "create role podboard_owner login; create role podboard_web login; create role podboard_worker login noinherit;"
        "grant podboard_owner to podboard_worker; alter schema public owner to podboard_owner"
    )
    name = connection.execute("select current_database()").fetchone()
    assert name
    connection.execute(
        psycopg.sql.SQL("alter database {} owner to podboard_owner").format(psycopg.sql.Identifier(name[0]))
    )
    connection.execute(
        "revoke usage on schema _timescaledb_internal from public;"
        "grant usage, create on schema _timescaledb_internal to podboard_owner"
    )
    connection.execute("set role podboard_owner")
    for migration in load(FOLDER, "timescale"):
        with connection.transaction():
            connection.execute(migration.sql)  # type: ignore[call-overload]
    # What the runner of migrations writes down.
    connection.execute("create table database_engine (engine text not null)")
    connection.execute("insert into database_engine (engine) values ('timescale')")


def _fill(connection: Connection) -> None:
    """The same two tenants and about 900 events of every type over nine days, an hour edge and a day edge included."""
    for tenant, zone in ((ALICE, "America/New_York"), (CHARLIE, "Asia/Kolkata")):
        dice = random.Random(str(tenant))  # noqa: S311  the same events on both engines, not a secret
        ids = {
            name: UUID(int=dice.getrandbits(128), version=4)
            for name in ("podcast", "first", "second", "sponsor", "campaign")
        }
        with connection.transaction():
            connection.execute("select set_tenant_context(%s)", (tenant,))
            connection.execute(
                "insert into tenants (id, name, slug) values (%s, %s, %s)",
                (tenant, zone, f"t{str(tenant)[-1]}"),
            )
            connection.execute(
                "insert into tenant_settings (tenant_id, settings) values (%s, jsonb_build_object('time_zone', %s::text))",
                (tenant, zone),
            )
            connection.execute(
                "insert into podcasts (id, tenant_id, name) values (%s, %s, 'Show')", (ids["podcast"], tenant)
            )
            for episode in ("first", "second"):
                connection.execute(
                    "insert into episodes (id, tenant_id, podcast_id, title, published_at, duration_seconds) values (%s, %s, %s, %s, %s, 1800)",
                    (ids[episode], tenant, ids["podcast"], episode, NOW - timedelta(days=40)),
                )
            connection.execute(
                "insert into sponsors (id, tenant_id, name) values (%s, %s, 'Sponsor')",
                (ids["sponsor"], tenant),
            )
            connection.execute(
                "insert into campaigns (id, tenant_id, sponsor_id, name, start_date, end_date) values (%s, %s, %s, 'C', '2026-01-01', '2027-01-01')",
                (ids["campaign"], tenant, ids["sponsor"]),
            )
            connection.execute("select ensure_event_storage(%s, %s)", (NOW - timedelta(days=30), NOW))
            for number in range(450):
                at = (
                    NOW - timedelta(minutes=dice.randrange(9 * 24 * 60))
                    if number % 10
                    else NOW - timedelta(hours=number)
                )
                connection.execute(
                    "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at) "
                    "values (%s, %s, %s, %s, %s, '{\"from_s\": 0, \"to_s\": 60}', %s)",
                    (UUID(int=dice.getrandbits(128), version=4), tenant, ids[dice.choice(("first", "second"))],
                     f"listener {dice.randrange(40)}", dice.choice(("download", "download", "play", "progress", "complete")), at),
                )  # fmt: skip
            for number in range(120):
                connection.execute(
                    "insert into attribution_events (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at) "
                    "values (%s, %s, %s, %s, %s, %s, '{\"currency\": \"USD\", \"value_micros\": 2500000}', %s)",
                    (UUID(int=dice.getrandbits(128), version=4), tenant, ids["campaign"], ids["first"],
                     f"listener {dice.randrange(40)}", dice.choice(("impression", "impression", "visit", "purchase")),
                     NOW - timedelta(hours=number)),
                )  # fmt: skip


def _late(connection: Connection) -> None:
    """One event far behind every look-back, and one deletion."""
    with connection.transaction():
        connection.execute("select set_tenant_context(%s)", (ALICE,))
        connection.execute(
            "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, occurred_at) "
            "select '00000000-0000-4000-8000-0000000000ff', tenant_id, id, 'late', 'download', %s from episodes where title = 'first' and tenant_id = %s",
            (NOW - timedelta(days=25), ALICE),
        )
        connection.execute(
            "delete from listener_events where tenant_id = %s and listener_id = 'listener 7'", (ALICE,)
        )


def _refresh(connection: Connection, *, timescale: bool) -> None:
    for tenant in (ALICE, CHARLIE):
        with connection.transaction():
            connection.execute("select internal.refresh_rollups(%s)", (tenant,))
    with connection.transaction():
        connection.execute("select refresh_metrics_daily()")
    if timescale:
        with pytest.MonkeyPatch.context() as patch:
            _let_the_worker_use(connection, patch)
            assert refresh.refresh_aggregates() == 2
        connection.rollback()
        connection.autocommit = True
        assert connection.execute(
            "select count(*) from refresh_states where relation = 'aggregates'"
        ).fetchone() == (1,)


def _let_the_worker_use(connection: Connection, patch: pytest.MonkeyPatch) -> None:
    """The worker's command on this one connection, which is all the server has; it is the owner already."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool, pool_reset_on_return=None,
        connect_args={"prepare_threshold": None},
    )  # fmt: skip

    @contextmanager
    def session(reason: str, **_: Any) -> Iterator[SqlConnection]:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
            yield opened

    patch.setattr(refresh, "system_session", session)
    patch.setattr(refresh, "outside_transactions", session)


_READ: dict[str, str] = {
    "listener_events_hourly": "select bucket, tenant_id, episode_id, event_type, event_count, unique_listeners from listener_events_hourly order by 1, 2, 3, 4",
    "listener_events_daily": "select bucket, tenant_id, episode_id, event_type, event_count, unique_listeners from listener_events_daily order by 1, 2, 3, 4",
    "metrics_daily": "select day, tenant_id, episode_id, metric_name, total_value, round(avg_value, 9), record_count from metrics_daily order by 1, 2, 3, 4",
    "download_days": "select local_day, episode_id, app, country, downloads from download_days order by 1, 2, 3, 4",
    "listener_days": "select local_day, episode_id, count(distinct listener_no) from listener_days group by 1, 2 order by 1, 2",
}


def _read(connection: Connection, tenant: UUID, relation: str) -> list[tuple[Any, ...]]:
    connection.execute("reset role")
    connection.execute("set role podboard_web")
    try:
        with connection.transaction():
            connection.execute("select set_tenant_context(%s)", (tenant,))
            return connection.execute(_READ[relation]).fetchall()  # type: ignore[call-overload]
    finally:
        connection.execute("reset role")
        connection.execute("set role podboard_owner")


def _as_superuser(fresh: Any) -> Connection:
    connection = psycopg.connect(fresh.superuser_dsn, autocommit=True, prepare_threshold=None)
    connection.execute("set role podboard_owner")
    return connection


def test_both_engines_answer_alike(timescale: Connection, fresh_database: Any) -> None:
    with _as_superuser(fresh_database) as plain:
        for connection, is_timescale in ((timescale, True), (plain, False)):
            _fill(connection)
            _refresh(connection, timescale=is_timescale)
        _compare(timescale, plain)
        for connection, is_timescale in ((timescale, True), (plain, False)):
            _late(connection)
            _refresh(connection, timescale=is_timescale)
        _compare(timescale, plain)
        late = [
            row
            for row in _read(timescale, ALICE, "listener_events_daily")
            if row[0] < NOW - timedelta(days=20)
        ]
        assert [row[4:] for row in late] == [(1, 1)]


def _compare(timescale: Connection, plain: Connection) -> None:
    for tenant in (ALICE, CHARLIE):
        for relation in _READ:
            rows = _read(timescale, tenant, relation)
            assert rows, relation
            assert rows == _read(plain, tenant, relation), relation


def test_no_tenant_and_no_chunk_shows_anything(timescale: Connection) -> None:
    timescale.execute("reset role")
    timescale.execute("set role podboard_web")
    try:
        for relation in (*_READ, "listener_events", "attribution_events", "listener_metrics"):
            assert timescale.execute(
                psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(relation))
            ).fetchone() == (0,)
        timescale.execute("reset role")
        chunks = timescale.execute(
            "select format('%I.%I', chunk_schema, chunk_name) from timescaledb_information.chunks"
        ).fetchall()
        timescale.execute("set role podboard_web")
        assert chunks
        for relation in (
            "internal.listener_events_hourly",
            "internal.metrics_daily",
            *(chunk for (chunk,) in chunks[:3]),
        ):
            schema, name = relation.split(".")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                timescale.execute(
                    psycopg.sql.SQL("select 1 from {}").format(psycopg.sql.Identifier(schema, name))
                )
    finally:
        timescale.execute("reset role")
        timescale.execute("set role podboard_owner")


@pytest.mark.proof
def test_one_more_day_costs_what_is_new_whatever_the_history(
    timescale: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that refreshes the aggregates, after 60 and after 720 days of history: under 1.5 times the time."""
    tenant, podcast, episode = (UUID(int=number, version=4) for number in (901, 902, 903))
    with timescale.transaction():
        timescale.execute("select set_tenant_context(%s)", (tenant,))
        timescale.execute("insert into tenants (id, name, slug) values (%s, 'Cost', 'cost')", (tenant,))
        timescale.execute(
            "insert into podcasts (id, tenant_id, name) values (%s, %s, 'Show')", (podcast, tenant)
        )
        timescale.execute(
            "insert into episodes (id, tenant_id, podcast_id, title) values (%s, %s, %s, 'One')",
            (episode, tenant, podcast),
        )

    def listen(first_day: int, last_day: int, downloads: int = 100) -> None:
        """So many downloads on each of these days before today."""
        with timescale.transaction():
            timescale.execute("select set_tenant_context(%s)", (tenant,))
            timescale.execute(
                "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, occurred_at) "
                "select gen_random_uuid(), %s, %s, 'listener ' || n, 'download', "
                "%s - make_interval(days => day, secs => 86400 * n / %s) "
                "from generate_series(%s::int, %s::int) day, generate_series(1, %s) n",
                (tenant, episode, NOW, downloads, first_day, last_day, downloads),
            )

    def refreshed() -> float:
        with pytest.MonkeyPatch.context() as patch:
            _let_the_worker_use(timescale, patch)
            began = time.perf_counter()
            refresh.refresh_aggregates()
            took = time.perf_counter() - began
        timescale.rollback()
        timescale.autocommit = True
        return took

    def one_more_day() -> float:
        times = []
        for _ in range(5):
            listen(0, 0, 20_000)  # what the large demo hears in a day
            times.append(refreshed())
            with timescale.transaction():  # so that each round finds the day as the first one did
                timescale.execute("select set_tenant_context(%s)", (tenant,))
                timescale.execute(
                    "delete from listener_events where tenant_id = %s and occurred_at > %s",
                    (tenant, NOW - timedelta(days=1)),
                )
            refreshed()
        return statistics.median(times)

    listen(2, 60)
    refreshed()
    short = one_more_day()
    listen(61, 720)
    refreshed()
    long = one_more_day()
    figures = f"{short * 1000:.0f} ms after 60 days, {long * 1000:.0f} ms after 720: {long / short:.2f}"
    with capsys.disabled():
        sys.stdout.write(f"\nThe aggregates' refresh, one more day: {figures}\n")
    assert long < 1.5 * short, figures
