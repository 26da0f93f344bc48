"""The shipped versions, one by one: rows of every earlier one come through, and the release before stays at work."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import TextClause, text

from queries.ingest.origins import origin_of
from queries.statements import driver_text
from schema.migrate import FOLDER, Migration, load, migrate
from schema.server import Reachable, create_database, drop_database
from schema.structure import dump_structure
from tests.conftest import TEMPLATE, Database, program
from tests.queries.test_plans import _NOT_EXPLAINED, _OF_THE_OWNER, _value
from tests.released import released
from tests.version_rows import assert_rows_of_before, plant, rows_of

pytestmark = pytest.mark.drill

# The newest version that a release has: nothing up to it is ever changed, and what comes after it must run beside that
# release. The proofs begin at the first version on which there is a dashboard to be at work.
RELEASED = released()["version"]
# The next one gives imports the names of their sources.
BEFORE_NAMES = 118
# The next one keeps the orders of what is refused.
BEFORE_ORDERS = 138
FIRST_AT_WORK = 11
# Released versions that did what no version may any more, and can be changed no more than any other. 8 and 23 read
# tables that the version before them made, for the access to them, and nobody has ever had a row there between the two.
# 70, 80 and 81 were made before these tables were known to grow: each takes a check at once, which reads the table
# through under a lock that blocks, for as long as its thousands of imports, episodes or transcripts take.
HARM_RELEASED = {
    8: [
        "read through: attribution_events",
        "read through: listener_events",
        "read through: listener_metrics",
    ],
    23: ["read through: excluded_requests"],
    70: ["read through: etl_imports"],
    80: ["read through: episodes"],
    81: ["read through: transcripts"],
}
# What grows: what its comment says is kept for a time, what hangs on an event, episodes and what each of them has some
# of, and whatever is derived in the private schema.
_GROWING = """
    select c.oid::regclass::text from pg_class c
    where c.relkind in ('r', 'p') and not c.relispartition and (
        (c.relnamespace = 'public'::regnamespace and (
            obj_description(c.oid, 'pg_class') ~ '(^|\\. )Kept (?!by )'
            or c.relname = 'episodes'
            or exists (
                select from pg_constraint k
                join pg_class t on t.oid = k.confrelid
                where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
                    and (t.relkind = 'p' or (t.relname = 'episodes' and not exists (
                        select from pg_attribute a
                        where a.attrelid = c.oid and a.attnum = any (k.conkey) and not a.attnotnull)))
            )))
        or (c.relnamespace = 'internal'::regnamespace and exists (
            select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)))
"""
# A row for a tenant.
_FEW = {"internal.quota_gates", "internal.tenant_directory"}
# Under these nobody writes, or nobody reads either.
_BLOCKING = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]


class Versions:
    """A database that is brought from version to version by the runner itself."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._folder = folder
        self.all = load(FOLDER, "plain")
        for part in ("migrations", "timeseries/plain", "timeseries/timescale"):
            (folder / part).mkdir(parents=True)

    def up_to(self, version: int) -> list[str]:
        for path in FOLDER.glob("**/[0-9][0-9][0-9][0-9]_*.sql"):
            if int(path.name[:4]) <= version:
                shutil.copy(path, self._folder / path.relative_to(FOLDER))
        return migrate(self.database.owner_dsn, folder=self._folder, engine="plain")


@pytest.fixture
def versions(
    request: pytest.FixtureRequest, server: Reachable, tmp_path: Path, worker_id: str
) -> Iterator[Versions]:
    """An empty database; for what begins with the release before, a copy of that."""
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    begins_at_release = parameters.get("first") == RELEASED
    kept = request.getfixturevalue("versions_at_release").database.name if begins_at_release else None
    name = f"podboard_versions_{worker_id}"
    drop_database(server, name)
    create_database(server, name, kept)
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


@pytest.mark.parametrize("first", [pytest.param(0, marks=pytest.mark.proof), RELEASED])
def test_rows_of_every_version_come_through_to_the_newest(
    versions: Versions, server: Reachable, tmp_path: Path, first: int
) -> None:
    """A tenant is written with what the released version (a long proof: each) knows; all later ones run over it."""
    written: dict[int, tuple[UUID, dict[str, list[dict[str, Any]]]]] = {}
    versions.up_to(first)
    for migration in (each for each in versions.all if each.version >= first):
        assert versions.up_to(migration.version) == [migration.label] * (migration.version > first)
        if first == RELEASED < migration.version:
            continue
        with psycopg.connect(versions.database.superuser_dsn, prepare_threshold=None) as connection:
            if connection.execute("select to_regclass('tenants')").fetchone() != (None,):
                tenant = plant(connection, migration.version)
                written[migration.version] = tenant, rows_of(connection, tenant)
    assert len(written) == (1 if first == RELEASED else len(versions.all) - 1)
    with psycopg.connect(versions.database.superuser_dsn) as connection:
        for version, (tenant, before) in written.items():
            assert_rows_of_before(version, before, rows_of(connection, tenant))
        # A check that rows of before do not fit stays unread, and is the same check.
        unread = connection.execute(
            "update pg_constraint set convalidated = true where not convalidated"
        ).rowcount
        assert first == 0 or unread == 0
    if (pg_dump := program(server, "pg_dump")) is not None:
        from_empty = dump_structure(server.dsn("podboard_owner", TEMPLATE), pg_dump, tmp_path / "empty.sql")
        assert dump_structure(versions.database.owner_dsn, pg_dump, tmp_path / "grown.sql") == from_empty


@pytest.fixture(scope="module")
def large(server: Reachable) -> frozenset[str]:
    """The tables that grow, as the newest version has them."""
    with psycopg.connect(server.dsn("podboard_owner", TEMPLATE)) as connection:
        found = {name for (name,) in connection.execute(_GROWING.encode())}
    return frozenset(found - _FEW)


def test_what_grows_is_known(large: frozenset[str]) -> None:
    assert large >= {
        "listener_events", "attribution_event_metadata", "attribution_validations", "sessions", "episodes",
        "transcripts", "audit_logs", "counting_windows", "internal.directory", "internal.listeners",
        "internal.metrics_daily",
    }  # fmt: skip
    assert large.isdisjoint({"podcasts", "campaigns", "users", "roles", "internal.quota_gates"})


def _harm(connection: psycopg.Connection[Any], migration: Migration, large: frozenset[str]) -> list[str]:
    """What a version does to large tables that are there already: rewrites, reads through under a lock that blocks."""
    before = _files(connection, large)
    connection.execute(migration.sql.encode())
    scanned = {
        relation
        for (relation,) in connection.execute(
            """
            select s.relid
            from pg_stat_xact_user_tables s
            join pg_locks l on l.relation = s.relid and l.pid = pg_backend_pid() and l.granted and l.mode = any (%s)
            where s.seq_scan + s.n_tup_upd + s.n_tup_del > 0
            """,
            [_BLOCKING],
        )
    }
    read = {f"read through: {name}" for relation, (name, _) in before.items() if relation in scanned}
    return sorted(read | _rewritten(before, _files(connection, large)))


def _files(connection: psycopg.Connection[Any], large: frozenset[str]) -> dict[int, tuple[str, int]]:
    """Each large table and each of its partitions, by oid: the table's name and the file."""
    return {
        oid: (name, node)
        for oid, name, node in connection.execute(
            "select c.oid, coalesce(pg_partition_root(c.oid), c.oid)::regclass::text, c.relfilenode "
            "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname in ('public', 'internal') and c.relkind = 'r'"
        )
        if name in large
    }


def _rewritten(before: dict[int, tuple[str, int]], after: dict[int, tuple[str, int]]) -> set[str]:
    return {f"rewritten: {was[0]}" for oid, was in before.items() if oid in after and after[oid] != was}


@pytest.mark.parametrize(
    ("statement", "harm"),
    [
        ("alter table internal.download_days add column n integer not null default 0", []),
        (
            "alter table internal.download_days add column at timestamptz default clock_timestamp()",
            ["rewritten", "read through"],
        ),
        (
            "alter table excluded_requests alter column rule_version type varchar(300)",
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
def test_harm_is_seen(
    versions_at_release: Versions, large: frozenset[str], statement: str, harm: list[str]
) -> None:
    """The next test can fail: what would stop the release before is told from what would not."""
    with psycopg.connect(versions_at_release.database.owner_dsn, prepare_threshold=None) as connection:
        found = _harm(connection, Migration(9999, "probe", statement), large)
        connection.rollback()
    assert sorted({fault.split(":")[0] for fault in found}) == sorted(harm)


@pytest.mark.parametrize("first", [RELEASED, pytest.param(0, marks=pytest.mark.proof)])
def test_no_version_rewrites_a_large_table_or_reads_it_through_while_others_wait(
    versions: Versions, large: frozenset[str], first: int
) -> None:
    """Every version after the release (a long proof: every one), over the tables that the ones before it made."""
    versions.up_to(first)
    harmful: dict[int, list[str]] = {}
    for migration in (each for each in versions.all if each.version > first):
        found: list[str] = []
        with psycopg.connect(versions.database.owner_dsn, prepare_threshold=None) as connection:
            if migration.in_transaction:
                found = _harm(connection, migration, large)
                connection.rollback()
            before = _files(connection, large)
        assert versions.up_to(migration.version) == [migration.label]
        with psycopg.connect(versions.database.owner_dsn, prepare_threshold=None) as connection:
            found += sorted(_rewritten(before, _files(connection, large)) - set(found))
        if found:
            harmful[migration.version] = found
    assert harmful == {version: harm for version, harm in HARM_RELEASED.items() if version > first}


@pytest.mark.parametrize("first", [RELEASED, pytest.param(FIRST_AT_WORK, marks=pytest.mark.proof)])
def test_the_release_before_stays_at_work_meanwhile(versions: Versions, first: int) -> None:
    """Its sessions read, write and hold row locks in short transactions; none fails, none waits past its patience.

    A long proof: sessions of the first dashboard go on through every version after it, one by one.
    """
    versions.up_to(first)
    with psycopg.connect(versions.database.superuser_dsn, prepare_threshold=None) as connection:
        tenant = plant(connection, first)
    stop = threading.Event()
    rounds = [0, 0]
    failures: list[BaseException] = []

    def work(place: int) -> None:
        try:
            with psycopg.connect(versions.database.web_dsn, prepare_threshold=None) as connection:
                while not stop.is_set():
                    for statement in _AT_WORK:
                        with connection.transaction():
                            connection.execute("select set_tenant_context(%s)", [tenant])
                            connection.execute(statement.encode())
                        time.sleep(0.005)
                    rounds[place] += 1
        except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
            failures.append(error)

    def each_did_a_round() -> None:
        begun = list(rounds)
        _until(lambda: all(now > then for now, then in zip(rounds, begun, strict=True)) or bool(failures))
        assert not failures

    later = [migration for migration in versions.all if migration.version > first]
    threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    try:
        each_did_a_round()
        for migration in later:
            assert versions.up_to(migration.version) == [migration.label]
            each_did_a_round()
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("busy", ["excluded_visits", "import_refusals"])
def test_no_pixel_waits_while_a_version_waits_for_imports(versions: Versions, busy: str) -> None:
    """Version 139 takes what each pixel and prefix writes to last, when it has the other tables."""
    versions.up_to(BEFORE_ORDERS)
    with (
        psycopg.connect(versions.database.superuser_dsn) as under_way,
        psycopg.connect(versions.database.superuser_dsn, autocommit=True) as watching,
        ThreadPoolExecutor(1) as upgrade,
    ):
        under_way.execute(f"lock table {busy} in row exclusive mode")
        done = upgrade.submit(versions.up_to, BEFORE_ORDERS + 1)
        found: list[tuple[bool]] = []

        def waits() -> bool:
            found[:] = watching.execute(
                "select exists (select from pg_locks h where h.pid = w.pid and h.granted"
                "  and h.mode = 'AccessExclusiveLock' and h.relation = 'internal.waiting_outcomes'::regclass)"
                " from pg_locks w where not w.granted and w.relation = to_regclass(%s)",
                [busy],
            ).fetchall()
            return bool(found)

        try:
            _until(waits)
        finally:
            under_way.rollback()
        assert found == [(False,)]
        assert len(done.result(60)) == 1


@pytest.mark.parametrize(
    ("first", "each"), [(RELEASED, False), pytest.param(RELEASED, True, marks=pytest.mark.proof)]
)
def test_every_statement_of_the_release_is_taken_later(versions: Versions, first: int, each: bool) -> None:
    """What the release at work sends is planned by its roles on the newest version (a long proof: on each after it)."""
    sent = {
        name: text(clause) for name, clause in released()["statements"].items() if name not in _NOT_EXPLAINED
    }
    assert len(sent) > 150
    versions.up_to(first)
    later = [migration for migration in versions.all if migration.version > first]
    for migration in later:
        assert versions.up_to(migration.version) == [migration.label]
        if each or migration is later[-1]:
            assert _not_taken(versions.database, sent) == {}, migration.label
    with psycopg.connect(versions.database.owner_dsn) as connection:
        connection.execute("alter table podcasts rename column website_url to website")
    assert "does not exist" in str(_not_taken(versions.database, sent)), (
        "what takes something away is noticed"
    )


def _not_taken(database: Database, sent: dict[str, TextClause]) -> dict[str, str]:
    """The statements that cannot be planned any more by the role that runs them, and what the database says."""
    refused = {}
    ways = {"owner": database.owner_dsn, "worker": database.worker_dsn, "web": database.web_dsn}
    with ExitStack() as stack:
        roles = {
            role: stack.enter_context(psycopg.connect(way, prepare_threshold=None))
            for role, way in ways.items()
        }
        for name, clause in sent.items():
            role = "owner" if _OF_THE_OWNER.search(name) else "worker" if name.startswith("jobs/") else "web"
            values = {parameter: _value(clause.text, parameter) for parameter in clause.compile().params}
            try:
                roles[role].execute(f"explain {driver_text(clause)}".encode(), values)
            except psycopg.Error as error:
                refused[name] = str(error)
            roles[role].rollback()
    return refused


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


def test_imports_and_refused_requests_of_before_names_are_known(versions: Versions) -> None:
    """An upgrade would have shown no source until its next import, and no reason of any request of before."""
    first = BEFORE_NAMES
    versions.up_to(first)
    sources = {
        "Downloads-2026-11-03.log.gz": "downloads", "API key North 2": "API key North 2", "2026.csv": "file",
        "https://feeds.example:8443/shows/7.xml": "feeds.example", "orders_north 12.csv": "orders-north",
    }  # fmt: skip
    with psycopg.connect(versions.database.superuser_dsn, prepare_threshold=None) as connection:
        tenants = [plant(connection, mark) for mark in (first - 1, first)]
        planted = connection.execute("select count(*) from excluded_requests").fetchone()
        for source in sources:
            connection.execute(
                "insert into etl_imports (tenant_id, import_type, source, status, completed_at)"
                " values (%s, 'listener_events', %s, 'completed', now())",
                [tenants[1], source],
            )
    versions.up_to(versions.all[-1].version)
    with psycopg.connect(versions.database.superuser_dsn) as connection:
        found = dict(
            connection.execute(
                "select source, source_name from etl_imports where source = any (%s)", [list(sources)]
            ).fetchall()
        )
        assert found == sources == {source: origin_of(source) for source in sources}
        assert connection.execute(
            "select count(*) from etl_imports where source_name is null"
        ).fetchone() == (0,)
        noted = connection.execute("select distinct tenant_id from internal.dirty_excluded_hours").fetchall()
    assert planted
    assert planted[0] > 0
    assert {tenant for (tenant,) in noted} == set(tenants)
