"""Every statement reads one tenant: each scan of a table of tenants has a condition on the tenant in its plan.

The condition is the statement's own, the row security's or the barrier view's. Without one of the statement's own
predicates the plan either keeps a condition (row security holds it) or loses it, and then this rule notices.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from queries.statements import statement, statement_names
from tests.catalogue import relations
from tests.queries.test_plans import _NOT_EXPLAINED, _OF_THE_OWNER, _session, _value
from tests.world import World

HELD = Path(__file__).parent / "held_predicates.toml"
_PREDICATE = re.compile(r"(?:\w+\.)?(?:tenant_id|id) = \(select app_tenant\(\)\)")
# Across tenants on purpose: how the worker finds whose turn it is, and how an account is found before its tenant.
_ACROSS = re.compile(
    r"/unscoped_|^upkeep/clear_|^refresh/drop_|^people/|^tenants/(account_of_email|tenant_by_slug)"
)


@pytest.fixture(scope="module")
def of_tenants(built_world: World) -> frozenset[str]:
    """Bare names of the tables that belong to tenants, with their partitions' parents."""
    with psycopg.connect(built_world.database.superuser_dsn) as connection:
        found = relations(connection)
        partitions = dict(
            connection.execute(
                "select c.relname, p.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
                "join pg_class p on p.oid = i.inhparent where c.relkind = 'r'"
            ).fetchall()
        )
    names = {relation.name.split(".")[-1] for relation in found.values() if relation.is_of_a_tenant}
    return frozenset(names | {child for child, parent in partitions.items() if parent in names})


def _plan(world: World, name: str, clause: str) -> list[dict[str, Any]]:
    parameters = set(re.findall(r"(?<![:\w]):(\w+)", clause))
    values = {parameter: _value(clause, parameter) for parameter in parameters}
    with ExitStack() as stack:
        connection = stack.enter_context(_session(world, name, stack))
        plan = connection.execute(text(f"explain (costs off, format json) {clause}"), values).scalar_one()
        connection.rollback()
    return list(plan)


def _open_scans(node: Any, of_tenants: frozenset[str]) -> Iterator[str]:
    """Scans without a condition on the tenant."""
    if isinstance(node, list):
        for each in node:
            yield from _open_scans(each, of_tenants)
        return
    relation = node.get("Relation Name")
    if relation in of_tenants and node["Node Type"] != "ModifyTable":
        own = " ".join(
            str(node.get(key, "")) for key in ("Filter", "Index Cond", "Recheck Cond", "One-Time Filter")
        )
        column = r"\bid\b" if relation == "tenants" else r"\btenant_id\b"
        below = _index_conditions(node.get("Plans", []))
        if not re.search(column, own + below):
            yield relation
    for each in [node["Plan"]] if "Plan" in node else node.get("Plans", []):
        yield from _open_scans(each, of_tenants)


def _index_conditions(plans: list[dict[str, Any]]) -> str:
    """The conditions of the index scans below a bitmap heap scan."""
    return " ".join(
        str(plan.get("Index Cond", "")) + _index_conditions(plan.get("Plans", [])) for plan in plans
    )


NAMES = [name for name in statement_names() if name not in _NOT_EXPLAINED]


@pytest.mark.parametrize("name", NAMES)
def test_every_scan_is_of_one_tenant(world: World, of_tenants: frozenset[str], name: str) -> None:
    scans = set(_open_scans(_plan(world, name, statement(name).clause.text), of_tenants))
    if not _ACROSS.search(name):
        assert scans == set()


@pytest.mark.proof
def test_each_predicate_is_needed_or_held(
    world: World, of_tenants: frozenset[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the statements' predicates taken away, one at a time: this rule notices, or it is written what holds.

    held_predicates.toml lists what row security holds alone. A new predicate is noticed, or finds its line there.
    """
    table: dict[str, str] = {}
    for name in NAMES:
        clause = statement(name).clause.text
        if _ACROSS.search(name):
            continue
        for place, match in enumerate(_PREDICATE.finditer(clause), 1):
            broken = f"{clause[: match.start()]}true{clause[match.end() :]}"
            opened = sorted(set(_open_scans(_plan(world, name, broken), of_tenants)))
            table[f"{name} {place}"] = f"noticed: {', '.join(opened)} is read whole" if opened else "held"
    with capsys.disabled():
        print("", *(f"{where:60} {said}" for where, said in table.items()), sep="\n")  # noqa: T201 - the table is the result
    assert len(table) >= 55
    held = {where for where, said in table.items() if said == "held"}
    sections = tomllib.loads(HELD.read_text(encoding="utf-8"))
    listed = {where for section in sections.values() for where in section["predicates"]}
    assert sorted(held - listed) == [], (
        "held by row security alone: say so in held_predicates.toml, or why not"
    )
    assert sorted(listed - held) == [], "listed as held, but noticed or gone"
    # A runtime role is held on every table of tenants, the owner by FORCE where it reads as one tenant.
    for where in sections["of_the_owner"]["predicates"]:
        assert _OF_THE_OWNER.search(where), where
    for where in sections["of_a_session"]["predicates"]:
        assert not _OF_THE_OWNER.search(where), where
