"""Who may do what with each table and view, measured: on every planted row, as everybody, without keys and triggers.

A cell has four characters, for read, insert, update and delete: a capital letter means all rows of tenant A (of a
system table: all rows), a small letter some of them, "." a right that no row passes, "-" no right at all.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from tests.canary_world import CanaryWorld
from tests.catalogue import Connection, Relation, relations

FILE = Path(__file__).parent / "schema" / "rights.toml"
PEOPLE = (
    "nobody",
    "tenant",
    "alice",
    "dora",
    "reader",
    "looker",
    "bob",
    "carol",
    "charlie",
    "operator",
    "worker",
)
SECTIONS = ("tables", "views", "system")
_HEAD = f"""# Who may read, insert, update and delete (r i u d) the rows of tenant A in each relation of the schema
# public, as the database lets them, whatever the pages ask. Capital: all rows. Small: some (one's own).
# ".": a right that no row passes. "-": no right. Measured by tests/rights.py; `make rights` writes it anew.
# Read what has changed: each line is a decision.
# nobody: no tenant set. tenant: set, no person. alice: admin. dora: account manager. reader: has every
# permission to read, none to do anything. looker: sees every campaign and podcast, may nothing else.
# bob: sponsor. carol: podcaster. charlie: admin of another tenant. operator: of no tenant. worker: the
# worker's role in the tenant.
#
# {" " * 27}{"  ".join(f"{name[:4]:4}" for name in PEOPLE)}
"""
# A letter and the number of rows behind it.
Share = tuple[str, int]


@dataclass(frozen=True)
class Who:
    """A role of the database with what its session has entered."""

    role: str
    tenant_id: UUID | None
    user_id: UUID | None


def everybody(canary_world: CanaryWorld) -> dict[str, Who]:
    """Everybody whose rights are told apart, in the order of the columns."""
    world, people = canary_world.world, canary_world.world.people
    found = {
        "reader": Who("podboard_web", world.a.tenant_id, canary_world.reader.user_id),
        "looker": Who("podboard_web", world.a.tenant_id, canary_world.looker.user_id),
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


class Ruler:
    """Measures what everybody may do with a relation, in the transaction of a superuser, as things stand in it."""

    def __init__(self, connection: Connection, canary_world: CanaryWorld) -> None:
        self._tenant_id = canary_world.world.a.tenant_id
        self._everybody = everybody(canary_world)
        self._connection = connection
        self.public = {r.name: r for r in relations(connection).values() if r.is_public}
        self._rows = {name: _rows(connection, canary_world, r) for name, r in self.public.items()}
        self._totals = {name: _total(connection, self._tenant_id, r) for name, r in self.public.items()}

    def line(self, name: str) -> str:
        """The cells of one relation; nothing that was tried stays."""
        return "  ".join(self.cell(name, person) for person in PEOPLE)

    def cell(self, name: str, person: str) -> str:
        """What one of them may do with it."""
        return "".join(letter for letter, _ in self.shares(name, person))

    def shares(self, name: str, person: str) -> list[Share]:
        """The same with the number of rows behind each letter: of two that see some, one may see more."""
        return self.shares_in([name], person)[name]

    def shares_in(self, names: Iterable[str], person: str) -> dict[str, list[Share]]:
        """The same for several relations."""
        with self._connection.transaction(force_rollback=True):
            # Keys and triggers would stop some rows for reasons that are no rights.
            self._connection.execute("set local session_replication_role = replica")
            become(self._connection, self._everybody[person])
            return {
                name: _cell(
                    self._connection, self.public[name], self._tenant_id, self._rows[name], self._totals[name]
                )
                for name in names
            }


def section_of(relation: Relation) -> str:
    return "views" if relation.is_view else "tables" if relation.is_of_a_tenant else "system"


def measure(canary_world: CanaryWorld) -> dict[str, dict[str, str]]:
    """The matrix: section, relation and its line."""
    lines: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=None) as connection:
        ruler = Ruler(connection, canary_world)
        for name, relation in ruler.public.items():
            lines[section_of(relation)][name] = ruler.line(name)
        connection.rollback()
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
    for person in (name for name in canary_world.planted if name != "b"):
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
) -> list[Share]:
    assert total, f"{relation.name} has no row of the tenant: its rights cannot be measured"
    read = _share(connection, "r", total, lambda: _count(connection, relation, tenant_id))
    if relation.is_view:  # a right to write through one would be a hole, and stands as such
        return [read] + [
            (letter if _granted(connection, relation, right) else "-", 0)
            for letter, right in (("I", "insert"), ("U", "update"), ("D", "delete"))
        ]
    inserted = _share(
        connection, "i", len(rows), lambda: sum(_passes(connection, relation, row) for row in rows)
    )

    def changed(statement: str, *parameters: str) -> int:
        connection.execute(statement.encode(), parameters)
        connection.execute("reset session authorization")
        kept = connection.execute(
            "select count(*) filter (where xmin::text::bigint < pg_current_xact_id()::text::bigint) "
            f"from {relation.name} where {_condition(relation)}",
            {"tenant": tenant_id},
        ).fetchone()
        assert kept is not None
        return total - int(kept[0])

    # Neither statement reads a column: the policies of reading do not hold it, those of writing must.
    updated = ("-", 0)
    if column := _changeable(connection, relation):
        value = f"(jsonb_populate_record(null::{relation.name}, %s)).{column}"
        updated = _share(
            connection, "u", total,
            lambda: changed(f"update {relation.name} set {column} = {value}", json.dumps(rows[0])),
        )  # fmt: skip
    deleted = _share(connection, "d", total, lambda: changed(f"delete from {relation.name}"))
    # Without a letter: how many columns may be read, inserted and updated at all.
    return [read, inserted, updated, deleted, ("", _columns(connection, relation))]


def _share(connection: Connection, letter: str, total: int, act: Callable[[], int]) -> Share:
    try:
        with connection.transaction(force_rollback=True):
            count = act()
    except psycopg.errors.InsufficientPrivilege as error:
        return ("." if "row-level security" in str(error) else "-", 0)
    return ("." if not count else letter.upper() if count == total else letter, count)


def _columns(connection: Connection, relation: Relation) -> int:
    row = connection.execute(
        "select count(*) from unnest(%s::text[]) c cross join unnest(array['select', 'insert', 'update']) p "
        "where has_column_privilege(%s::regclass, c, p)",
        [list(relation.columns), relation.name],
    ).fetchone()
    assert row is not None
    return int(row[0])


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
    """A column that the role may update, if there is one: best one that all rows may have equal."""
    row = connection.execute(
        """
        select a.attname from pg_attribute a
        where a.attrelid = %(table)s::regclass and a.attname = any (%(columns)s)
            and has_column_privilege(%(table)s::regclass, a.attnum, 'update')
        order by exists (select from pg_index i
                         where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey)),
            exists (select from pg_constraint c where c.conrelid = a.attrelid and a.attnum = any (c.conkey)),
            a.attname in ('updated_at', 'created_at') desc, a.attnum desc
        limit 1
        """,
        {"table": relation.name, "columns": list(relation.columns)},
    ).fetchone()
    return None if row is None else str(row[0])
