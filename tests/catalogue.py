"""The tables, views, keys and checks that a database has, read from pg_catalog: what the proofs are driven by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
SCHEMAS = ["public", "internal"]
# Kept by the runner of migrations itself.
RUNNERS_OWN = {"schema_migrations", "database_engine"}
# For columns_where(): that a check of the column contains a text.
CHECKED = (
    "exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey) "
    "and pg_get_constraintdef(k.oid) like %(shape)s)"
)


@dataclass(frozen=True)
class Column:
    """A column that can be written; `base` is the type behind a domain, `labels` those of an enumeration."""

    name: str
    type: str
    base: str
    nullable: bool
    default: str | None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForeignKey:
    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    name: str
    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class Relation:
    """A table or view; `name` is bare in public and qualified elsewhere, as search_path = public reads it."""

    name: str
    kind: str
    has_tenant_policy: bool
    columns: dict[str, Column] = field(default_factory=dict)
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def is_public(self) -> bool:
        return "." not in self.name

    @property
    def is_view(self) -> bool:
        return self.kind in ("v", "m")

    @property
    def is_of_a_tenant(self) -> bool:
        """Whether its rows belong to tenants: by column, or by a policy of its own (tenants itself)."""
        return self.has_tenant_policy or "tenant_id" in self.columns

    @property
    def tenant_column(self) -> str:
        return "tenant_id" if "tenant_id" in self.columns else "id"


_NAME = "case when n.nspname = 'public' then c.relname::text else n.nspname || '.' || c.relname end"
_RELATIONS = f"""
    select c.oid, {_NAME}, c.relkind::text,
           exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_isolation')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
        and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass
                        and d.deptype = 'e')
    order by 2
"""
_COLUMNS = """
    select a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
           format_type(case when t.typtype = 'd' then t.typbasetype else a.atttypid end, null), not a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid),
           (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = a.atttypid)
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = any (%(oids)s) and a.attnum > 0 and not a.attisdropped
        and a.attidentity = '' and a.attgenerated = ''
    order by a.attrelid, a.attnum
"""
_CONSTRAINTS = f"""
    select o.conrelid, o.contype::text, o.conname,
           array(select a.attname::text from unnest(o.conkey) with ordinality k (attnum, place)
                 join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.attnum order by k.place),
           (select {_NAME} from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = o.confrelid),
           array(select a.attname::text from unnest(o.confkey) with ordinality k (attnum, place)
                 join pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.attnum order by k.place),
           pg_get_expr(o.conbin, o.conrelid)
    from pg_constraint o
    where o.conrelid = any (%(oids)s) and o.contype in ('f', 'c') and o.conparentid = 0
    order by o.conrelid, o.conname
"""


def relations(connection: Connection) -> dict[str, Relation]:
    """Every table and view of ours by name, without partitions."""
    found = connection.execute(_RELATIONS, {"schemas": SCHEMAS}).fetchall()
    oids = {"oids": [row[0] for row in found]}
    columns: dict[int, dict[str, Column]] = {}
    for oid, name, kind, base, nullable, default, labels in connection.execute(_COLUMNS, oids):
        columns.setdefault(oid, {})[name] = Column(name, kind, base, nullable, default, tuple(labels or ()))
    keys: dict[int, list[ForeignKey]] = {}
    checks: dict[int, list[Check]] = {}
    for oid, kind, name, own, target, targets, expression in connection.execute(_CONSTRAINTS, oids):
        if kind == "f":
            keys.setdefault(oid, []).append(ForeignKey(name, tuple(own), target, tuple(targets)))
        else:
            checks.setdefault(oid, []).append(Check(name, tuple(own), expression))
    return {
        name: Relation(
            name, kind, has_policy, columns.get(oid, {}), tuple(keys.get(oid, ())), tuple(checks.get(oid, ()))
        )
        for oid, name, kind, has_policy in found
    }


def tables(found: dict[str, Relation]) -> Iterator[Relation]:
    """The tables among relations."""
    return (relation for relation in found.values() if not relation.is_view)


def tenant_tables(found: dict[str, Relation], *, private: bool = True) -> list[Relation]:
    """Tables whose rows belong to tenants; with `private` those of the private schema too."""
    return [table for table in tables(found) if table.is_of_a_tenant and (private or table.is_public)]


def system_tables(found: dict[str, Relation]) -> list[Relation]:
    """Public tables that are the same for every tenant: they have neither a tenant's column nor its policy."""
    return [table for table in tables(found) if table.is_public and not table.is_of_a_tenant]


def columns_where(connection: Connection, condition: str, **values: Any) -> set[tuple[str, str]]:
    """Columns of public tables for which an SQL condition over pg_class c and pg_attribute a holds."""
    found = connection.execute(
        "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 "
        f"and not a.attisdropped and ({condition})".encode(),
        values,
    ).fetchall()
    return {(table, column) for table, column in found if table not in RUNNERS_OWN}


def columns_taking(connection: Connection, values: dict[str, str], named: str = "") -> set[tuple[str, str]]:
    """Of the public columns that are called so: those whose own checks let the value of their type pass."""
    checks = connection.execute(
        "select c.relname::text, a.attname::text, a.atttypid::regtype::text, "
        "coalesce(string_agg(format('coalesce(%%s, true)', pg_get_expr(k.conbin, k.conrelid)), ' and ') "
        "filter (where k.oid is not null), 'true') "
        "from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "left join pg_constraint k on k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum] "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 "
        "and not a.attisdropped and a.atttypid::regtype::text = any (%s) and a.attname ~ %s "
        "group by 1, 2, 3",
        [list(values), named],
    ).fetchall()
    assert len(checks) > 10
    taking = set()
    for table, column, type_, check in (row for row in checks if row[0] not in RUNNERS_OWN):
        # As the check of a row does, by the column's name; also one that names it qualified.
        row = connection.execute(
            f"select {check} from (select {values[type_]} as {column}) {table}".encode()
        ).fetchone()
        taking |= {(table, column)} if row == (True,) else set()
    return taking
