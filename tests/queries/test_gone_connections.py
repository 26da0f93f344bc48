"""Connections whose server has gone are replaced before anybody uses one, and those that live are asked nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, text

from queries import engine
from queries.engine import dispose_engines
from queries.session import (
    anonymous_session,
    anonymous_statements,
    operator_session,
    outside_transactions,
    system_session,
    system_turn,
    tenant_session,
)
from tests.world import World

# Every way in.
WAYS: dict[str, Callable[[World], AbstractContextManager[Connection]]] = {
    "tenant": lambda world: tenant_session(world.people.alice),
    "tenant, writing": lambda world: tenant_session(world.people.alice, write=True),
    "operator": lambda world: operator_session(world.people.operator),
    "anonymous": lambda _: anonymous_session(),
    "statements": lambda _: anonymous_statements(),
    "system": lambda _: system_session("gone"),
    "turn": lambda world: system_turn(f"gone {uuid4()}", tenant_id=world.a.tenant_id),
    "outside": lambda _: outside_transactions("gone"),
}


@pytest.fixture(autouse=True)
def _pools_of_its_own() -> Iterator[None]:
    dispose_engines()
    yield
    dispose_engines()


@pytest.mark.parametrize("way", WAYS)
def test_whoever_comes_first_after_the_server_went_finds_it(world: World, way: str) -> None:
    gone = _used(world)
    _end(world, gone)
    with ExitStack() as open_at_once:
        found = {_pid(open_at_once.enter_context(WAYS[way](world))) for _ in range(3)}
    assert len(found) == 3
    assert found.isdisjoint(gone)


def test_of_several_the_one_that_has_gone_is_replaced_alone(world: World) -> None:
    used = _held("anonymous", world)
    _end(world, used[:1])
    left = _held("anonymous", world)
    assert set(used[1:]) < set(left)
    assert used[0] not in left


def test_a_connection_that_was_closed_here_is_replaced_too(world: World) -> None:
    with anonymous_session() as connection:
        closed = _pid(connection)
        driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.close()
    with anonymous_session() as connection:
        assert _pid(connection) != closed


def test_a_server_that_always_has_something_to_say_costs_connections_and_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_has_gone", lambda _connection: True)
    found = []
    # More often than the pool has places: one that stayed taken would be missed.
    for _ in range(20):
        with anonymous_statements() as connection:
            found.append(_pid(connection))
    assert len(set(found)) == 20


def _used(world: World) -> list[int]:
    """The processes of connections that lie in the pools, several in each, used in every manner."""
    _held("anonymous", world)
    return _held("statements", world) + _held("system", world)


def _held(way: str, world: World) -> list[int]:
    with ExitStack() as open_at_once:
        return [_pid(open_at_once.enter_context(WAYS[way](world))) for _ in range(4)]


def _pid(connection: Connection) -> int:
    return int(connection.execute(text("select pg_backend_pid()")).scalar_one())


def _end(world: World, pids: list[int]) -> None:
    with psycopg.connect(world.database.superuser_dsn) as ending:
        for pid in pids:
            assert ending.execute("select pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
