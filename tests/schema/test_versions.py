"""The shipped versions, one by one: rows of every earlier one come through, and the release before stays at work."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from schema.migrate import FOLDER, Migration, load, migrate
from schema.server import Reachable, create_database, drop_database
from schema.structure import dump_structure
from tests.canaries import Planter
from tests.canary_values import Mark
from tests.conftest import TEMPLATE, Database, program

# The newest version that a release has: what comes after it must run beside that release.
RELEASED = 44
# They grow with events, listeners, log-ins or reports; their partitions count with them.
LARGE = (
    "listener_events", "attribution_events", "listener_metrics", "attribution_paths", "audit_logs", "access_logs",
    "reports", "import_refusals", "excluded_requests",
    "internal.listener_events_hourly", "internal.listener_events_daily",
    "internal.metrics_daily", "internal.download_quarters", "internal.download_days", "internal.episode_days",
    "internal.listeners", "internal.listener_days", "internal.campaign_days", "internal.campaign_listener_days",
)  # fmt: skip
# What a version says anew in every row, on purpose: table, column, version and the value that it has from there on.
SAID_ANEW = {("excluded_requests", "rule_version"): (55, "IAB 2.3, rules 1")}
# Under these nobody writes, or nobody reads either.
_BLOCKING = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]


class Versions:
    """A database that is brought from version to version by the runner itself."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._folder = folder
        self.at = 0
        self.all = load(FOLDER, "plain")
        for part in ("migrations", "timeseries/plain", "timeseries/timescale"):
            (folder / part).mkdir(parents=True)

    def up_to(self, version: int) -> list[str]:
        """The labels of what was applied."""
        self.at = version
        for path in FOLDER.glob("**/[0-9][0-9][0-9][0-9]_*.sql"):
            if int(path.name[:4]) <= version:
                shutil.copy(path, self._folder / path.relative_to(FOLDER))
        return migrate(self.database.owner_dsn, folder=self._folder, engine="plain")


@pytest.fixture
def versions(server: Reachable, tmp_path: Path, worker_id: str) -> Iterator[Versions]:
    """An empty database."""
    name = f"podboard_versions_{worker_id}"
    drop_database(server, name)
    create_database(server, name)
    yield Versions(Database(name, server), tmp_path / "schema")
    drop_database(server, name)


@pytest.fixture(scope="module")
def versions_at_release(
    server: Reachable, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Versions]:
    """A database of the release before; tests roll back what they do to it."""
    name = f"podboard_released_{worker_id}"
    drop_database(server, name)
    create_database(server, name)
    made = Versions(Database(name, server), tmp_path_factory.mktemp("released") / "schema")
    made.up_to(RELEASED)
    yield made
    drop_database(server, name)


@pytest.fixture
def released(versions_at_release: Versions, server: Reachable, tmp_path: Path) -> Iterator[Versions]:
    """A copy of the same for one test that goes on from there."""
    name = f"{versions_at_release.database.name}_copy"
    drop_database(server, name)
    create_database(server, name, versions_at_release.database.name)
    made = Versions(Database(name, server), tmp_path / "schema")
    assert made.up_to(RELEASED) == []
    yield made
    drop_database(server, name)


@dataclass(frozen=True)
class VersionMark(Mark):
    """A mark of its own for each version."""

    @property
    def place(self) -> int:
        return int(self.letter) % 6

    @property
    def token(self) -> str:
        number = int(self.letter)
        return "".join("abcdef"[number // 6**place % 6] for place in range(4)) + "cafe"


def _plant(connection: psycopg.Connection[Any], version: int) -> UUID:
    """A new tenant with a row in every table there is at this version."""
    tenant = uuid4()
    mark = VersionMark(str(version))
    connection.execute("select set_tenant_context(%s)", [tenant])
    connection.execute(
        "insert into tenants (id, name, slug) values (%s, %s, %s)", [tenant, mark.token, mark.token]
    )
    Planter(connection, tenant, mark).plant()
    return tenant


def _rows_of(connection: psycopg.Connection[Any], tenant: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of a tenant, table by table."""
    tables = connection.execute(
        "select c.oid::regclass::text, case c.relname when 'tenants' then 'id' else 'tenant_id' end "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 'internal') "
        "and c.relkind in ('r', 'p') and not c.relispartition "
        "and (c.relname = 'tenants' or exists (select from pg_attribute a where a.attrelid = c.oid "
        "and a.attname = 'tenant_id' and not a.attisdropped))"
    ).fetchall()
    return {
        table: [
            row
            for (row,) in connection.execute(
                f"select to_jsonb(t) - 'updated_at' from {table} t where {column} = %s", [tenant]
            )
        ]
        for table, column in tables
    }


def _said_anew(table: str, version: int) -> dict[str, Any]:
    return {
        column: value
        for (of_table, column), (since, value) in SAID_ANEW.items()
        if of_table == table and version < since
    }


def test_rows_of_the_release_come_through_to_the_newest(
    released: Versions, server: Reachable, tmp_path: Path
) -> None:
    """A tenant is written with what the released version knows; all later ones run over it."""
    written = {RELEASED: _write(released)}
    for migration in (each for each in released.all if each.version > RELEASED):
        assert released.up_to(migration.version) == [migration.label]
    _all_is_there(released, written)
    _is_as_from_empty(released, server, tmp_path)


@pytest.mark.proof
def test_rows_of_every_version_come_through_to_the_newest(
    versions: Versions, server: Reachable, tmp_path: Path
) -> None:
    """The same with a tenant for each version, written with what that one knows."""
    written = {}
    for migration in versions.all:
        assert versions.up_to(migration.version) == [migration.label]
        with psycopg.connect(versions.database.superuser_dsn) as connection:
            has_tenants = connection.execute("select to_regclass('tenants')").fetchone() != (None,)
        if has_tenants:
            written[migration.version] = _write(versions)
    assert len(written) == len(versions.all) - 1
    _all_is_there(versions, written)
    _is_as_from_empty(versions, server, tmp_path)


# A tenant and its rows as they were when its version had written them.
Written = tuple[UUID, dict[str, list[dict[str, Any]]]]


def _write(versions: Versions) -> Written:
    with psycopg.connect(versions.database.superuser_dsn, prepare_threshold=None) as connection:
        tenant = _plant(connection, versions.at)
        return tenant, _rows_of(connection, tenant)


def _all_is_there(versions: Versions, written: dict[int, Written]) -> None:
    with psycopg.connect(versions.database.superuser_dsn) as connection:
        for version, (tenant, before) in written.items():
            after = _rows_of(connection, tenant)
            for table, rows in before.items():
                assert rows or table.startswith("internal."), (version, table)
                for row in rows:
                    expected = row | _said_anew(table, version)
                    assert any({**now, **expected} == now for now in after[table]), (version, table, row)


def _is_as_from_empty(versions: Versions, server: Reachable, tmp_path: Path) -> None:
    if (pg_dump := program(server, "pg_dump")) is not None:
        from_empty = dump_structure(server.dsn("podboard_owner", TEMPLATE), pg_dump, tmp_path / "empty.sql")
        assert dump_structure(versions.database.owner_dsn, pg_dump, tmp_path / "grown.sql") == from_empty


def _is_large(connection: psycopg.Connection[Any], relation: int) -> bool:
    found = connection.execute(
        "select coalesce(pg_partition_root(%(it)s), %(it)s)::regclass::text = any (%(large)s)",
        {"it": relation, "large": list(LARGE)},
    ).fetchone()
    return found == (True,)


def _harm(connection: psycopg.Connection[Any], migration: Migration) -> list[tuple[Any, ...]]:
    """What a version does to large tables that are there already: rewrites, reads through under a lock that blocks."""
    before = _files(connection)
    connection.execute(migration.sql.encode())
    rewritten = [
        ("rewritten", name) for name, node in _files(connection).items() if before.get(name, node) != node
    ]
    scanned = connection.execute(
        """
        select s.relid, s.seq_scan, s.n_tup_upd + s.n_tup_del, max(l.mode)
        from pg_stat_xact_user_tables s
        join pg_locks l on l.relation = s.relid and l.pid = pg_backend_pid() and l.granted and l.mode = any (%s)
        where s.seq_scan + s.n_tup_upd + s.n_tup_del > 0
        group by 1, 2, 3
        """,
        [_BLOCKING],
    ).fetchall()
    return rewritten + [
        ("read through", before[relation], mode)
        for relation, _, _, mode in scanned
        if relation in before and _is_large(connection, relation)
    ]


def _files(connection: psycopg.Connection[Any]) -> dict[Any, Any]:
    """The file of each large table and partition, by oid."""
    return {
        oid: node
        for oid, node in connection.execute(
            "select c.oid, c.relfilenode from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname in ('public', 'internal') and c.relkind = 'r'"
        ).fetchall()
        if _is_large(connection, oid)
    }


@pytest.mark.parametrize(
    ("statement", "harm"),
    [
        ("alter table internal.download_days add column n integer not null default 0", []),
        (
            "alter table internal.download_days add column at timestamptz default clock_timestamp()",
            ["rewritten", "read through"],
        ),
        (
            "alter table listener_events alter column listener_id type varchar(300)",
            ["rewritten", "read through"],
        ),
        ("alter table audit_logs add constraint c check (id is not null)", ["read through"]),
        ("alter table audit_logs add constraint c check (id is not null) not valid", []),
        ("create index i on internal.listeners (listener_no)", ["read through"]),
        ("create index i on listener_events (listener_id)", ["read through"]),
        ("create index i on podcasts (name)", []),
        ("create table child (id uuid references reports (id) on delete cascade)", []),
    ],
)
def test_harm_is_seen(versions_at_release: Versions, statement: str, harm: list[str]) -> None:
    """The next test can fail: what would stop the release before is told from what would not."""
    with psycopg.connect(versions_at_release.database.owner_dsn, prepare_threshold=None) as connection:
        found = _harm(connection, Migration(9999, "probe", statement))
        connection.rollback()
    assert sorted({kind for kind, *_ in found}) == sorted(harm)


def test_no_version_rewrites_a_large_table_or_reads_it_through_while_others_wait(released: Versions) -> None:
    for migration in (each for each in released.all if each.version > RELEASED):
        if migration.in_transaction:
            with psycopg.connect(released.database.owner_dsn, prepare_threshold=None) as connection:
                assert _harm(connection, migration) == [], migration.label
                connection.rollback()
        with psycopg.connect(released.database.owner_dsn, prepare_threshold=None) as connection:
            before = _files(connection)
        assert released.up_to(migration.version) == [migration.label]
        with psycopg.connect(released.database.owner_dsn, prepare_threshold=None) as connection:
            after = _files(connection)
        assert {oid: after[oid] for oid in before} == before, migration.label


def test_the_release_before_stays_at_work_meanwhile(released: Versions) -> None:
    """Its sessions read, write and hold row locks in short transactions; none fails, none waits past its patience."""
    with psycopg.connect(released.database.superuser_dsn, prepare_threshold=None) as connection:
        tenant = _plant(connection, RELEASED)
    stop = threading.Event()
    rounds = [0, 0]
    failures: list[BaseException] = []

    def work(place: int) -> None:
        try:
            with psycopg.connect(released.database.web_dsn, prepare_threshold=None) as connection:
                while not stop.is_set():
                    for statement in _AT_WORK:
                        with connection.transaction():
                            connection.execute("select set_tenant_context(%s)", [tenant])
                            connection.execute(statement.encode())
                        time.sleep(0.005)
                    rounds[place] += 1
        except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
            failures.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    try:
        _until(lambda: min(rounds) > 0 or bool(failures))
        begun = list(rounds)
        applied = released.up_to(9999)
        _until(lambda: all(now > then for now, then in zip(rounds, begun, strict=True)) or bool(failures))
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not failures
    assert applied == [migration.label for migration in released.all if migration.version > RELEASED]


# Statements as the released version sends them.
_AT_WORK = (
    "select count(*) from listener_events where occurred_at > now() - interval '400 days'",
    "select count(*) from listener_events_daily",
    "select count(*) from metrics_daily",
    "select count(*) from attribution_analytics",
    "select id from campaigns for update",
    "update podcasts set description = description || '.'",
    "insert into listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at) "
    "select tenant_id, id, 'live', 'play', now() from episodes",
    "insert into reports (tenant_id, report_type, parameters) "
    "select id, 'podcast_audience', '{}' from tenants",
    "delete from listener_events where listener_id = 'live'",
)


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
