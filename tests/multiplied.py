"""A database of many tenants: one tenant's rows again and again, until no table of tenants is small for the planner."""

from __future__ import annotations

from uuid import UUID

from tests.catalogue import Connection, Relation, relations, tenant_tables

ROWS = 20_000


def multiply(connection: Connection, tenant_id: UUID) -> None:
    """Gives every table of tenants at least `ROWS` rows, as a superuser: copies of one tenant's under other tenants.

    Every id becomes another one, the same wherever it stands, so that references still lead to a row. Triggers and
    keys are off meanwhile: nothing is to follow from the copies.
    """
    connection.execute("set session_replication_role = replica")
    for table in tenant_tables(relations(connection)):
        _copy(connection, table, tenant_id)
    connection.execute("set session_replication_role = origin")
    connection.execute("analyze")


def _copy(connection: Connection, table: Relation, tenant_id: UUID) -> None:
    row = connection.execute(
        f"select count(*) from {table.name} where {table.tenant_column} = %s", [tenant_id]
    ).fetchone()
    assert row is not None
    if not row[0]:
        return
    alone = {
        name
        for (names,) in connection.execute(
            "select array(select a.attname::text from pg_attribute a where a.attrelid = i.indrelid "
            "and a.attnum = any (i.indkey)) from pg_index i where i.indrelid = %s::regclass and i.indisunique",
            [table.name],
        )
        if not any(table.columns[name].base == "uuid" for name in names if name in table.columns)
        for name in names
    }
    values = [_value(table, name, is_alone=name in alone) for name in table.columns]
    connection.execute(
        f"insert into {table.name} ({', '.join(table.columns)}) select {', '.join(values)} "
        f"from {table.name} t cross join generate_series(1, %(times)s) as copy (n) "
        f"where t.{table.tenant_column} = %(tenant)s on conflict do nothing",
        {"times": -(-ROWS // row[0]), "tenant": tenant_id},
    )


def _value(table: Relation, name: str, *, is_alone: bool) -> str:
    base = table.columns[name].base
    if base == "uuid":
        return f"md5(t.{name}::text || copy.n)::uuid"
    if base == "uuid[]":
        return f"array(select md5(e::text || copy.n)::uuid from unnest(t.{name}) e)"
    if base == "text" and is_alone:  # an address, a hash or a name that may be there once only
        hashed = f"md5(t.{name} || copy.n)"
        return (
            f"case when t.{name} ~ '^[0-9a-f]{{64}}$' then {hashed} || {hashed} "
            f"when t.{name} like '%%@%%' then {hashed} || '@many.example' else {hashed} end"
        )
    return f"t.{name}"
