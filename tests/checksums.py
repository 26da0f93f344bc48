"""What a tenant has, in short: the number of its rows in each table and a checksum over all that is in them."""

from __future__ import annotations

from uuid import UUID

from tests.catalogue import Connection, relations, tenant_tables


def checksums(connection: Connection, tenant_id: UUID | None) -> dict[str, tuple[int, str]]:
    """Rows and checksum by table, private ones too; None: of the rows that belong to no tenant. As a superuser."""
    statements = [
        f"select '{table.name}', count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) "
        f"from {table.name} t where t.{table.tenant_column} is not distinct from %(tenant)s"
        for table in tenant_tables(relations(connection))
    ]
    rows = connection.execute(" union all ".join(statements), {"tenant": tenant_id}).fetchall()
    return {name: (count, checksum) for name, count, checksum in rows}
