"""How statements reach the driver: what they return, how they fail, and what a lost connection leaves behind."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from queries.errors import DatabaseUnavailable
from queries.session import anonymous_session, tenant_session
from queries.settings import current_settings
from queries.statements import ask, run, tell
from tests.world import World

QUESTION = "listening/podcasts"


def _pid(connection: Connection) -> int:
    return int(connection.execute(text("select pg_backend_pid()")).scalar_one())


def test_rows_are_dicts_in_the_order_of_the_columns(world: World) -> None:
    with tenant_session(world.people.alice) as connection:
        rows = ask(connection, QUESTION)
        [expected] = connection.execute(text("select count(*) from podcasts where deleted_at is null"))
    assert [list(row) for row in rows] == [["podcast_id", "name"]] * expected[0]


def test_parameters_missing_or_too_many_are_refused(world: World) -> None:
    with tenant_session(world.people.alice) as connection:
        with pytest.raises(TypeError, match="takes"):
            ask(connection, QUESTION, limit=1)
        with pytest.raises(TypeError, match="takes"):
            tell(connection, "people/end_session")


def test_a_failed_statement_says_nothing_of_its_parameters(world: World) -> None:
    secret = "nobody-may-read-this"
    with pytest.raises(DBAPIError) as failed, tenant_session(world.people.alice) as connection:
        run(connection, "select 1 / length(%(value)s) from no_such_table", {"value": secret})
    assert failed.value.orig is not None
    assert getattr(failed.value.orig, "sqlstate", None) == "42P01"
    assert secret not in str(failed.value)


def test_what_failed_is_rolled_back_and_the_connection_serves_again(world: World) -> None:
    used = []

    def fail() -> None:
        with tenant_session(world.people.alice) as connection:
            used.append(_pid(connection))
            run(connection, "select 1 / 0", {})

    with pytest.raises(DBAPIError, match="division by zero"):
        fail()
    with anonymous_session() as connection:
        assert [_pid(connection)] == used
        assert connection.execute(text("select current_setting('app.current_tenant', true)")).scalar() in (
            None,
            "",
        )


def test_a_lost_connection_takes_the_others_of_its_time_out_of_the_pool(world: World) -> None:
    lost: set[int] = set()

    def lose() -> None:
        with tenant_session(world.people.alice) as connection:
            with tenant_session(world.people.alice) as other:
                lost.update((_pid(connection), _pid(other)))
            with psycopg.connect(current_settings().runtime_dsn, autocommit=True) as ending:
                for pid in lost:
                    ending.execute("select pg_terminate_backend(%s, 5000)", [pid])
            ask(connection, QUESTION)

    with pytest.raises(DatabaseUnavailable):
        lose()
    assert len(lost) == 2
    with tenant_session(world.people.alice) as connection:
        assert _pid(connection) not in lost
        assert ask(connection, QUESTION)
