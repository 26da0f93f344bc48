"""The canaries themselves: in every table, for each tenant, in every column that has room for one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.canaries import Planter
from tests.canary_search import Canaries
from tests.canary_values import Mark, tells
from tests.canary_world import OF_B, CanaryWorld
from tests.catalogue import Connection, relations, system_tables, tenant_tables


@pytest.fixture
def superuser(canary_world: CanaryWorld) -> Iterator[Connection]:
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=None) as connection:
        yield connection
        connection.rollback()


def test_every_tenant_table_has_rows_of_both_tenants(
    canary_world: CanaryWorld, superuser: Connection
) -> None:
    found = relations(superuser)
    tables = tenant_tables(found)
    assert len(tables) >= 34
    for writer in (canary_world.world.a, canary_world.world.b):
        empty = [
            table.name
            for table in tables
            if superuser.execute(
                f"select count(*) from {table.name} where {table.tenant_column} = %s", [writer.tenant_id]
            ).fetchone()
            == (0,)
        ]
        assert empty == []
    for table in system_tables(found):
        assert superuser.execute(f"select count(*) > 0 from {table.name}").fetchone() == (True,), table.name


def test_every_column_with_room_names_its_tenant(canary_world: CanaryWorld) -> None:
    """A column listed here takes no candidate: give it one in tests/canary_hints.py."""
    assert canary_world.planted["other"].silent == []
    assert canary_world.planted["b"].silent == []


def test_canaries_are_found_in_whatever_holds_them(canary_world: CanaryWorld) -> None:
    """A search that finds nothing proves nothing: each planted row is seen as its tenant's, and as nobody else's."""
    of_a, of_b = canary_world.of_a, canary_world.of_b
    for name, row in canary_world.planted["b"].rows.items():
        assert of_b.seen_in(row), name
        assert of_a.seen_in({k: v for k, v in row.items() if k != "permission_id"}) is None, name
    for name, row in canary_world.planted["other"].rows.items():
        assert of_a.seen_in(row), name
        assert of_b.seen_in(row) is None, name


def test_what_one_says_itself_is_no_canary() -> None:
    identity = OF_B.id("podcasts", "id")
    canaries = Canaries((OF_B.token,), frozenset({identity}), frozenset({OF_B.number(3)}))
    for text in (
        f"Key ({identity}) is not there",
        {"a": [("x", OF_B.token.upper())]},
        b"%PDF " + OF_B.token.encode(),
    ):
        assert canaries.seen_in(text)
    assert canaries.seen_in(OF_B.number(3))
    assert canaries.seen_in(f"Key ({identity}) is not there", but=frozenset({identity})) is None
    assert canaries.seen_in(f"{identity} and {OF_B.token}", but=frozenset({identity})) == OF_B.token


def test_a_table_of_any_shape_is_planted(canary_world: CanaryWorld, superuser: Connection) -> None:
    """What colleagues may write in a migration: kinds of checks and keys, none of which the generator was told of."""
    superuser.execute("""
        create table shapes (
            id uuid primary key default uuid_generate_v4(),
            tenant_id uuid not null references tenants (id) on delete cascade,
            parent_id uuid,
            episode_id uuid not null,
            code text not null check (code ~ '^pb_[a-z0-9]{8}$'),
            digest text not null check (digest ~ '^[0-9a-f]{64}$'),
            colour text not null check (colour ~* '^#[0-9A-F]{6}$'),
            mail text check (mail = lower(mail) and mail ~ '^[^@\\s]+@[^@\\s]+\\.[a-z]+$'),
            kind text not null check (kind in ('one', 'two', 'three')),
            scopes text[] not null check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
            tags text[] not null default '{}',
            share numeric(5, 4) not null check (share between 0 and 1),
            amount bigint not null check (amount > 0),
            score smallint check (score between 1 and 10),
            starts_on date not null,
            ends_on date not null check (ends_on > starts_on),
            done_at timestamptz check (done_at > timestamptz '2020-01-01'),
            steps jsonb not null check (jsonb_typeof(steps) = 'array' and jsonb_array_length(steps) > 0),
            rule jsonb not null check (jsonb_typeof(rule) = 'object' and rule ->> 'effect' in ('allow', 'deny')),
            version integer not null check (version >= 1),
            settings jsonb not null default '{"version": 1}' check ((settings ->> 'version')::integer >= 1),
            check ((kind = 'three') = (done_at is null)),
            unique (tenant_id, id),
            foreign key (tenant_id, parent_id) references shapes (tenant_id, id),
            foreign key (tenant_id, episode_id) references episodes (tenant_id, id)
        );
        create table shape_notes (
            tenant_id uuid not null,
            shape_id uuid not null,
            note text not null,
            primary key (tenant_id, shape_id),
            foreign key (tenant_id, shape_id) references shapes (tenant_id, id) on delete cascade
        );
        alter table shapes add column note_of uuid;
        alter table shapes add foreign key (tenant_id, note_of) references shape_notes (tenant_id, shape_id);
    """)
    mark = Mark("e")
    planted = Planter(superuser, canary_world.world.a.tenant_id, mark).plant()
    row = planted.rows["shapes"]
    assert row["parent_id"] == row["id"] == planted.rows["shape_notes"]["shape_id"]
    assert superuser.execute("select note_of from shapes where id = %s", [row["id"]]).fetchone() == (
        row["id"],
    )
    for column in (
        "code",
        "digest",
        "colour",
        "mail",
        "tags",
        "amount",
        "starts_on",
        "steps",
        "rule",
        "settings",
    ):
        assert tells(row[column], mark), column
    assert row["scopes"] in (["read"], ["write"])
    assert not [name for name in planted.silent if name.startswith("shape")]
