"""A request's cookie and its transaction are one: whoever the cookie belongs to, and nobody else, reads in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text

from queries.engine import engine_for
from queries.errors import TookTooLong
from queries.people import (
    IDLE_AFTER,
    Account,
    Origin,
    account_session,
    open_session,
    start_session,
    token_hash,
)
from queries.session import Actor, anonymous_session, leave, operator_session, tenant_session
from queries.settings import current_settings
from tests.people import People
from tests.world import World

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PEOPLE = [field.name for field in fields(People)]
SCOPE = (
    "current_tenant", "current_tenant_id", "current_user", "campaign_scope", "sponsor_scope", "podcast_scope", "rights",
    "granted", "denied",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _left(world: World) -> Iterator[None]:
    yield
    leave()
    assert _in_use() == 0, "a connection was not given back"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent since the test began."""
    noted: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        noted.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(cursor, query, params, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return noted


def _in_use() -> int:
    return int(engine_for(current_settings().runtime_dsn).pool.checkedout())  # type: ignore[attr-defined]


def _token(actor: Actor) -> str:
    assert actor.user_id is not None
    account = Account(actor.user_id, actor.tenant_id, None, True)
    with account_session(actor.tenant_id, actor.user_id) as connection:
        return start_session(connection, account, now=NOW, origin=Origin(None, ""))


def _session(actor: Actor, **options: bool) -> Any:
    return operator_session(actor, **options) if actor.tenant_id is None else tenant_session(actor, **options)


def _scope(connection: Connection) -> tuple[Any, ...]:
    columns = ", ".join(f"current_setting('app.{name}', true)" for name in SCOPE)
    return tuple(connection.execute(text(f"select {columns}")).one())


@pytest.mark.parametrize("person", PEOPLE)
def test_a_cookie_enters_its_person_as_entering_by_name_does(world: World, statements, person: str) -> None:
    actor = getattr(world.people, person)
    token = _token(actor)
    with _session(actor) as connection:
        by_name = _scope(connection)
    statements.clear()

    opened = open_session(token, now=NOW)
    assert opened is not None
    assert (opened.tenant_id, opened.user_id) == astuple(actor)
    with _session(actor) as connection:
        assert _scope(connection) == by_name
        assert connection.execute(text("show transaction_read_only")).scalar_one() == "on"
    assert [entry for entry in statements if "enter" in entry] == [statements[0]]
    assert "session_enter(" in statements[0]

    with _session(actor) as connection:
        assert _scope(connection) == by_name
    assert "enter_session(" in statements[-2], "the second transaction of a request enters by itself"


def test_nobody_reads_in_the_transaction_of_somebody_else(world: World) -> None:
    people = world.people
    token = _token(people.alice)
    for other in (people.bob, people.charlie, Actor(people.alice.tenant_id)):
        with tenant_session(other) as connection:
            by_name = _scope(connection)
        assert open_session(token, now=NOW) is not None
        with tenant_session(other) as connection:
            assert _scope(connection) == by_name
            assert _in_use() == 1, "the transaction that waited is given back first"


def test_what_writes_opens_its_own(world: World) -> None:
    alice = world.people.alice
    token = _token(alice)
    assert open_session(token, now=NOW) is not None
    with tenant_session(alice, write=True) as connection:
        assert connection.execute(text("show transaction_read_only")).scalar_one() == "off"
        assert connection.execute(text("show transaction_isolation")).scalar_one() == "read committed"
        assert _in_use() == 1


def test_what_reads_sees_one_moment_and_writes_nothing(world: World) -> None:
    alice = world.people.alice
    token = _token(alice)
    for cookie in (token, None):
        if cookie:
            assert open_session(cookie, now=NOW) is not None
        with tenant_session(alice) as connection:
            assert connection.execute(text("show transaction_isolation")).scalar_one() == "repeatable read"
            assert connection.execute(text("show transaction_read_only")).scalar_one() == "on"


def test_a_cookie_that_is_not_good_enters_nobody(world: World) -> None:
    token = _token(world.people.alice)
    for cookie, now in ((token, NOW + IDLE_AFTER), (token[::-1], NOW), (token, NOW + timedelta(hours=13))):
        assert open_session(cookie, now=now) is None
        assert _in_use() == 0
        with anonymous_session() as connection:
            assert connection.execute(text("select app_tenant()")).scalar_one() is None


def test_that_somebody_was_seen_is_noted_once_a_minute(world: World, statements) -> None:
    alice = world.people.alice
    token = _token(alice)
    for minutes, notes in ((0.5, 0), (2, 1), (2.5, 0), (4, 1)):
        statements.clear()
        assert open_session(token, now=NOW + timedelta(minutes=minutes)) is not None
        assert len([entry for entry in statements if "session_open(" in entry]) == notes
        with tenant_session(alice) as connection:
            seen = connection.execute(
                text("select last_seen_at from sessions where token_hash = :hash"),
                {"hash": token_hash(token)},
            ).scalar_one()
        assert seen == NOW + timedelta(minutes={0.5: 0, 2: 2, 2.5: 2, 4: 4}[minutes])


def test_a_fault_in_the_entered_transaction_is_told_as_in_any_other(world: World) -> None:
    alice = world.people.alice
    assert open_session(_token(alice), now=NOW) is not None
    impatient = text("select set_config('statement_timeout', '10ms', true)")
    with pytest.raises(TookTooLong), tenant_session(alice) as connection:
        [connection.execute(statement) for statement in (impatient, text("select pg_sleep(1)"))]
    assert _in_use() == 0
    with tenant_session(alice) as connection:
        assert connection.execute(text("select 1")).scalar_one() == 1
