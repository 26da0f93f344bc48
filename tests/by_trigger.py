"""What triggers promise, tried on rows that are there: in the transaction of a superuser, which undoes it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from psycopg import sql

from tests.catalogue import Connection

# Rows that belong to an event, and take its campaign whatever they say: by these columns they name it.
OF_AN_EVENT = {
    "attribution_event_metadata": "event_id",
    "attribution_validations": "attribution_event_id",
}
_CHANGING = """
    select c.relname::text,
        exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'updated_at' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by 1
"""


def changing(connection: Connection) -> list[tuple[str, bool]]:
    """Tables that know when a row was changed, and whether they are of tenants."""
    return [(table, is_of_a_tenant) for table, is_of_a_tenant in connection.execute(_CHANGING.encode())]


def unmoved(connection: Connection) -> Iterator[str]:
    """Tables of which a row is changed and says it was not, or of which there is no row to try."""
    for table, is_of_a_tenant in changing(connection):
        name = sql.Identifier(table)
        with connection.transaction(force_rollback=True):
            one = connection.execute(
                sql.SQL("select tableoid, ctid, {} from {} limit 1").format(
                    sql.SQL("tenant_id" if is_of_a_tenant else "null::uuid"), name
                )
            ).fetchone()
            if one is None:
                yield f"{table} has no row to change"
                continue
            connection.execute("select set_account_context(%s, null)", [one[2]])
            moved = connection.execute(
                sql.SQL(
                    "update {} set updated_at = '2001-01-01' where tableoid = %s and ctid = %s::tid "
                    "returning updated_at = now()"
                ).format(name),
                [one[0], one[1]],
            ).fetchone()
            if moved != (True,):
                yield f"{table} was changed, and says {moved}"


def misled(connection: Connection) -> Iterator[str]:
    """Rows of an event that name another campaign, written or changed, and are believed."""
    for table, event in OF_AN_EVENT.items():
        name = sql.Identifier(table)
        with connection.transaction(force_rollback=True):
            one = connection.execute(
                sql.SQL(
                    "select to_jsonb(r), e.campaign_id, r.tenant_id, (select c.id from campaigns c "
                    "where c.tenant_id = e.tenant_id and c.id <> e.campaign_id limit 1) "
                    "from {} r join attribution_events e on e.tenant_id = r.tenant_id and e.id = r.{} limit 1"
                ).format(name, sql.Identifier(event))
            ).fetchone()
            if one is None or one[3] is None:
                yield f"{table} has no row to try"
                continue
            row, campaign, tenant, other = one
            connection.execute("select set_account_context(%s, null)", [tenant])
            mine = sql.SQL("tenant_id = {} and {} = {}").format(tenant, sql.Identifier(event), row[event])
            for way, statement in (
                ("changed", sql.SQL("update {} set campaign_id = {} where {}").format(name, other, mine)),
                ("emptied", sql.SQL("delete from {} where {}").format(name, mine)),
                (
                    "written",
                    sql.SQL(
                        "insert into {0} select * from jsonb_populate_record(null::{0}, {1}::jsonb)"
                    ).format(name, json.dumps(row | {"campaign_id": str(other)})),
                ),
            ):
                connection.execute(statement)
                said = {
                    each[0]
                    for each in connection.execute(
                        sql.SQL("select campaign_id from {} where {}").format(name, mine)
                    )
                }
                if said - {campaign} or (way == "written" and not said):
                    yield f"{table}, {way}, names another campaign than the event's"
