"""Rows of a tenant as a version knows it: planted when it was the newest, looked for when others have run over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.canaries import Planter
from tests.canary_values import Mark

# What a version says anew in every row, on purpose: table, column, version and the value that it has from there on.
# The number meant rules 1 to every release that wrote one: they were the only ones there were.
SAID_ANEW = {("excluded_requests", "rule_version"): (55, "IAB 2.3, rules 1")}


@dataclass(frozen=True)
class VersionMark(Mark):
    """A mark of its own for each version."""

    @property
    def place(self) -> int:
        return int(self.letter) % 6

    @property
    def token(self) -> str:
        number = int(self.letter)
        return "".join("abcdef"[number // 6**place % 6] for place in range(4)) + "cafe"


def plant(connection: psycopg.Connection[Any], version: int) -> UUID:
    """A new tenant with a row in every table there is at this version."""
    tenant = uuid4()
    mark = VersionMark(str(version))
    connection.execute("select set_tenant_context(%s)", [tenant])
    connection.execute(
        "insert into tenants (id, name, slug) values (%s, %s, %s)", [tenant, mark.token, mark.token]
    )
    Planter(connection, tenant, mark).plant()
    return tenant


def rows_of(connection: psycopg.Connection[Any], tenant: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of a tenant, table by table."""
    tables = connection.execute(
        "select c.oid::regclass::text, case c.relname when 'tenants' then 'id' else 'tenant_id' end "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 'internal') "
        "and c.relkind in ('r', 'p') and not c.relispartition "
        "and (c.relname = 'tenants' or exists (select from pg_attribute a where a.attrelid = c.oid "
        "and a.attname = 'tenant_id' and not a.attisdropped))"
    ).fetchall()
    return {
        table: [
            row
            for (row,) in connection.execute(
                f"select to_jsonb(t) - 'updated_at' from {table} t where {column} = %s", [tenant]
            )
        ]
        for table, column in tables
    }


def _said_anew(table: str, version: int) -> dict[str, Any]:
    return {
        column: value
        for (of_table, column), (since, value) in SAID_ANEW.items()
        if of_table == table and version < since
    }


def assert_rows_of_before(
    version: int, before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> None:
    """Every row is there still, with what it said; columns may have come to it."""
    for table, rows in before.items():
        assert rows or table.startswith("internal."), (version, table)
        for row in rows:
            expected = row | _said_anew(table, version)
            assert any({**now, **expected} == now for now in after[table]), (version, table, row)
