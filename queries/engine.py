"""SQLAlchemy engines, one per DSN and process; private to this package."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from queries.stepping_back import step_back_in_database

_engines: dict[tuple[str, bool], Engine] = {}
_lock = threading.Lock()

_LOOKS_AT_CLIENT = "set client_connection_check_interval = '5s'"

_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class _Connection(psycopg.Connection[Any]):
    """A connection that gives up on a server that accepts but never answers, which no server-side limit can notice."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """The generator's result. Raises OperationalError, and closes, when nothing came in time."""
        try:
            return super().wait(gen, interval, timeout if timeout is not None else _patience.get())
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not answer in time") from None


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within it, a statement not answered in so many seconds ends with its connection; the shortest counts."""
    before = _patience.get()
    token = _patience.set(seconds if before is None else min(before, seconds))
    try:
        yield
    finally:
        _patience.reset(token)


def engine_for(dsn: str, *, behind: bool = False) -> Engine:
    """The engine of this DSN, opened at first use (so after a fork, never before).

    `behind`: for work that nobody waits for, whose processes in the database step back behind all others.
    """
    with _lock:
        if (dsn, behind) not in _engines:
            engine = create_engine(
                make_url(dsn).set(drivername="postgresql+psycopg"),
                pool_size=8,
                max_overflow=8,
                pool_timeout=3,
                # A question before each use is a round trip: _look_at() asks nothing.
                pool_pre_ping=False,
                pool_recycle=1800,
                # An error's text ends up in logs; parameters are people's data.
                hide_parameters=True,
                connect_args={
                    # A pooler in transaction mode knows no prepared statements; and a generic plan under a barrier
                    # view was measured at 530 ms against 14 ms.
                    "prepare_threshold": None,
                    # 4 MB, the server's default, sends the exact listeners of two years to disk: twice the time.
                    "options": "-c plan_cache_mode=force_custom_plan -c statement_timeout=30000 -c TimeZone=UTC "
                    "-c work_mem=16MB",
                    "connect_timeout": 3,
                    "application_name": "podboard",
                },
            )
            event.listen(engine, "do_connect", _connect)
            event.listen(engine, "checkout", _look_at)
            if behind:
                event.listen(engine, "connect", _step_back)
            _engines[dsn, behind] = engine
        return _engines[dsn, behind]


def _connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> _Connection:
    connection = _Connection.connect(*arguments, **options)
    # What a killed process asked ends within seconds instead of running on, with its locks, to its own end. The roles
    # of schema/roles.sql say so too, but not those that somebody else made.
    connection.autocommit = True
    # Servers on platforms that cannot look at a closed connection refuse the setting; they do without.
    with suppress(errors.InvalidParameterValue):
        connection.execute(_LOOKS_AT_CLIENT)
    connection.autocommit = False
    return connection


def _look_at(pooled: psycopg.Connection[Any], record: Any, _proxy: Any) -> None:
    """Lets the pool open another connection in place of one whose server has gone, as after a restart.

    A new one is taken as it is: a server that says more than it has to costs connections, and stops nobody.
    """
    if "was_used" in record.info and _has_gone(pooled):
        raise DisconnectionError("the server has gone")
    # Forgotten with the connection.
    record.info["was_used"] = True


def _has_gone(pooled: psycopg.Connection[Any]) -> bool:
    """Whether there is something to read where nothing was asked: a farewell, or the end.

    What a server says unasked besides, that a setting was changed for all, costs a new connection once. One that was
    cut without a word, as by a router, looks well.
    """
    if pooled.closed:
        return True
    said = select.poll()
    said.register(pooled.fileno(), select.POLLIN)
    return bool(said.poll(0))


def _step_back(connection: psycopg.Connection[Any], _record: Any) -> None:
    step_back_in_database(connection)


def dispose_engines() -> None:
    """Closes every pool of this process."""
    with _lock:
        for engine in _engines.values():
            engine.dispose()
        _engines.clear()
