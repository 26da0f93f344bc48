"""What nobody waits for steps back: the worker's processes in the database, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, text

from queries.engine import dispose_engines
from queries.session import anonymous_session, system_session
from queries.stepping_back import step_back, step_back_in_database
from tests.world import World

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told by /proc")


@pytest.fixture(autouse=True)
def _new_connections(world: World) -> Iterator[None]:
    with psycopg.connect(world.database.web_dsn) as connection:
        if not connection.info.host.startswith("/"):
            pytest.skip("the server may be another machine's")
    dispose_engines()
    yield
    dispose_engines()


def _nice(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def _nice_of(connection: Connection) -> int:
    return _nice(connection.execute(text("select pg_backend_pid()")).scalar_one())


def test_a_refresh_steps_back_behind_what_somebody_waits_for() -> None:
    with anonymous_session() as waiting, system_session("test of stepping back") as refresh:
        assert _nice_of(refresh) == min(19, _nice_of(waiting) + 5)


def test_one_that_is_found_in_the_pool_steps_back_no_further() -> None:
    nices = []
    for _ in range(3):
        with system_session("test of stepping back") as connection:
            nices.append(_nice_of(connection))
    assert len(set(nices)) == 1


def test_a_number_that_is_not_the_listeners_child_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine's process has a number too, which here may be anybody's."""
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander,
        psycopg.connect(world.database.web_dsn) as connection,
    ):
        before = _nice(bystander.pid)
        monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda _: bystander.pid))
        step_back_in_database(connection)
        assert _nice(bystander.pid) == before
        step_back(bystander.pid)
        assert _nice(bystander.pid) == min(19, before + 5)
        bystander.communicate(b"\n")
