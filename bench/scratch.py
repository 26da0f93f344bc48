"""A database for benchmarks that write: one tenant with fifty episodes and whatever they put into it, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg

from bench.data_set import on_database
from queries.engine import dispose_engines
from queries.session import Actor
from queries.settings import Settings, use_settings
from queries.tenants import create_tenant, invite
from schema.migrate import migrate
from schema.server import Server, create_database, drop_database

EPISODES = 50
EMAIL = "admin@scratch.example"


@dataclass(frozen=True, slots=True)
class Scratch:
    """The database, its tenant and the tenant's episodes."""

    settings: Settings
    name: str
    actor: Actor
    episodes: tuple[UUID, ...]


@contextmanager
def scratch(server: Server, settings: Settings, name: str) -> Iterator[Scratch]:
    """A new database of this name, and the queries pointed at it."""
    drop_database(server, name)
    create_database(server, name)
    own = on_database(settings, server, name)
    migrate(own.owner_dsn)
    dispose_engines()
    use_settings(own)
    try:
        tenant = create_tenant(name="Scratch", slug="scratch", time_zone="Europe/Berlin", currency="EUR")
        invite(tenant="scratch", email=EMAIL, role="admin")
        with psycopg.connect(own.owner_dsn) as connection:
            connection.execute("select set_tenant_context(%s)", [tenant])
            row = connection.execute(
                "insert into podcasts (tenant_id, name) values (%s, 'Show') returning id", [tenant]
            ).fetchone()
            assert row is not None
            episodes = connection.execute(
                "insert into episodes (tenant_id, podcast_id, title, guid, audio_url, duration_seconds)"
                " select %s, %s, 'Episode ' || n, 'guid-' || n, 'https://cdn.example/' || n || '.mp3', 1800"
                " from generate_series(1, %s) n returning id",
                [tenant, row[0], EPISODES],
            ).fetchall()
        yield Scratch(own, name, Actor(tenant), tuple(id_ for (id_,) in episodes))
    finally:
        dispose_engines()
        use_settings(settings)
        drop_database(server, name)
