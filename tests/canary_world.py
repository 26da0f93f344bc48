"""The world of two tenants with canaries in every column of every table: what the proofs of isolation run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from queries.session import Actor
from tests.canaries import Planted, Planter, Row
from tests.canary_search import Canaries, canaries_of
from tests.canary_values import Mark
from tests.catalogue import Connection
from tests.world import World

# Rows of tenant A that are nobody's of the people in particular, Bob's and Carol's; and those of tenant B.
OTHER, OF_B, BOBS, CAROLS = (Mark(letter) for letter in "abcd")
# Rows that are Bob's by one column and somebody else's by another: his in somebody's campaign, somebody's in his.
BY_BOB, FOR_BOB, READERS = Mark("cc"), Mark("ccc"), Mark("aa")


@dataclass(frozen=True)
class CanaryWorld:
    """The world, what was planted into it, and what must never be seen by the other tenant."""

    world: World
    planted: Mapping[str, Planted]
    of_a: Canaries
    of_b: Canaries
    reader: Actor
    """Of tenant A, with a role of its own: has every permission to read, and none to do anything."""
    looker: Actor
    """The same with two permissions only: every campaign, every podcast."""


def plant_world(world: World) -> CanaryWorld:
    """Canaries for both tenants of a world, written and committed; in tenant A some are Bob's and some Carol's."""
    with psycopg.connect(world.database.superuser_dsn, prepare_threshold=None) as connection:
        return plant(connection, world)


def plant(connection: Connection, world: World) -> CanaryWorld:
    """The same within a transaction of a superuser."""
    for tenant in (world.a, world.b):
        forget_bytes(connection, tenant.tenant_id)
    other = Planter(connection, world.a.tenant_id, OTHER).plant()
    shared = {name: other.rows[name] for name in ("tenants", "podcasts", "episodes", "sponsors", "campaigns")}
    people = {
        "bob": (BOBS, "sponsor", "campaigns.read_own", {
            "sponsors": world.sponsors["Acme Coffee"], "campaigns": world.campaigns["Acme always on"],
            "ad_units": world.ad_units["Acme always on/Harbour Lights 1"],
        }, {"podcasts", "episodes"}),
        "carol": (CAROLS, "podcaster", "podcasts.read_own", {
            "podcasts": world.podcasts["Harbour Lights"], "episodes": world.episodes["Harbour Lights 1"],
        }, {"sponsors", "campaigns"}),
    }  # fmt: skip
    planted = {"other": other}
    for person, (mark, role, permission, theirs, not_theirs) in people.items():
        given = shared | {name: _row(connection, name, "id", id_) for name, id_ in theirs.items()}
        given["users"] = _row(connection, "users", "id", getattr(world.people, person).user_id)
        # What is theirs stays what is theirs.
        given["resource_ownership"] = _row(connection, "resource_ownership", "owner_id", given["users"]["id"])
        given["permissions"] = _row(connection, "permissions", "name", permission)
        given["roles"] = _row(connection, "roles", "name", role, world.a.tenant_id)
        planted[person] = Planter(connection, world.a.tenant_id, mark, given, frozenset(not_theirs)).plant()
    bobs_user = {"users": planted["bob"].rows["users"]}
    his_campaign = {name: planted["bob"].rows[name] for name in ("sponsors", "campaigns")}
    roles = {name: planted["bob"].rows[name] for name in ("roles", "permissions", "resource_ownership")}
    avoided = frozenset({"podcasts", "episodes"})
    reader = _person(connection, world, "erin", ["read", "read_all"])
    readers = {
        "users": _row(connection, "users", "id", reader.user_id),
        "roles": _row(connection, "roles", "name", "erin", world.a.tenant_id),
        "permissions": _row(connection, "permissions", "name", "reports.read"),
    }
    for name, mark, given in (
        ("reader", READERS, shared | roles | readers),
        ("by_bob", BY_BOB, shared | roles | bobs_user),
        ("for_bob", FOR_BOB, shared | roles | his_campaign | {"users": other.rows["users"]}),
    ):
        planted[name] = Planter(connection, world.a.tenant_id, mark, given, avoided).plant()
    planted["b"] = Planter(connection, world.b.tenant_id, OF_B).plant()
    rows = {name: each.rows.values() for name, each in planted.items()}
    of_a = [row for name in rows if name != "b" for row in rows[name]]
    return CanaryWorld(
        world, planted,
        of_a=canaries_of(connection, world.a.tenant_id, of_a, OTHER, BOBS, CAROLS, BY_BOB, FOR_BOB, READERS),
        of_b=canaries_of(connection, world.b.tenant_id, rows["b"], OF_B),
        reader=reader, looker=_person(connection, world, "frank", ["read_all"]),
    )  # fmt: skip


def forget_bytes(connection: Connection, tenant_id: UUID) -> None:
    """Nobody knows how many bytes were sent for the tenant's downloads with ads: one view shows no others."""
    connection.execute(
        """
        update listener_events d set event_data = d.event_data || '{"unmeasured": true}'
        from attribution_events i
        where d.tenant_id = %(tenant)s and d.event_type = 'download' and i.tenant_id = d.tenant_id
            and i.listener_id = d.listener_id and i.episode_id = d.episode_id and i.occurred_at = d.occurred_at
        """,
        {"tenant": tenant_id},
    )


def _person(connection: Connection, world: World, name: str, permissions: Sequence[str]) -> Actor:
    """Somebody of tenant A with a role of their own."""
    row = connection.execute(
        """
        with person as (
            insert into users (tenant_id, email, full_name) values (%(tenant)s, %(name)s || '@a.example', %(name)s)
            returning id
        ),
        own_role as (
            insert into roles (tenant_id, name) values (%(tenant)s, %(name)s) returning id
        ),
        rights as (
            insert into role_permissions (tenant_id, role_id, permission_id)
            select %(tenant)s, r.id, p.id from own_role r, permissions p where p.action = any (%(permissions)s)
        )
        insert into user_roles (tenant_id, user_id, role_id) select %(tenant)s, p.id, r.id from person p, own_role r
        returning user_id
        """,
        {"tenant": world.a.tenant_id, "name": name, "permissions": list(permissions)},
    ).fetchone()
    assert row is not None
    return Actor(world.a.tenant_id, row[0])


def _row(connection: Connection, table: str, column: str, value: Any, tenant_id: Any = None) -> Row:
    condition = f"{column} = %(value)s" + (" and tenant_id = %(tenant)s" if tenant_id else "")
    found = connection.cursor(row_factory=dict_row).execute(
        f"select * from {table} where {condition}", {"value": value, "tenant": tenant_id}
    )
    row = found.fetchone()
    assert row is not None, (table, value)
    return row
