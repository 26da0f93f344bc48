"""Indexes made while others go on working, also on tables in many pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]

_CONCURRENT = re.compile(
    r"create\s+(?P<unique>unique\s+)?index\s+concurrently\s+if\s+not\s+exists\s+(?P<name>\w+)\s+on\s+"
    r"(?P<table>(?:\w+\.)?\w+)\s+(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\swhere\s", re.IGNORECASE)
_LONGEST_NAME = 63


def is_beside_work(statement: str) -> bool:
    """Whether a statement makes, drops or rebuilds an index beside all others' work."""
    return (
        re.match(
            r"(create|drop|reindex)\b[^;(]*\bconcurrently\b|create\b.*\btransaction_per_chunk\b",
            statement,
            re.IGNORECASE | re.DOTALL,
        )
        is not None
    )


def spread(connection: Connection, statement: str) -> Iterator[str]:
    """The statements that do this one's work, each to be run before the next is asked for.

    What makes an index concurrently drops first what an interrupted run left of it, which "if not exists" would take
    for done. A server makes none concurrently on a partitioned table or a hypertable: there it is made partition by
    partition, or chunk by chunk, which keeps others out of one of them at most.
    """
    wanted = _CONCURRENT.fullmatch(statement)
    if wanted is None:
        yield statement
        return
    unique, name, table, rest = wanted["unique"] or "", wanted["name"], wanted["table"], wanted["rest"]
    if _is_hypertable(connection, table):
        yield from _drop_unusable(connection, name, table, "")
        head, *condition = _CONDITION.split(rest, maxsplit=1)
        where = f" where {condition[0]}" if condition else ""
        yield (
            f"create {unique}index if not exists {name} on {table} {head} "
            f"with (timescaledb.transaction_per_chunk){where}"
        )
    elif _is_partitioned(connection, table):
        # Every partition made from here on has one of its own.
        yield f"create {unique}index if not exists {name} on only {table} {rest}"
        for partition in _partitions_without(connection, name, table):
            own = f"{partition.rsplit('.', 1)[-1]}_{name.removeprefix(table.rsplit('.', 1)[-1] + '_')}"[
                :_LONGEST_NAME
            ]
            schema = partition.rsplit(".", 1)[0]
            yield from _drop_unusable(connection, own, partition, "concurrently ")
            yield f"create {unique}index concurrently if not exists {own} on {partition} {rest}"
            yield f"alter index {name} attach partition {schema}.{own}"
    else:
        yield from _drop_unusable(connection, name, table, "concurrently ")
        yield statement


def _is_partitioned(connection: Connection, table: str) -> bool:
    found = connection.execute("select relkind = 'p' from pg_class where oid = to_regclass(%s)", [table])
    return found.fetchone() == (True,)


def _is_hypertable(connection: Connection, table: str) -> bool:
    if connection.execute("select from pg_extension where extname = 'timescaledb'").fetchone() is None:
        return False
    found = connection.execute(
        "select from timescaledb_information.hypertables "
        "where to_regclass(format('%%I.%%I', hypertable_schema, hypertable_name)) = to_regclass(%s)",
        [table],
    )
    return found.fetchone() is not None


def _partitions_without(connection: Connection, name: str, table: str) -> list[str]:
    """The partitions, with their schemas, that have no index of this one yet."""
    rows = connection.execute(
        """
        select format('%%I.%%I', n.nspname, c.relname)
        from pg_inherits p
        join pg_class c on c.oid = p.inhrelid
        join pg_namespace n on n.oid = c.relnamespace
        where p.inhparent = to_regclass(%(table)s)
            and not exists (
                select from pg_inherits i
                join pg_index x on x.indexrelid = i.inhrelid
                join pg_index parent on parent.indexrelid = i.inhparent
                join pg_class named on named.oid = parent.indexrelid
                where x.indrelid = c.oid and parent.indrelid = p.inhparent and named.relname = %(name)s
            )
        order by 1
        """,
        {"name": name.lower(), "table": table},
    ).fetchall()
    return [partition for (partition,) in rows]


def _drop_unusable(connection: Connection, name: str, table: str, how: str) -> Iterator[str]:
    left = connection.execute(
        """
        select n.nspname, c.relname
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        join pg_namespace n on n.oid = c.relnamespace
        where not i.indisvalid and c.relname = lower(%s) and i.indrelid = to_regclass(%s)
        """,
        [name, table],
    ).fetchone()
    if left is not None:
        yield sql.SQL("drop index {}{}").format(sql.SQL(how), sql.Identifier(*left)).as_string(connection)
