"""What a server and its roles are like, and what in that would do harm."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import psycopg

from schema import SetupError
from schema.migrate import EXTENSIONS, OLDEST_SERVER, first_line, has_timescale
from schema.role_faults import owner_faults, runtime_faults

State = Literal["ok", "note", "fault"]

_WITHOUT = {
    "uuid-ossp": "uuid_generate_v4() is made over gen_random_uuid(): nothing is lost",
    "pg_trgm": "searches by part of a word read whole tables",
    "pgcrypto": "nothing is lost: podboard hashes and draws random numbers in Python",
}
# What PostgreSQL gives without being asked.
_DEFAULT_LOCKS = 64
# TimescaleDB, a chunk a day: two years of raw events are 2,927 locks, of which 13 sessions exhaust the default table.
_LOCKS_FOR_DAYS = 1024
# One process's connection pool, each session of it over every partition at once.
_WIDE_SESSIONS = 16


class RoleError(SetupError):
    """A role that podboard would run as can see or do more than it may."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: State
    text: str


def require_runtime_role(dsn: str, *, worker: bool = False) -> None:
    """Returns if the role of this DSN can do its part and nothing beyond, and row-level security holds for it.

    Raises: RoleError, with the faults of the role in one line, or when the server cannot be reached.
    """
    try:
        with _open(dsn) as connection:
            faults = runtime_faults(connection, worker=worker)
    except psycopg.OperationalError as error:
        raise RoleError(f"The database cannot be reached: {first_line(error)}") from error
    if faults:
        raise RoleError(f"Refusing to run: {'; '.join(faults)}.")


def inspect(dsn: str, *, worker_dsn: str | None = None, owner_dsn: str | None = None) -> list[Finding]:
    """What was found on the server behind `dsn` and about the three roles, most important first."""
    findings = []
    try:
        with _open(dsn) as connection:
            findings += _server(connection)
            role = _role("Web role", connection, runtime_faults(connection, worker=False))
            try:
                findings += [_locks(connection), *_extensions(connection), role]
            except psycopg.errors.InsufficientPrivilege as error:
                findings += [role, Finding("Web role", "fault", first_line(error))]
    except psycopg.OperationalError as error:
        return [Finding("Server", "fault", f"cannot be reached: {first_line(error)}")]
    for subject, other in (("Worker role", worker_dsn), ("Owner role", owner_dsn)):
        if other is None:
            continue
        try:
            with _open(other) as connection:
                faults = (
                    owner_faults(connection)
                    if subject == "Owner role"
                    else runtime_faults(connection, worker=True)
                )
                findings.append(_role(subject, connection, faults))
        except psycopg.OperationalError as error:
            findings.append(Finding(subject, "fault", f"cannot log in: {first_line(error)}"))
    return findings


def _open(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(dsn, connect_timeout=10, prepare_threshold=None)


def _server(connection: psycopg.Connection[Any]) -> list[Finding]:
    version = connection.info.server_version
    shown = f"PostgreSQL {version // 10000}.{version % 10000}"
    findings = [
        Finding("Server", "ok", shown)
        if version >= OLDEST_SERVER
        else Finding("Server", "fault", f"{shown} is too old: {OLDEST_SERVER // 10000} or newer is needed")
    ]
    encoding = _one(
        connection, "select pg_encoding_to_char(encoding) from pg_database where datname = current_database()"
    )
    if encoding != "UTF8":
        findings.append(
            Finding("Encoding", "fault", f"{encoding}: the database has to be made with encoding UTF8")
        )
    return findings


def _engine(connection: psycopg.Connection[Any]) -> object:
    """The engine this database was given, or None before its first migration."""
    if _one(connection, "select to_regclass('public.database_engine') is not null"):
        return _one(connection, "select engine from public.database_engine")
    return None


def _locks(connection: psycopg.Connection[Any]) -> Finding:
    """Whether there is room for statements that no period narrows: a lock for each partition and index."""
    locks = int(str(_one(connection, "select current_setting('max_locks_per_transaction')")))
    engine = _engine(connection)
    if engine == "timescale" or (engine is None and has_timescale(connection)):
        wanted, reason = _locks_for_chunks(connection)
    else:
        wanted, reason = _locks_for_months(connection)
    if locks >= wanted:
        return Finding("Locks", "ok", f"max_locks_per_transaction = {locks}, and {reason} need {wanted}")
    return Finding(
        "Locks",
        "fault",
        f"max_locks_per_transaction = {locks}, but {reason} need {wanted}: as a superuser run "
        f"`alter system set max_locks_per_transaction = {wanted}` and restart the server",
    )


def _locks_for_chunks(connection: psycopg.Connection[Any]) -> tuple[int, str]:
    days = None
    if _one(connection, "select to_regclass('timescaledb_information.dimensions') is not null"):
        days = _one(
            connection,
            "select extract(epoch from min(time_interval)) / 86400 from timescaledb_information.dimensions "
            "where hypertable_schema = 'public'",
        )
    length = float(str(days)) if days else 1.0
    return max(
        _DEFAULT_LOCKS, ceil(_LOCKS_FOR_DAYS / length)
    ), f"chunks of {length:.3g} day{'' if length == 1 else 's'}"


def _locks_for_months(connection: psycopg.Connection[Any]) -> tuple[int, str]:
    """The lock table holds twice max_locks_per_transaction x max_connections locks that several sessions share."""
    found = connection.execute(
        """
        with parts as (
            select p.relid
            from pg_class c
            cross join lateral pg_partition_tree(c.oid) p
            where c.relkind = 'p' and not c.relispartition and c.relnamespace = 'public'::regnamespace
        )
        select (select count(*) from parts)
                + (select count(*) from pg_index where indrelid in (select relid from parts)),
            current_setting('max_connections')::integer + current_setting('max_prepared_transactions')::integer
        """
    ).fetchone()
    relations, connections = found or (0, 1)
    wanted = max(_DEFAULT_LOCKS, ceil(_WIDE_SESSIONS * relations / (2 * connections)))
    return wanted, f"monthly partitions ({relations} with their indexes)"


def _extensions(connection: psycopg.Connection[Any]) -> list[Finding]:
    engine = _engine(connection)
    usable = has_timescale(connection)
    if engine == "timescale":
        timescale = Finding("TimescaleDB", "ok", "keeps the time series of this database")
        if not usable:
            timescale = Finding(
                "TimescaleDB", "fault", "keeps the time series of this database but is not loaded"
            )
    elif engine == "plain":
        timescale = Finding(
            "TimescaleDB",
            "ok",
            "not used: monthly partitions and rollup tables of our own keep time series, with the same results",
        )
    elif usable:
        timescale = Finding("TimescaleDB", "ok", "loaded: the first migration will use it")
    else:
        timescale = Finding(
            "TimescaleDB",
            "ok",
            "not loaded: the first migration will use monthly partitions and rollup tables, with the same results",
        )
    present = {str(row[0]) for row in connection.execute("select extname::text from pg_extension").fetchall()}
    others = [
        Finding(f"Extension {name}", "ok", "present")
        if name in present
        else Finding(f"Extension {name}", "note", f"missing: {_WITHOUT[name]}")
        for name in EXTENSIONS
    ]
    return [timescale, *others]


def _role(subject: str, connection: psycopg.Connection[Any], faults: list[str]) -> Finding:
    if faults:
        return Finding(subject, "fault", "; ".join(faults))
    name = _one(connection, "select session_user::text")
    return Finding(subject, "ok", f"{name} has the rights it needs and no more")


def _one(connection: psycopg.Connection[Any], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
