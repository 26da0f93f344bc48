"""The only door to the database: opens a transaction and sets tenant, person and scope in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Error as PsycopgError
from sqlalchemy import Connection as Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from queries.engine import engine_for, patience
from queries.errors import (
    AccessRefused,
    DatabaseUnavailable,
    QuotaReached,
    TenantMissing,
    TookTooLong,
    TryAgain,
)
from queries.settings import current_settings
from queries.statements import ask, run

# The server stops a reader's statement after 30 s: one that has not answered some seconds later has gone.
_PATIENCE_SECONDS = 40.0

# deadlock detected, could not serialize, lock not available
_IN_THE_WAY = ("40P01", "40001", "55P03")
# internal.enforce_quota(): the table and, as detail, how many of it there may be
_QUOTA = "PB001"
_ENTER = "select enter_session(%(tenant_id)s, %(user_id)s)"
# The first refresh of a large tenant digests its whole history in one statement.
_SYSTEM_SECONDS = 1800
_TENANT = "select set_tenant_context(%(tenant_id)s)"
_TAKE_TURN = "select pg_advisory_lock(hashtextextended(:turn, 0))"
_END_TURN = "select pg_advisory_unlock(hashtextextended(:turn, 0))"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person of a tenant, or the tenant itself (`user_id` None: worker and commands)."""

    tenant_id: UUID | None
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Entered:
    """A read-only transaction in which `actor` is already set, open until it is read in or given up."""

    actor: Actor
    connection: Connection
    transaction: ExitStack


_entered: ContextVar[_Entered | None] = ContextVar("entered", default=None)


@contextmanager
def tenant_session(actor: Actor, *, write: bool = False) -> Iterator[Connection]:
    """A transaction that sees what `actor` may see; read only unless asked.

    What only reads sees one moment in all its statements, so that its numbers agree with each other.
    The scope (own campaigns, own podcasts) is worked out in the database at entry, so a role taken away counts on
    the next transaction. Raises TenantMissing before any SQL, AccessRefused for a disabled or foreign person.
    """
    if actor.tenant_id is None:
        raise TenantMissing("No tenant: nothing can be read.")
    with patience(_PATIENCE_SECONDS), _transaction_of(actor, write=write) as connection:
        yield connection


@contextmanager
def operator_session(actor: Actor, *, write: bool = False) -> Iterator[Connection]:
    """A transaction of an operator: no tenant, so no tenant's rows; system tables only."""
    if actor.tenant_id is not None or actor.user_id is None:
        raise AccessRefused("Only an operator acts without a tenant.")
    with patience(_PATIENCE_SECONDS), _transaction_of(actor, write=write) as connection:
        yield connection


@contextmanager
def anonymous_session(*, write: bool = False) -> Iterator[Connection]:
    """A transaction without tenant or person: log-in look-ups, throttle, health. Sees no tenant's rows."""
    with patience(_PATIENCE_SECONDS), _transaction(current_settings().runtime_dsn, write=write) as connection:
        yield connection


@contextmanager
def anonymous_statements() -> Iterator[Connection]:
    """For statements that may write, each alone: it commits by itself, in one round trip instead of three."""
    with (
        patience(_PATIENCE_SECONDS),
        _transaction(current_settings().runtime_dsn, write=True, alone=True) as connection,
    ):
        yield connection


@contextmanager
def system_session(reason: str, *, tenant_id: UUID | None = None) -> Iterator[Connection]:
    """A writing transaction as the owner role, for refresh, retention and functions named `unscoped_*` only.

    Needs the worker's DSN. `reason` lands in the server's log line as application name. Tables with FORCE still show
    no rows unless `tenant_id` is given. On this machine's database it steps back behind what somebody waits for.
    """
    if not reason:
        raise ValueError("a system session says why it is opened")
    with (
        patience(_SYSTEM_SECONDS + 10),
        _transaction(current_settings().worker_dsn, write=True, behind=True) as connection,
    ):
        _become_owner(connection, reason)
        if tenant_id is not None:
            run(connection, _TENANT, {"tenant_id": tenant_id})
        yield connection


@contextmanager
def system_turn(reason: str, *, tenant_id: UUID) -> Iterator[Connection]:
    """As system_session(), for what is made of many tables: all its statements see one moment.

    That moment comes after whoever else has the turn 'podboard <reason> <tenant>', an advisory lock, has ended. It is
    the connection's: through a pooler in transaction mode it would be somebody else's, as outside_transactions() too.
    Raises TryAgain where somebody else has changed meanwhile what this changes.
    """
    turn = {"turn": f"podboard {reason} {tenant_id}"}
    with (
        patience(_SYSTEM_SECONDS + 10),
        _errors_told(),
        _opened(current_settings().worker_dsn, behind=True) as opened,
    ):
        # Within the transaction itself the wait would come after the moment that it sees.
        try:
            with opened.begin():
                _become_owner(opened, reason)
                opened.execute(text(_TAKE_TURN), turn)
            connection = opened.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                _become_owner(connection, reason)
                run(connection, _TENANT, {"tenant_id": tenant_id})
                yield connection
        finally:
            _end_turn(opened, turn)


@contextmanager
def outside_transactions(reason: str) -> Iterator[Connection]:
    """The owner role without a transaction, for the calls that TimescaleDB refuses inside one; without a time limit.

    The connection is closed at the end: the role it took on must not come back from the pool.
    """
    if not reason:
        raise ValueError("a system session says why it is opened")
    with _opened(current_settings().worker_dsn, behind=True) as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        connection.execute(text("set role podboard_owner"))
        connection.execute(text("set statement_timeout = 0"))
        name = f"podboard {reason}"[:63]
        connection.execute(text("select set_config('application_name', :name, false)"), {"name": name})
        yield connection


def enter_by_cookie(name: str, **parameters: Any) -> dict[str, Any] | None:
    """The row of a statement that finds a person by their cookie and enters them, as session_enter() does.

    The transaction stays open for the next read-only tenant_session() or operator_session(), when it is that person's,
    which so need not ask a second time who they are. Whoever calls this calls leave() at the end, whatever happened.
    """
    with ExitStack() as opening:
        connection = opening.enter_context(_transaction(current_settings().runtime_dsn, write=False))
        rows = ask(connection, name, **parameters)
        if not rows:
            return None
        actor = Actor(rows[0]["tenant_id"], rows[0]["user_id"])
        _entered.set(_Entered(actor, connection, opening.pop_all()))
    return rows[0]


def leave() -> None:
    """Ends the transaction that enter_by_cookie() opened, where nobody has read in it."""
    if (entered := _entered.get()) is not None:
        _entered.set(None)
        # It has only read: a server that went away meanwhile takes nothing with it.
        with suppress(DatabaseUnavailable):
            entered.transaction.close()


@contextmanager
def _transaction_of(actor: Actor, *, write: bool) -> Iterator[Connection]:
    """The transaction that this person's cookie has opened, or one of its own."""
    entered = _entered.get()
    if entered is not None and entered.actor == actor and not write:
        _entered.set(None)
        with entered.transaction:
            yield entered.connection
        return
    with _transaction(current_settings().runtime_dsn, write=write) as connection:
        if actor.user_id is None:
            run(connection, _TENANT, {"tenant_id": actor.tenant_id})
        else:
            _enter(connection, actor)
        yield connection


def _enter(connection: Connection, actor: Actor) -> None:
    try:
        run(connection, _ENTER, {"tenant_id": actor.tenant_id, "user_id": actor.user_id})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "42501":
            raise AccessRefused("This account is not active here.") from None
        raise


def _become_owner(connection: Connection, reason: str) -> None:
    """The owner role, for as long as this transaction goes on."""
    connection.execute(text("set local role podboard_owner"))
    connection.execute(
        text(
            "select set_config('application_name', :name, true), set_config('statement_timeout', :longest, true)"
        ),
        {"name": f"podboard {reason}"[:63], "longest": f"{_SYSTEM_SECONDS}s"},
    )


def _end_turn(connection: Connection, turn: dict[str, str]) -> None:
    """A connection that cannot say that its turn is over is closed, which ends it."""
    try:
        with connection.begin():
            connection.execute(text(_END_TURN), turn)
    except DBAPIError:
        connection.invalidate()


@contextmanager
def _transaction(dsn: str, *, write: bool, alone: bool = False, behind: bool = False) -> Iterator[Connection]:
    with _errors_told(), _opened(dsn, behind=behind) as plain:
        if alone:
            yield plain.execution_options(isolation_level="AUTOCOMMIT")
            return
        # A reader that is never in anybody's way: of the refresh that commits meanwhile it sees all or nothing.
        connection = plain.execution_options(
            postgresql_readonly=not write,
            isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        )
        with connection.begin():
            yield connection


def _opened(dsn: str, *, behind: bool) -> Connection:
    # A request holds one connection at a time: with two, requests would wait for each other once the pool is used up.
    leave()
    try:
        return engine_for(dsn, behind=behind).connect()
    except (OperationalError, PoolTimeout) as error:
        raise DatabaseUnavailable("The database cannot be reached.") from error


@contextmanager
def _errors_told() -> Iterator[None]:
    """What the driver says as errors of this package."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable("The database went away.") from error
        if getattr(error.orig, "sqlstate", None) in _IN_THE_WAY:
            raise TryAgain("Another change was in the way.") from error
        if getattr(error.orig, "sqlstate", None) == "57014":
            raise TookTooLong("The question took too long and was stopped.") from None
        if isinstance(error.orig, PsycopgError) and error.orig.sqlstate == _QUOTA:
            said = error.orig.diag
            raise QuotaReached(said.table_name or "", int(said.message_detail or 0)) from None
        raise
