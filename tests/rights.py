"""Who may do what with each table and view, measured: on every planted row, as everybody, without keys and triggers.

A cell has four characters, for read, insert, update and delete: a capital letter means all rows of tenant A (of a
system table: all rows), a small letter some of them, "." a right that no row passes, "-" no right at all.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from tests.canary_world import CanaryWorld
from tests.catalogue import Connection, Relation, relations

FILE = Path(__file__).parent / "schema" / "rights.toml"
PEOPLE = ("nobody", "tenant", "alice", "dora", "bob", "carol", "charlie", "operator", "worker")
SECTIONS = ("tables", "views", "system")
_HEAD = f"""# Who may read, insert, update and delete (r i u d) the rows of tenant A in each relation of the schema
# public, as the database lets them, whatever the pages ask. Capital: all rows. Small: some (one's own).
# ".": a right that no row passes. "-": no right. Measured by tests/rights.py; `make rights` writes it anew.
# Read what has changed: each line is a decision. nobody: no tenant set. tenant: set, no person. alice: admin.
# dora: account manager. bob: sponsor. carol: podcaster. charlie: admin of another tenant. operator: of no
# tenant. worker: the worker's role in the tenant.
#
# {" " * 27}{"  ".join(f"{name[:4]:4}" for name in PEOPLE)}
"""


@dataclass(frozen=True)
class Who:
    """A role of the database with what its session has entered."""

    role: str
    tenant_id: UUID | None
    user_id: UUID | None


def everybody(world: Any) -> dict[str, Who]:
    """Everybody whose rights are told apart, in the order of the columns."""
    people = world.people
    found = {
        "nobody": Who("podboard_web", None, None),
        "tenant": Who("podboard_web", world.a.tenant_id, None),
        "operator": Who("podboard_web", None, people.operator.user_id),
        "worker": Who("podboard_worker", world.a.tenant_id, None),
    }
    for name in ("alice", "dora", "bob", "carol", "charlie"):
        actor = getattr(people, name)
        found[name] = Who("podboard_web", actor.tenant_id, actor.user_id)
    return {name: found[name] for name in PEOPLE}


def become(connection: Connection, who: Who) -> None:
    """From here to the end of the transaction a superuser's connection is that role's, with its tenant and person."""
    connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(who.role)))
    if who.user_id is not None:
        connection.execute("select enter_session(%s, %s)", [who.tenant_id, who.user_id])
    elif who.tenant_id is not None:
        connection.execute("select set_tenant_context(%s)", [who.tenant_id])


def measure(canary_world: CanaryWorld) -> dict[str, dict[str, str]]:
    """The matrix: section, relation and its line."""
    world = canary_world.world
    lines: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    with psycopg.connect(world.database.superuser_dsn, prepare_threshold=None) as connection:
        public = [relation for relation in relations(connection).values() if relation.is_public]
        rows = {relation.name: _rows(connection, canary_world, relation) for relation in public}
        totals = {relation.name: _total(connection, world.a.tenant_id, relation) for relation in public}
        cells: dict[str, list[str]] = {relation.name: [] for relation in public}
        for who in everybody(world).values():
            connection.rollback()
            # Keys and triggers would stop some rows for reasons that are no rights.
            connection.execute("set local session_replication_role = replica")
            become(connection, who)
            for relation in public:
                cells[relation.name].append(
                    _cell(connection, relation, world.a.tenant_id, rows[relation.name], totals[relation.name])
                )
        connection.rollback()
    for relation in public:
        section = "views" if relation.is_view else "tables" if relation.is_of_a_tenant else "system"
        lines[section][relation.name] = "  ".join(cells[relation.name])
    return lines


def written() -> dict[str, dict[str, str]]:
    """The matrix as the file states it."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def line(name: str, cells: str) -> str:
    return f'{name:26} = "{cells}"'


def write(matrix: dict[str, dict[str, str]]) -> None:
    """The file, written anew."""
    parts = [_HEAD.rstrip()]
    for section in SECTIONS:
        parts += ["", f"[{section}]", *(line(name, cells) for name, cells in sorted(matrix[section].items()))]
    FILE.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _condition(relation: Relation) -> str:
    if relation.is_view or relation.is_of_a_tenant:
        return f"{relation.tenant_column} = %(tenant)s"
    return "true"


def _total(connection: Connection, tenant_id: UUID, relation: Relation) -> int:
    """All rows there are; of a view, what the tenant itself is shown."""
    with connection.transaction(force_rollback=True):
        if relation.is_view:
            become(connection, Who("podboard_web", tenant_id, None))
        return _count(connection, relation, tenant_id)


def _count(connection: Connection, relation: Relation, tenant_id: UUID) -> int:
    row = connection.execute(
        f"select count(*) from {relation.name} where {_condition(relation)}", {"tenant": tenant_id}
    ).fetchone()
    assert row is not None
    return int(row[0])


def _rows(connection: Connection, canary_world: CanaryWorld, relation: Relation) -> list[dict[str, Any]]:
    """Rows to insert again: one that is nobody's in particular, Bob's and Carol's; of a system table any."""
    if relation.is_view:
        return []
    found = []
    if not relation.is_of_a_tenant:
        found = [row[0] for row in connection.execute(f"select to_jsonb(t) from {relation.name} t limit 1")]
    for person in ("other", "bob", "carol"):
        row = canary_world.planted[person].rows.get(relation.name)
        if row is not None:
            key = {name: str(value) for name, value in row.items() if isinstance(value, UUID)}
            found += [
                each
                for (each,) in connection.execute(
                    f"select to_jsonb(t) from {relation.name} t where to_jsonb(t) @> %s", [json.dumps(key)]
                )
                if each not in found
            ][:1]
    return found


def _cell(
    connection: Connection, relation: Relation, tenant_id: UUID, rows: list[dict[str, Any]], total: int
) -> str:
    name, parameters = relation.name, {"tenant": tenant_id}
    condition = _condition(relation)
    assert total, f"{name} has no row of the tenant: its rights cannot be measured"
    read = _share(connection, "r", total, lambda: _count(connection, relation, tenant_id))
    if relation.is_view:  # a right to write through one would be a hole, and stands as such
        return read + "".join(
            letter if _granted(connection, relation, right) else "-"
            for letter, right in (("I", "insert"), ("U", "update"), ("D", "delete"))
        )
    inserted = _share(
        connection, "i", len(rows), lambda: sum(_passes(connection, relation, row) for row in rows)
    )
    column = _changeable(connection, relation)
    updated = "-"
    if column:
        statement = f"update {name} set {column} = {column} where {condition}"
        updated = _share(connection, "u", total, lambda: connection.execute(statement, parameters).rowcount)
    deleted = _share(
        connection, "d", total,
        lambda: connection.execute(f"delete from {name} where {condition}", parameters).rowcount,
    )  # fmt: skip
    return read + inserted + updated + deleted


def _share(connection: Connection, letter: str, total: int, act: Callable[[], int]) -> str:
    try:
        with connection.transaction(force_rollback=True):
            count = act()
    except psycopg.errors.InsufficientPrivilege as error:
        return "." if "row-level security" in str(error) else "-"
    return "." if not count else letter.upper() if count == total else letter


def _granted(connection: Connection, relation: Relation, right: str) -> bool:
    row = connection.execute(
        "select has_table_privilege(%s::regclass, %s)", [relation.name, right]
    ).fetchone()
    return row == (True,)


def _passes(connection: Connection, relation: Relation, row: dict[str, Any]) -> bool:
    """Whether a row like that one, with an identity of its own, may be inserted."""
    columns = sql.SQL(", ").join(map(sql.Identifier, relation.columns))
    changed = row | ({"id": str(uuid4())} if "id" in row and relation.name != "tenants" else {})
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL(
                    "insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s) on conflict do nothing"
                ).format(sql.Identifier(relation.name), columns),
                [json.dumps(changed)],
            )
    except psycopg.errors.InsufficientPrivilege as error:
        if "row-level security" in str(error):
            return False
        raise
    return True


def _changeable(connection: Connection, relation: Relation) -> str | None:
    """A column that the role may update, if there is one."""
    return next(
        (
            column
            for column in relation.columns
            if connection.execute(
                "select has_column_privilege(%s::regclass, %s, 'update')", [relation.name, column]
            ).fetchone()
            == (True,)
        ),
        None,
    )
