"""Every statement there is: its header is whole, and the database takes it as the role that runs it.

EXPLAIN without ANALYZE plans a statement and runs nothing: a wrong column, cast or right shows here.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from queries.session import anonymous_session, system_session, tenant_session
from queries.settings import use_settings
from queries.statements import SQL_FOLDER, statement, statement_names
from tests.world import World

HEADER = ("purpose", "params", "returns", "grain", "source", "relies on")
_DAY, _MOMENT = date(2026, 5, 4), datetime(2026, 5, 4, 5, 6, tzinfo=UTC)
_ID = UUID("00000000-0000-4000-8000-000000000000")
# A value that each cast target takes; a parameter says what it is by the cast around it.
_VALUES: dict[str, Any] = {
    "uuid": _ID, "uuid[]": [_ID], "text": "x", "text[]": ["x"], "date": _DAY, "date[]": [_DAY], "timestamptz": _MOMENT,
    "timestamptz[]": [_MOMENT], "integer": 1, "int": 1, "bigint": 1, "numeric": 1, "boolean": True, "jsonb": "[]",
    "inet": "::1", "bytea": b"x", "interval": "1 day", "smallint": 1, "double precision": 1.0, "bigint[]": [1],
    "integer[]": [1], "int[]": [1],
}  # fmt: skip
# Refreshes and retention run as the owner, everything else as a runtime role.
_OF_THE_OWNER = re.compile(r"^(refresh|attribution|upkeep)/|/unscoped_|^tenants/")
# `call` cannot be explained; and TimescaleDB's procedure exists only where TimescaleDB is.
_NOT_EXPLAINED = {"refresh/unscoped_refresh_aggregate"}


@pytest.mark.parametrize("name", statement_names())
def test_header(name: str) -> None:
    lines = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    found = [
        match.group(1)
        for line in lines
        if (match := re.match(r"-- ([a-z ]+): \S", line)) and match.group(1) in HEADER
    ]
    assert tuple(found) == HEADER
    assert lines[0].startswith("-- purpose: ")
    statement(name)


# A word that no row may have would let the planner leave every partition out, and the plan would prove nothing.
_NAMED: dict[str, Any] = {
    "grain": "day", "time_zone": "Europe/Berlin", "pdf": b"x", "dimension": "app", "conversion_type": "purchase",
}  # fmt: skip


def _value(clause: str, parameter: str) -> Any:
    if parameter in _NAMED:
        return _NAMED[parameter]
    cast = re.search(rf"cast\(\s*:{parameter}\s+as\s+([a-z ]+(?:\[\])?)\s*\)", clause)
    if cast:
        return _VALUES[cast.group(1)]
    if parameter.endswith("_ids"):
        return [_ID]
    if parameter.endswith("_id"):
        return _ID
    if parameter.endswith(("_at", "_until", "_since", "_before", "_for", "now")) or parameter in (
        "now",
        "before",
        "since",
    ):
        return _MOMENT
    if parameter.endswith(
        ("_seconds", "_number", "_bytes", "_count", "limit", "offset", "pages", "percent", "failures")
    ):
        return 1
    return None


@pytest.mark.parametrize("name", [name for name in statement_names() if name not in _NOT_EXPLAINED])
def test_plan(world: World, name: str) -> None:
    clause = statement(name)
    values = {parameter: _value(clause.clause.text, parameter) for parameter in clause.parameters}
    explained = text(f"explain (costs off) {clause.clause.text}")
    with ExitStack() as stack:
        connection = stack.enter_context(_session(world, name, stack))
        plan = connection.execute(explained, values).scalars().all()
        connection.rollback()
    assert plan


def _session(world: World, name: str, stack: ExitStack) -> AbstractContextManager[Connection]:
    """A transaction as the role that runs this statement."""
    subject = name.split("/")[0]
    if _OF_THE_OWNER.search(name):
        return system_session("plans", tenant_id=world.a.tenant_id)
    if subject == "jobs":  # run by the worker's process, whose runtime role is the worker
        stack.callback(use_settings, world.settings)
        use_settings(replace(world.settings, database_url=world.settings.database_worker_url))
    if subject in ("jobs", "people", "operations", "release"):
        return anonymous_session(write=True)
    return tenant_session(world.people.alice, write=True)


def test_every_statement_is_run_by_something() -> None:
    """A file that no function names is left over."""
    sources = [path.read_text(encoding="utf-8") for path in SQL_FOLDER.parent.rglob("*.py")]
    literals = {literal for source in sources for literal in re.findall(r'f?"([a-z_]+/[^"\s]+)"', source)}
    # A name made from a choice, like "campaigns/attribution_by_{kind}", stands for every choice.
    patterns = [re.sub(r"\\{.*?\\}", "[a-z_]+", re.escape(literal)) for literal in literals]
    left_over = [
        name for name in statement_names() if not any(re.fullmatch(pattern, name) for pattern in patterns)
    ]
    assert left_over == []
