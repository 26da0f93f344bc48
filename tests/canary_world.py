"""The world of two tenants with canaries in every column of every table: what the proofs of isolation run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.canaries import Planted, Planter, Row
from tests.canary_search import Canaries, canaries_of
from tests.canary_values import Mark
from tests.catalogue import Connection
from tests.world import World

# Rows of tenant A that are nobody's of the people in particular, Bob's and Carol's; and those of tenant B.
OTHER, OF_B, BOBS, CAROLS = (Mark(letter) for letter in "abcd")


@dataclass(frozen=True)
class CanaryWorld:
    """The world, what was planted into it, and what must never be seen by the other tenant."""

    world: World
    planted: Mapping[str, Planted]
    of_a: Canaries
    of_b: Canaries


def plant_world(world: World) -> CanaryWorld:
    """Canaries for both tenants of a world, written and committed; in tenant A some are Bob's and some Carol's."""
    with psycopg.connect(world.database.superuser_dsn, prepare_threshold=None) as connection:
        return plant(connection, world)


def plant(connection: Connection, world: World) -> CanaryWorld:
    """The same within a transaction of a superuser."""
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
        given["permissions"] = _row(connection, "permissions", "name", permission)
        given["roles"] = _row(connection, "roles", "name", role, world.a.tenant_id)
        planted[person] = Planter(connection, world.a.tenant_id, mark, given, frozenset(not_theirs)).plant()
    planted["b"] = Planter(connection, world.b.tenant_id, OF_B).plant()
    return CanaryWorld(
        world, planted,
        of_a=canaries_of(connection, world.a.tenant_id, OTHER, BOBS, CAROLS),
        of_b=canaries_of(connection, world.b.tenant_id, OF_B),
    )  # fmt: skip


def _row(connection: Connection, table: str, column: str, value: Any, tenant_id: Any = None) -> Row:
    condition = f"{column} = %(value)s" + (" and tenant_id = %(tenant)s" if tenant_id else "")
    found = connection.cursor(row_factory=dict_row).execute(
        f"select * from {table} where {condition}", {"value": value, "tenant": tenant_id}
    )
    row = found.fetchone()
    assert row is not None, (table, value)
    return row
