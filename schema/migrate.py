"""Applies the migrations, forward only, as the owner role.

A version is one file `NNNN_name.sql` in migrations/, or one of the same name in both timeseries/plain/ and
timeseries/timescale/: the engine is chosen at the first run and kept. Each file runs in one transaction, unless its
first line is `-- no-transaction`; such a file runs statement by statement and must be repeatable. An index that it
makes concurrently is made partition by partition where the table has some; what an interrupted run left of one is not
usable and is dropped first.

A file that has been applied somewhere is never changed. Where one turns out not to run over what somebody has, before/
<engine>_NNNN.sql makes it so: it runs in front of that version, wherever it is still to be applied, and is repeatable.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import psycopg
from psycopg import sql

from schema import SetupError
from schema.indexes import is_beside_work, spread
from schema.scripts import split_statements

Engine = Literal["plain", "timescale"]
Connection = psycopg.Connection[Any]

FOLDER = Path(__file__).parent
NO_TRANSACTION = "-- no-transaction"
OLDEST_SERVER = 150000
EXTENSIONS = ("uuid-ossp", "pg_trgm", "pgcrypto")

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# Any constant will do, as long as nothing else takes the same advisory lock in this database.
_ADVISORY_LOCK = 7_063_626_120_417
# Whoever comes after a waiting migration waits as well: it gives up soon, later each time, for two minutes in all.
_LOCK_STEP_MS = 200
_LOCK_LONGEST_MS = 2000
_LOCK_ATTEMPTS = 30


class MigrationError(SetupError):
    """The database cannot be brought to this release; nothing half done is left."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One version for one engine."""

    version: int
    name: str
    sql: str
    before: str = ""

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        return self.sql.split("\n", 1)[0].strip() != NO_TRANSACTION


def migrate(
    owner_dsn: str,
    *,
    plan: bool = False,
    folder: Path = FOLDER,
    engine: Engine | None = None,
    report: Callable[[str], None] | None = None,
) -> list[str]:
    """The labels of the versions that were applied (with `plan`: would be), in order; none when up to date.

    `engine` forces a time-series engine at the first run; by default TimescaleDB is used if the server has it loaded.
    `report` hears one line per step.

    Raises: MigrationError when the server cannot be used, an applied file was changed, or a version fails.
    """
    with connected(owner_dsn) as connection:
        return migrate_with(connection, plan=plan, folder=folder, engine=engine, report=report)


def migrate_with(
    connection: Connection,
    *,
    plan: bool = False,
    folder: Path = FOLDER,
    engine: Engine | None = None,
    report: Callable[[str], None] | None = None,
) -> list[str]:
    """The same over a connection of the owner role that is open already and in autocommit."""
    if plan:
        return [m.label for m in _pending(connection, folder, _engine(connection, engine))]
    hear = report or _silent
    with _only_one(connection, hear):
        chosen = _prepare(connection, engine, hear)
        applied = []
        for migration in _pending(connection, folder, chosen):
            _apply(connection, migration, chosen, hear)
            applied.append(migration.label)
        return applied


def _silent(_line: str) -> None:
    pass


def load(folder: Path, engine: Engine) -> list[Migration]:
    """Every version for this engine, in order.

    Raises: MigrationError for a name that does not fit, a version used twice, or one that an engine lacks.
    """
    common = _files(folder / "migrations")
    by_engine = {kind: _files(folder / "timeseries" / kind) for kind in ("plain", "timescale")}
    lonely = set(by_engine["plain"]) ^ set(by_engine["timescale"])
    if lonely:
        raise MigrationError(f"Only one time-series engine has {', '.join(sorted(lonely))}: both need it.")
    versions: dict[int, Migration] = {}
    for file_name, path in sorted({**common, **by_engine[engine]}.items()):
        matched = _FILE_NAME.fullmatch(file_name)
        if matched is None:
            raise MigrationError(f"{path} is not named NNNN_name.sql in lower case.")
        before = folder / "before" / f"{engine}_{matched[1]}.sql"
        migration = Migration(
            int(matched[1]), matched[2], path.read_text(encoding="utf-8"),
            before.read_text(encoding="utf-8") if before.exists() else "",
        )  # fmt: skip
        if migration.version in versions or (file_name in common and file_name in by_engine[engine]):
            raise MigrationError(f"Version {migration.version:04d} exists twice.")
        versions[migration.version] = migration
    return list(versions.values())


def _files(directory: Path) -> dict[str, Path]:
    return {path.name: path for path in directory.glob("*.sql")}


@contextlib.contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    try:
        # prepare_threshold None: nothing is prepared, so a pooler between us and the server does no harm.
        connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None, connect_timeout=10)
        # A run that was killed lets go of its locks within seconds, not at the end of its statement.
        # Servers on platforms that cannot look at a closed connection refuse the setting; they do without.
        with contextlib.suppress(psycopg.errors.InvalidParameterValue):
            connection.execute("set client_connection_check_interval = '2s'")
    except psycopg.OperationalError as error:
        raise MigrationError(f"The database cannot be reached: {first_line(error)}") from error
    with connection:
        if connection.info.server_version < OLDEST_SERVER:
            found = connection.info.server_version // 10000
            raise MigrationError(
                f"PostgreSQL {found} is too old: podboard needs {OLDEST_SERVER // 10000} or newer."
            )
        yield connection


@contextlib.contextmanager
def _only_one(connection: Connection, report: Callable[[str], None]) -> Iterator[None]:
    """Holds the advisory lock, which the server frees if this process dies."""
    told = False
    while True:
        found = connection.execute("select pg_try_advisory_lock(%s)", [_ADVISORY_LOCK]).fetchone()
        if found and found[0]:
            break
        if not told:
            report("another migration is running: waiting for it")
            told = True
        time.sleep(0.2)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s)", [_ADVISORY_LOCK])


def _prepare(connection: Connection, engine: Engine | None, report: Callable[[str], None]) -> Engine:
    """The engine of this database; makes the extensions and the two tables of the runner where they are missing."""
    chosen = _engine(connection, engine)
    for extension in EXTENSIONS:
        if not _create_extension(connection, extension) and not _applied(connection):
            report(f"extension {extension} is not available: going on without it")
    if chosen == "timescale" and not _create_extension(connection, "timescaledb"):
        raise MigrationError(
            "TimescaleDB is loaded but this role may not create it: as a superuser run `create extension timescaledb` "
            "in this database, or set PODBOARD_TIMESERIES=plain."
        )
    with connection.transaction():
        connection.execute(
            """
            create table if not exists public.schema_migrations (
                version integer primary key,
                name text not null,
                sha256 text not null,
                engine text not null,
                applied_at timestamptz not null default now()
            );
            comment on table public.schema_migrations is 'Versions applied to this structure, one row per file.';
            create table if not exists public.database_engine (
                is_chosen boolean primary key default true check (is_chosen),
                engine text not null check (engine in ('plain', 'timescale')),
                chosen_at timestamptz not null default now()
            );
            comment on table public.database_engine is 'How time series are kept here: one row, written once.';
            """
        )
        connection.execute(
            "insert into database_engine (engine) values (%s) on conflict do nothing", [chosen]
        )
        for role in ("podboard_web", "podboard_worker"):
            if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                connection.execute(
                    sql.SQL("grant select on public.schema_migrations, public.database_engine to {}").format(
                        sql.Identifier(role)
                    )
                )
    return chosen


def _create_extension(connection: Connection, name: str) -> bool:
    """Whether the extension is there now."""
    available = connection.execute("select 1 from pg_available_extensions where name = %s", [name]).fetchone()
    with contextlib.suppress(psycopg.Error), connection.transaction():
        if available:
            connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
    return connection.execute("select 1 from pg_extension where extname = %s", [name]).fetchone() is not None


def _engine(connection: Connection, wanted: Engine | None) -> Engine:
    """The recorded engine, else the wanted one, else TimescaleDB where the server has it loaded.

    TRICKY: that it is loaded is checked beforehand, because the error of creating it unloaded ends the session.
    """
    recorded = None
    if connection.execute("select to_regclass('public.database_engine') is not null").fetchone() == (True,):
        recorded = connection.execute("select engine from public.database_engine").fetchone()
    if recorded is not None:
        if wanted is not None and recorded[0] != wanted:
            raise MigrationError(
                f"This database keeps time series the {recorded[0]} way; that cannot be changed."
            )
        return cast(Engine, recorded[0])
    usable = has_timescale(connection)
    if wanted == "timescale" and not usable:
        raise MigrationError(
            "TimescaleDB is not loaded: install it and set shared_preload_libraries = 'timescaledb' on the server."
        )
    return wanted or ("timescale" if usable else "plain")


def has_timescale(connection: Connection) -> bool:
    """Whether TimescaleDB is in this database, or installed and loaded so that it can be."""
    found = connection.execute(
        """
        select exists (select from pg_extension where extname = 'timescaledb')
            or (exists (select from pg_available_extensions where name = 'timescaledb')
                and current_setting('shared_preload_libraries') ~ '\\mtimescaledb\\M')
        """
    ).fetchone()
    return found == (True,)


def _applied(connection: Connection) -> list[tuple[int, str, str]]:
    if connection.execute("select to_regclass('public.schema_migrations') is not null").fetchone() != (True,):
        return []
    rows = connection.execute(
        "select version, name, sha256 from public.schema_migrations order by version"
    ).fetchall()
    return cast(list[tuple[int, str, str]], rows)


def _pending(connection: Connection, folder: Path, engine: Engine) -> list[Migration]:
    """What is still to be applied, once history and files agree."""
    known = {migration.version: migration for migration in load(folder, engine)}
    applied = _applied(connection)
    for version, name, sha256 in applied:
        label = f"{version:04d}_{name}"
        if version not in known or known[version].name != name:
            raise MigrationError(
                f"The database has version {label}, which this release does not: it is too old for it."
            )
        if known[version].sha256 != sha256:
            raise MigrationError(
                f"{label}.sql was changed after it had been applied: put it back and write a new version instead."
            )
    newest = applied[-1][0] if applied else -1
    pending = [
        migration
        for version, migration in sorted(known.items())
        if version not in {row[0] for row in applied}
    ]
    for migration in pending:
        if migration.version < newest:
            raise MigrationError(
                f"{migration.label}.sql comes before version {newest:04d}, which is applied already: renumber it."
            )
    return pending


_SET_LOCK_TIMEOUT = "select set_config('lock_timeout', %s, false)"


def _apply(
    connection: Connection, migration: Migration, engine: Engine, report: Callable[[str], None]
) -> None:
    for attempt in range(1, _LOCK_ATTEMPTS + 1):
        try:
            patience = f"{min(_LOCK_STEP_MS * attempt, _LOCK_LONGEST_MS)}ms"
            connection.execute(_SET_LOCK_TIMEOUT, [patience])
            if migration.before:
                with connection.transaction():
                    connection.execute(migration.before.encode())
            if migration.in_transaction:
                with connection.transaction():
                    # Bytes without parameters: psycopg sends the file as it is, in one simple-protocol query.
                    connection.execute(migration.sql.encode())
                    _record(connection, migration, engine)
            else:
                for whole in split_statements(migration.sql):
                    for statement in spread(connection, whole):
                        # Nobody queues behind what is made concurrently, and it has to outlast every open transaction.
                        waits = "0" if is_beside_work(statement) else patience
                        connection.execute(_SET_LOCK_TIMEOUT, [waits])
                        connection.execute(statement.encode())
                _record(connection, migration, engine)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if attempt == _LOCK_ATTEMPTS:
                raise MigrationError(
                    f"{migration.label} got no lock in {_LOCK_ATTEMPTS} attempts: {first_line(error)}. Try again later."
                ) from error
            if attempt == 1:
                report(f"{migration.label} waits for a lock")
            time.sleep(min(0.1 * 2**attempt, 3))
        except psycopg.Error as error:
            outcome = "was undone" if migration.in_transaction else "is not finished"
            raise MigrationError(
                f"{migration.label} failed and {outcome}: {_with_place(error, migration)}"
            ) from error
        else:
            report(f"applied {migration.label}")
            return


def _record(connection: Connection, migration: Migration, engine: Engine) -> None:
    connection.execute(
        "insert into public.schema_migrations (version, name, sha256, engine) values (%s, %s, %s, %s)",
        [migration.version, migration.name, migration.sha256, engine],
    )


def first_line(error: BaseException) -> str:
    """The first line of a database error, for a one-line message."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _with_place(error: psycopg.Error, migration: Migration) -> str:
    position = error.diag.statement_position
    message = error.diag.message_primary or first_line(error)
    if position is None or not migration.in_transaction:
        return message
    line = migration.sql.count("\n", 0, int(position) - 1) + 1
    return f"{message} (line {line})"
