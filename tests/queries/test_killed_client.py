"""A process that is killed leaves nothing running in the database."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from queries import engine
from queries.engine import dispose_engines, engine_for
from tests.children import child
from tests.conftest import Database

_ASKS = """
import sys
from sqlalchemy import text
from queries.engine import engine_for
with engine_for(sys.argv[1]).connect() as connection:
    connection.execute(text(f"select pg_sleep(120) /* {sys.argv[2]} */"))
"""


@pytest.fixture
def dsn(database: Database) -> Iterator[str]:
    """The way in of a role that says nothing of it by itself, as one that was made without schema/roles.sql."""
    with psycopg.connect(database.superuser_dsn) as connection:
        if connection.execute("show client_connection_check_interval").fetchone() != ("0",):
            pytest.skip("the server looks at its clients by itself")
        try:
            connection.execute("set client_connection_check_interval = '1s'")
        except psycopg.errors.InvalidParameterValue:
            pytest.skip("the server's platform cannot look at a closed connection")
    dispose_engines()
    yield database.superuser_dsn
    dispose_engines()


def test_the_long_statement_of_a_killed_process_ends(dsn: str) -> None:
    mark = uuid4().hex
    running = "select count(*) from pg_stat_activity where query like %s and pid <> pg_backend_pid()"
    with (
        psycopg.connect(dsn, autocommit=True) as watching,
        child([sys.executable, "-c", _ASKS, dsn, mark]) as client,
    ):

        def statements() -> int:
            row = watching.execute(running, [f"%pg_sleep(120) /* {mark}%"]).fetchone()
            assert row
            return int(row[0])

        _until(lambda: statements() == 1, 60)
        client.kill()
        client.wait()
        # Else the server would notice at the statement's end, or when it is cancelled for its length.
        _until(lambda: statements() == 0, 20)


def test_where_the_server_refuses_the_setting_connections_do_without(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Refused as on a platform that lacks it: by the same error.
    monkeypatch.setattr(engine, "_LOOKS_AT_CLIENT", "set client_connection_check_interval = -1")
    with engine_for(dsn).connect() as connection:
        assert connection.execute(text("show client_connection_check_interval")).scalar_one() == "0"


def test_every_connection_of_the_pool_has_it(dsn: str) -> None:
    with engine_for(dsn).connect() as one, engine_for(dsn, behind=True).connect() as other:
        for connection in (one, other):
            assert connection.execute(text("show client_connection_check_interval")).scalar_one() == "5s"
            connection.rollback()
            assert connection.execute(text("show client_connection_check_interval")).scalar_one() == "5s"


def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.1)
