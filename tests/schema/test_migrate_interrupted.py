"""Migrations that are killed in the middle, and ones that wait: the next run makes them whole."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from schema.migrate import migrate
from schema.server import SUPERUSER, Reachable
from tests.children import child
from tests.small_versions import EMPTY, applied_versions, read, write

pytestmark = pytest.mark.drill

_RUN = """
import sys
from pathlib import Path
from schema.migrate import migrate
migrate(sys.argv[1], folder=Path(sys.argv[2]), engine="plain")
"""


def _killed_while(empty: str, superuser: str, folder: Path, statement: str) -> None:
    """A run in a process of its own, killed (-9) once the server is at this statement of it."""
    with (
        child([sys.executable, "-c", _RUN, empty, str(folder)]) as process,
        psycopg.connect(superuser, autocommit=True) as watch,
    ):
        at_it = (
            "select pid from pg_stat_activity where datname = current_database() and state = 'active' "
            "and pid <> pg_backend_pid() and query like %s"
        )
        deadline = time.monotonic() + 60
        while watch.execute(at_it, [f"%{statement}%"]).fetchone() is None:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()


def test_a_run_killed_in_a_transaction_leaves_nothing_and_the_next_is_whole(
    server: Reachable, empty: str, folder: Path
) -> None:
    write(
        folder, "migrations/0004_long.sql",
        "create table halfway (n int); insert into halfway values (1); "
        "select pg_sleep(case when (select count(*) from killed) = 0 then 60 else 0 end);",
    )  # fmt: skip
    write(folder, "migrations/0003_third.sql", "create table killed (n int);")
    _killed_while(empty, server.dsn(SUPERUSER, EMPTY), folder, "pg_sleep(case")
    assert applied_versions(empty) == ["0001_first", "0002_series", "0003_third"]
    assert read(empty, "select to_regclass('halfway')") == [(None,)]
    with psycopg.connect(empty) as connection:
        connection.execute("insert into killed values (1)")
    said: list[str] = []
    began = time.monotonic()
    assert migrate(empty, folder=folder, report=said.append) == ["0004_long"]
    # The server notices within seconds that nobody listens; it does not sleep its minute out with the lock in its hand.
    assert time.monotonic() - began < 30
    assert said[-1] == "applied 0004_long"
    assert read(empty, "select n from halfway") == [(1,)]


def test_a_run_killed_while_it_makes_an_index_beside_the_work_is_taken_up_again(
    server: Reachable, empty: str, folder: Path
) -> None:
    write(
        folder,
        "migrations/0004_index.sql",
        "-- no-transaction\ncreate table if not exists seen (n int);\n"
        "create index concurrently if not exists first_n on first (n);\n"
        "create unique index concurrently if not exists seen_n on public.seen (n);",
    )
    migrate(empty, folder=_without(folder, "0004_index"), engine="plain")
    with psycopg.connect(empty) as holder:
        # Whoever has written and not ended yet keeps the index from being finished.
        holder.execute("insert into first values (2)")
        _killed_while(empty, server.dsn(SUPERUSER, EMPTY), folder, "create index concurrently")
        _until_gone(server.dsn(SUPERUSER, EMPTY), "create index concurrently")
        assert read(empty, "select indisvalid from pg_index where indexrelid = 'first_n'::regclass") == [
            (False,)
        ]
        holder.commit()
    assert applied_versions(empty) == ["0001_first", "0002_series", "0003_third"]
    assert migrate(empty, folder=folder) == ["0004_index"]
    assert read(
        empty,
        "select c.relname::text, i.indisvalid, i.indisunique from pg_index i join pg_class c on c.oid = i.indexrelid "
        "where c.relname in ('first_n', 'seen_n') order by 1",
    ) == [("first_n", True, False), ("seen_n", True, True)]


def _without(folder: Path, label: str) -> Path:
    """A copy of the folder that lacks one version."""
    copy = folder.parent / f"{folder.name}-without"
    shutil.copytree(folder, copy)
    (copy / "migrations" / f"{label}.sql").unlink()
    return copy


def _until_gone(superuser: str, statement: str) -> None:
    deadline = time.monotonic() + 30
    with psycopg.connect(superuser, autocommit=True) as watch:
        while watch.execute(
            "select 1 from pg_stat_activity where state = 'active' and query like %s and pid <> pg_backend_pid()",
            [f"{statement}%"],
        ).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_concurrent_index_waits_for_open_transactions_as_long_as_they_last(
    empty: str, folder: Path
) -> None:
    """Nobody queues behind it, so it does not give up as a statement with an exclusive lock does."""
    write(
        folder, "migrations/0004_index.sql",
        "-- no-transaction\ncreate index concurrently if not exists first_n on first (n);",
    )  # fmt: skip
    migrate(empty, folder=_without(folder, "0004_index"), engine="plain")
    said: list[str] = []
    with psycopg.connect(empty) as holder:
        holder.execute("insert into first values (2)")
        end = threading.Timer(1.5, holder.commit)
        end.start()
        assert migrate(empty, folder=folder, report=said.append) == ["0004_index"]
        end.join()
    assert said == ["applied 0004_index"]
