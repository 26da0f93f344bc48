"""The plan of every statement on large data: no relation of 10,000 rows or more is read from end to end unexplained.

On the large demo data of `make bench` where that is built and its schema is this one; otherwise on many tenants made
from the world's. Which of the two it was is printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from bench import data_set
from bench.plans import LARGE_ROWS
from dashboard.databases import on_embedded
from queries.session import Actor
from queries.settings import Settings, current_settings, use_settings
from queries.statements import statement, statement_names
from schema.migrate import FOLDER, load
from schema.server import start
from tests.canary_world import plant_world
from tests.conftest import Database
from tests.multiplied import multiply
from tests.queries.test_plans import _NOT_EXPLAINED, _session, _value
from tests.world import build_world

pytestmark = pytest.mark.proof

# Statements that read large relations whole on purpose: which, and why.
EXPLAINED = {
    "refresh/unscoped_waiting_tenants": (
        ("dirty_excluded_hours", "dirty_hours"),
        "it digests the queues, which hold what came in since the last run and are empty after it",
    ),
    "refresh/unscoped_tenants_waiting": (
        ("waiting_outcomes", "waiting_requests"),
        "queues too: the worker takes off them all that came since its last run",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Large:
    """Where the plans are made: as much of a world as asking them takes."""

    said: str
    settings: Settings
    a: Any
    people: Any
    names: frozenset[str]


def _names(settings: Settings) -> frozenset[str]:
    with psycopg.connect(settings.owner_dsn) as connection:
        rows = connection.execute(
            "select relname from pg_class where relkind in ('r', 'p', 'm') and reltuples >= %s", [LARGE_ROWS]
        ).fetchall()
    return frozenset(name for (name,) in rows)


def _demo(stack: ExitStack) -> Large | None:
    """The large demo data, if it is there and needs no migration; it is only asked, never changed."""
    home = data_set.home()
    if not (home / "postgres").exists():
        return None
    server = stack.enter_context(start(home))
    settings = on_embedded(
        Settings(
            home=home, demo=True, secret_key="plans-only-0123456789abcdef", public_url="http://127.0.0.1"
        ),
        server,
    )
    with psycopg.connect(settings.owner_dsn) as connection:
        known = connection.execute("select to_regclass('public.schema_migrations')").fetchone() != (None,)
        applied = (
            connection.execute("select version, sha256 from schema_migrations").fetchall() if known else []
        )
        found = connection.execute(
            "select tenant_id from internal.episode_days group by tenant_id order by count(*) desc limit 1"
        ).fetchone() if known else None  # fmt: skip
        if found is None or set(applied) != {(m.version, m.sha256) for m in load(FOLDER, "plain")}:
            return None
        connection.execute("select set_tenant_context(%s)", [found[0]])
        person = connection.execute(
            "select ur.user_id from user_roles ur join roles r on r.id = ur.role_id where r.name = 'admin' limit 1"
        ).fetchone()
    assert person is not None
    return Large("the large demo data", settings, SimpleNamespace(tenant_id=found[0]),
                 SimpleNamespace(alice=Actor(found[0], person[0])), _names(settings))  # fmt: skip


@pytest.fixture(scope="module")
def large(make_database: Callable[[str], Database], settings: Settings) -> Iterator[Large]:
    before = current_settings()
    with ExitStack() as stack:
        found = _demo(stack)
        if found is None:
            world = build_world(make_database("podboard_many"), settings)
            plant_world(world)
            with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
                multiply(connection, world.a.tenant_id)
            found = Large("many tenants made from the world's", world.settings, world.a, world.people,
                          _names(world.settings))  # fmt: skip
        use_settings(found.settings)
        yield found
        use_settings(before)


def _whole(node: dict[str, Any], names: frozenset[str]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in names:
        yield node["Relation Name"]
    for each in node.get("Plans", []):
        yield from _whole(each, names)


def test_where_the_plans_are_made(large: Large, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nplans on {large.said}: {len(large.names)} large relations")  # noqa: T201 - says what was proved
    assert len(large.names) >= 50


@pytest.mark.parametrize("name", [name for name in statement_names() if name not in _NOT_EXPLAINED])
def test_no_large_relation_is_read_whole(large: Large, name: str) -> None:
    clause = statement(name)
    values = {parameter: _value(clause.clause.text, parameter) for parameter in clause.parameters}
    with ExitStack() as stack:
        connection = stack.enter_context(_session(large, name, stack))  # type: ignore[arg-type]
        plan = connection.execute(text(f"explain (format json) {clause.clause.text}"), values).scalar_one()
        connection.rollback()
    whole = sorted(set(_whole(plan[0]["Plan"], large.names)))
    # Where a vacuum came by in between, a queue is read off its index instead.
    expected = {relation for relation in EXPLAINED.get(name, ((), ""))[0] if relation in large.names}
    assert set(whole) <= expected, f"{whole}\n{json.dumps(plan, indent=1)[:4000]}"
