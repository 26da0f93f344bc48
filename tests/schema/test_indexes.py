"""Indexes made beside others' work on tables in pieces: partitions, and the chunks of a hypertable."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from schema.indexes import spread
from schema.migrate import migrate
from tests.small_versions import read, write
from tests.timescale.server import timescale_server

_MAKE = "create index concurrently if not exists parts_seen on parts (n, at) where n > 1"
_INDEXES = (
    "select t.relname::text, c.relname::text, i.indisvalid, pg_get_expr(i.indpred, i.indrelid)"
    " from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid"
    " where t.relname like 'parts%' order by 1"
)
_PARTS = (
    "create schema if not exists inside;"
    " create table parts (n integer, at integer) partition by range (at);"
    " create table inside.parts_one partition of parts for values from (0) to (10);"
    " create table inside.parts_two partition of parts for values from (10) to (20);"
    " insert into parts select g, g from generate_series(0, 19) g;"
)
_WHOLE = [
    (table, index, True, "(n > 1)")
    for table, index in (
        ("parts", "parts_seen"), ("parts_one", "parts_one_seen"), ("parts_three", "parts_three_seen"),
        ("parts_two", "parts_two_seen"),
    )
]  # fmt: skip


def test_an_index_of_a_partitioned_table_is_made_partition_by_partition(empty: str, folder: Path) -> None:
    write(folder, "migrations/0004_parts.sql", _PARTS)
    write(folder, "migrations/0005_seen.sql", f"-- no-transaction\n{_MAKE};")
    assert migrate(empty, folder=folder, engine="plain")[-1] == "0005_seen"
    assert read(empty, _INDEXES) == [row for row in _WHOLE if row[0] != "parts_three"]
    # A partition that is attached afterwards has one too, without anybody's doing.
    with psycopg.connect(empty) as connection:
        connection.execute("create table inside.parts_three (like parts)")
        connection.execute(
            "alter table parts attach partition inside.parts_three for values from (20) to (30)"
        )
    assert [row[0::2] for row in read(empty, _INDEXES)] == [row[0::2] for row in _WHOLE]
    # And the server knows them as one.
    with psycopg.connect(empty) as connection:
        connection.execute("set enable_seqscan = off")
        plan = connection.execute("explain (costs off) select from parts where n = 12 and at = 12").fetchall()
    assert "parts_two_seen" in str(plan)


def test_wherever_it_was_interrupted_it_goes_on_and_ends_the_same(empty: str, folder: Path) -> None:
    """After each of its statements, and with a partition made in between, which the listing did not hold yet."""
    migrate(empty, folder=folder, engine="plain")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(_PARTS)
        statements = len(list(_run(connection, _MAKE)))
        # The parent's, and of each partition its own and that it belongs to the parent's.
        assert statements == 1 + 2 * 2
        assert len(list(_run(connection, _MAKE))) == 1
        for stop in range(1, statements):
            connection.execute(f"drop table parts; {_PARTS}".encode())
            for place, _ in enumerate(_run(connection, _MAKE), 1):
                if place == stop:
                    break
            connection.execute(
                "create table inside.parts_three partition of parts for values from (20) to (30)"
            )
            assert len(list(_run(connection, _MAKE))) < statements + 1
            made = connection.execute(_INDEXES.encode()).fetchall()
            assert [(table, *rest) for table, _, *rest in made] == [
                (table, *rest) for table, _, *rest in _WHOLE
            ]


def test_one_that_a_partition_was_left_with_unfinished_is_made_anew(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(f"{_PARTS} insert into parts values (3, 3);".encode())
        # What a run leaves whose index cannot be finished: rows that are alike, in one that must not have any.
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            connection.execute("create unique index concurrently parts_one_seen on inside.parts_one (n)")
        assert ("parts_one", "parts_one_seen", False, None) in connection.execute(
            _INDEXES.encode()
        ).fetchall()
        said = list(_run(connection, _MAKE))
        assert said[1] == 'drop index concurrently "inside"."parts_one_seen"'
        assert connection.execute(_INDEXES.encode()).fetchall() == [
            row for row in _WHOLE if row[0] != "parts_three"
        ]


def test_one_of_a_hypertable_is_made_chunk_by_chunk() -> None:
    """The build of the tests can run neither the option nor the dropping: it is made without, and dropped in words."""
    with timescale_server() as server, server.connect(autocommit=True) as connection:
        connection.execute("create extension if not exists timescaledb")
        connection.execute("create table parts (n integer, at integer not null)")
        connection.execute(
            "select create_hypertable('parts', 'at', chunk_time_interval => 10, create_default_indexes => false)"
        )
        connection.execute("insert into parts select g, g from generate_series(0, 29) g")
        made = (
            "create index if not exists parts_seen on parts (n, at)"
            " with (timescaledb.transaction_per_chunk) where n > 1"
        )
        assert list(spread(connection, _MAKE)) == [made]
        connection.execute(made.replace(" with (timescaledb.transaction_per_chunk)", "").encode())
        rows = connection.execute(
            "select count(*), bool_and(i.indisvalid), min(pg_get_expr(i.indpred, i.indrelid))"
            " from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like '%parts_seen'"
        ).fetchall()
        assert rows == [(4, True, "(n > 1)")]
        assert list(spread(connection, _MAKE)) == [made]
        # What an interrupted run leaves.
        connection.execute("update pg_index set indisvalid = false where indexrelid = 'parts_seen'::regclass")
        assert list(spread(connection, _MAKE)) == ['drop index "public"."parts_seen"', made]


def _run(connection: psycopg.Connection[Any], statement: str) -> Iterator[str]:
    for one in spread(connection, statement):
        connection.execute(one.encode())
        yield one
