"""Imports in processes of their own, killed (-9) at a moment that is the same however busy the machine is.

The process says the lines that are dealt with after each batch, and then holds still until it is told to go on:

    batch_done=lambda lines, _: (print(lines, flush=True), sys.stdin.readline())
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Literal

import psycopg

from tests.children import child
from tests.product import until
from tests.studio import Studio

# Seconds. Nothing but a failure takes so long.
_PATIENCE = 120

# A process that waits for a busy test gives up on nothing meanwhile: neither it nor the server.
_UNHURRIED = """
from sqlalchemy import Engine, event
from queries import session
session._PATIENCE_SECONDS = 3600.0
@event.listens_for(Engine, "connect")
def unhurried(connection, _):
    connection.autocommit = True
    for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"set {limit} = 0")
    connection.autocommit = False
"""


@contextmanager
def holding_still(
    program: str, arguments: Sequence[str], *, after: int, **options: Any
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process of an import that so many batches are committed of and none is begun, and the lines it told last."""
    with child(
        [sys.executable, "-c", _UNHURRIED + program, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,
    ) as process:  # fmt: skip
        said = said_next(process)
        for _ in range(after - 1):
            go_on(process)
            said = said_next(process)
        yield process, said


def go_on(process: subprocess.Popen[str]) -> None:
    """Lets the process begin its next batch."""
    _pipe(process.stdin).write("\n")
    _pipe(process.stdin).flush()


def said_next(process: subprocess.Popen[str]) -> int:
    """The lines that are dealt with after the batch at work: waits for its end."""
    line = _pipe(process.stdout).readline()
    assert line, "the import has ended by itself"
    return int(line)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


Moment = Literal["between", "before its rows", "after its rows"]
"""Between two batches; in one that is to write its rows; in one that has, and is to write how far they bring it."""

# What keeps the process from going beyond a moment, and the statement of it that waits. Rows of a batch may refer to
# that of the import, which a lock of this strength lets them. Of a log not every batch has downloads to write.
_HELD = {
    "before its rows": ("lock table listener_events in share mode", "insert into listener_events"),
    "after its rows": (
        "select from etl_imports where tenant_id = %(tenant)s and status = 'running' for no key update",
        "update etl_imports",
    ),
}


@contextmanager
def held(studio: Studio, process: subprocess.Popen[str], moment: Moment) -> Iterator[None]:
    """The process that held still is at this moment now, and goes no further in this block."""
    if moment == "between":
        yield
        return
    lock, statement = _HELD[moment]
    with (
        psycopg.connect(studio.database.superuser_dsn) as holder,
        psycopg.connect(studio.database.superuser_dsn, autocommit=True) as watching,
    ):
        holder.execute(lock.encode(), {"tenant": studio.tenant.tenant_id})
        waiting = (
            "select position(%s in query) > 0 from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
        )

        def is_there() -> bool:
            assert process.poll() is None
            return watching.execute(waiting, [statement, holder.info.backend_pid]).fetchall() == [(True,)]

        go_on(process)
        until(is_there, _PATIENCE)
        yield


def until_over(studio: Studio) -> None:
    """Until the server has noticed that the other end is gone: no transaction is open in the database but this look."""
    others = (
        "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend' and xact_start is not null"
    )
    until(lambda: not studio.rows(others), _PATIENCE)
