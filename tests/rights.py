"""Who may do what with each table and view, measured: on every planted row, as everybody, without keys and triggers.

A cell has four characters, for read, insert, update and delete: a capital letter means all rows of tenant A (of a
system table: all rows), a small letter some of them, "." a right that no row passes, "-" no right at all.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
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
# Read what has changed: each line is a decision. A table guarded just as one with a line needs none: that was decided.
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


# One call for each relation and person: what was tried is undone inside it, and how many rows it reached is counted by
# the superuser that the connection is, because a session may not see what it may change.
_MEASURE = """
    create schema if not exists ruler;
    grant usage on schema ruler to public;
    create or replace function ruler.tried(p_what text, p_statement text, p_count text) returns text
        language plpgsql
        as $$
    declare
        reached bigint;
    begin
        if p_count is null then
            execute p_statement into reached;
        else
            execute p_statement;
            execute 'reset session authorization';
            execute p_count into reached;
        end if;
        raise exception using errcode = 'RULER', message = reached::text;
    exception
        when sqlstate 'RULER' then
            return p_what || sqlerrm;
        when insufficient_privilege then
            return case when sqlerrm like '%row-level security%' then '.' else '-' end;
    end
    $$;
    create or replace function ruler.passing(p_statement text, p_rows jsonb[]) returns text
        language plpgsql
        as $$
    declare
        given jsonb;
        passed bigint := 0;
    begin
        foreach given in array p_rows loop
            begin
                execute p_statement using given;
                passed := passed + 1;
                raise exception using errcode = 'RULER';
            exception
                when sqlstate 'RULER' then null;
                when insufficient_privilege then
                    if sqlerrm not like '%row-level security%' then
                        return '-';
                    end if;
            end;
        end loop;
        return 'i' || passed;
    end
    $$;
    create or replace function ruler.columns(p_table regclass, p_columns text[], p_right text) returns text[]
        language sql
        as $$ select array(select c from unnest(p_columns) c where has_column_privilege(p_table, c, p_right)) $$;
"""


class Ruler:
    """Measures what everybody may do with a relation, in the transaction of a superuser, as things stand in it."""

    def __init__(self, connection: Connection, canary_world: CanaryWorld) -> None:
        self._tenant_id = canary_world.world.a.tenant_id
        self._everybody = everybody(canary_world)
        self._connection = connection
        connection.execute(_MEASURE.encode())
        self.public = {r.name: r for r in relations(connection).values() if r.is_public}
        self._rows = {name: _rows(connection, canary_world, r) for name, r in self.public.items()}
        self._totals = {name: _total(connection, self._tenant_id, r) for name, r in self.public.items()}

    def shares(self, name: str, person: str) -> list[Share]:
        """What one of them may do with a relation, and with how many rows: of two that see some, one may see more."""
        return self.shares_in([name], person)[name]

    def shares_in(self, names: Iterable[str], person: str) -> dict[str, list[Share]]:
        """The same for several relations; nothing that was tried stays."""
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
    # The same statements for each person: planned once.
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=5) as connection:
        ruler = Ruler(connection, canary_world)
        found = {person: ruler.shares_in(ruler.public, person) for person in PEOPLE}
        connection.rollback()
    for name, relation in ruler.public.items():
        cells = ("".join(letter for letter, _ in found[person][name]) for person in PEOPLE)
        lines[section_of(relation)][name] = "  ".join(cells)
    return lines


def written() -> dict[str, dict[str, str]]:
    """The matrix as the file states it."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


# What decides who may do what with a table: its policies, and what the runtime roles are granted on it and its columns.
_KINDS = """
    select c.relname::text, md5(concat_ws(e'\\n', c.relrowsecurity,
        (select string_agg(concat_ws('|', p.policyname, p.permissive, p.roles, p.cmd, p.qual, p.with_check), e'\\n'
                           order by p.policyname)
         from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname),
        (select string_agg(a.grantee::regrole || ' ' || a.privilege_type, ' ' order by a.grantee, a.privilege_type)
         from aclexplode(c.relacl) a),
        (select string_agg(t.attname || ' ' || t.attacl::text, ' ' order by t.attname)
         from pg_attribute t where t.attrelid = c.oid and t.attacl is not null)))
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""


def kinds(connection: Connection) -> dict[str, str]:
    """Of each table: by what it is guarded, in short; two that are guarded alike have the same."""
    return dict(connection.execute(_KINDS).fetchall())


def stated(connection: Connection) -> dict[str, dict[str, str]]:
    """The matrix as the file states it; a table without a line has that of one with the same policies and grants."""
    matrix = written()
    kinds = dict(connection.execute(_KINDS).fetchall())
    decided = {
        kinds[name]: (section, name) for section in matrix for name in matrix[section] if name in kinds
    }
    for name, kind in kinds.items():
        if kind in decided:
            section, like = decided[kind]
            matrix[section].setdefault(name, matrix[section][like])
    return matrix


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
    """Rows to insert again: one that is nobody's in particular, Bob's and Carol's; of a system table any.

    And each of theirs with one reference to somebody else's: who may name what is theirs may not name all there is.
    """
    if relation.is_view:
        return []
    found: list[dict[str, Any]] = []
    if not relation.is_of_a_tenant:
        found = [row[0] for row in connection.execute(f"select to_jsonb(t) from {relation.name} t limit 1")]
    of_person: dict[str, dict[str, Any]] = {}
    for person in (name for name in canary_world.planted if name != "b"):
        row = canary_world.planted[person].rows.get(relation.name)
        if row is not None:
            key = {name: str(value) for name, value in row.items() if isinstance(value, UUID)}
            for (each,) in connection.execute(
                f"select to_jsonb(t) from {relation.name} t where to_jsonb(t) @> %s limit 1",
                [json.dumps(key)],
            ):
                of_person[person] = each
                found += [each] if each not in found else []
    for person in ("bob", "carol"):
        for mixed in _mixed(relation, of_person.get(person, {}), of_person.get("other", {})):
            found += [mixed] if mixed not in found else []
    return found


def _mixed(relation: Relation, own: dict[str, Any], others: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row of one's own, each time with one reference that leads where somebody else's row does."""
    keyed = [
        tuple(name for name in key.columns if name != "tenant_id")
        for key in relation.foreign_keys
        if key.target not in ("tenants", "users", relation.name)
    ]
    listed = [(name,) for name in relation.columns if name.endswith("_ids")]
    for columns in dict.fromkeys([*keyed, *listed]):
        values = {name: others.get(name) for name in columns}
        if own and all(values.values()) and all(own[name] for name in columns):
            yield own | values


def _cell(
    connection: Connection, relation: Relation, tenant_id: UUID, rows: list[dict[str, Any]], total: int
) -> list[Share]:
    assert total, f"{relation.name} has no row of the tenant: its rights cannot be measured"
    name, condition = relation.name, _condition(relation) % {"tenant": sql.Literal(tenant_id).as_string()}
    counted = f"select count(*) from {name} where {condition}"
    if relation.is_view:  # a right to write through one would be a hole, and stands as such
        row = connection.execute(
            "select ruler.tried('r', %s, null), has_any_column_privilege(%s::regclass, 'insert'), "
            "has_any_column_privilege(%s::regclass, 'update'), has_table_privilege(%s::regclass, 'delete')",
            [counted, name, name, name],
        ).fetchone()
        assert row is not None
        return [_share(row[0], total)] + [
            (letter if granted else "-", 0) for letter, granted in zip("IUD", row[1:], strict=True)
        ]
    listed, changeable = connection.execute(
        f"select ruler.columns(%(table)s::regclass, %(columns)s, 'insert'), ({_CHANGEABLE})",
        {"table": name, "columns": list(relation.columns)},
    ).fetchone() or ([], None)
    # Where single columns may be inserted, the row has these.
    columns = sql.SQL(", ").join(map(sql.Identifier, listed or relation.columns)).as_string(connection)
    changed = [row | ({"id": str(uuid4())} if "id" in row and name != "tenants" else {}) for row in rows]
    # Neither statement reads a column: the policies of reading do not hold it, those of writing must.
    example = sql.Literal(json.dumps(rows[0] if rows else {})).as_string()
    value = f"(jsonb_populate_record(null::{name}, {example})).{changeable}"
    gone = (
        f"select {total} - count(*) filter (where xmin::text::bigint < pg_current_xact_id()::text::bigint) "
        f"from {name} where {condition}"
    )
    row = connection.execute(
        "select ruler.tried('r', %(counted)s, null), ruler.passing(%(insert)s, %(rows)s::jsonb[]), "
        "case when %(changeable)s::text is null then '-' else ruler.tried('u', %(update)s, %(gone)s) end, "
        "ruler.tried('d', %(delete)s, %(gone)s), (select count(*) from unnest(array['select', 'insert', 'update']) p "
        "cross join unnest(ruler.columns(%(table)s::regclass, %(columns)s, p)))",
        {
            "counted": counted, "rows": [json.dumps(each) for each in changed], "changeable": changeable, "gone": gone,
            "insert": f"insert into {name} ({columns}) select {columns} "
            f"from jsonb_populate_record(null::{name}, $1) on conflict do nothing",
            "update": f"update {name} set {changeable} = {value}", "delete": f"delete from {name}", "table": name,
            "columns": list(relation.columns),
        },
    ).fetchone()  # fmt: skip
    assert row is not None
    # Without a letter: how many columns may be read, inserted and updated at all.
    return [
        _share(row[0], total), _share(row[1], len(rows)), _share(row[2], total), _share(row[3], total), ("", row[4]),
    ]  # fmt: skip


def _share(said: str, total: int) -> Share:
    """What the ruler said, like r12, as a letter and a number."""
    if said in (".", "-"):
        return said, 0
    letter, count = said[0], int(said[1:])
    return ("." if not count else letter.upper() if count == total else letter, count)


# A column that the role may update, if there is one: best one that all rows may have equal.
_CHANGEABLE = """
    select a.attname::text from pg_attribute a
    where a.attrelid = %(table)s::regclass and a.attname = any (%(columns)s)
        and has_column_privilege(%(table)s::regclass, a.attnum, 'update')
    order by exists (select from pg_index i
                     where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey)),
        exists (select from pg_constraint c where c.conrelid = a.attrelid and a.attnum = any (c.conkey)),
        a.attname in ('updated_at', 'created_at') desc, a.attnum desc
    limit 1
"""
