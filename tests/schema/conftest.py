"""What tests of the schema share: an empty database, small migrations, the tables seen by their people."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from queries.session import Actor
from queries.settings import Settings
from schema.server import SUPERUSER, Reachable, Server, create_database, drop_database, start
from tests.small_versions import EMPTY, write
from tests.timescale.server import TimescaleServer, timescale_server
from tests.timescale.sides import Side, timescale_side
from tests.world import World

ROLES = ("podboard_owner", "podboard_web", "podboard_worker")
_SCRIPT = Path(__file__).parents[2] / "deploy" / "roles.sql"


@pytest.fixture(scope="module")
def catalogue(superuser_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Whoever sees the whole catalogue of the newest version."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty(server: Reachable) -> Iterator[str]:
    """The owner's way into an empty database."""
    drop_database(server, EMPTY)
    create_database(server, EMPTY)
    yield server.dsn("podboard_owner", EMPTY)
    drop_database(server, EMPTY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three versions, the second of them different for each engine."""
    for part in ("migrations", "timeseries/plain", "timeseries/timescale"):
        (tmp_path / part).mkdir(parents=True)
    write(
        tmp_path, "migrations/0001_first.sql", "create table first (n integer); insert into first values (1);"
    )
    write(
        tmp_path, "timeseries/plain/0002_series.sql", "create table series as select 'plain'::text as engine;"
    )
    write(
        tmp_path,
        "timeseries/timescale/0002_series.sql",
        "create table series as select 'ts'::text as engine;",
    )
    write(
        tmp_path,
        "migrations/0003_third.sql",
        "create function one() returns int language sql as $$ select 1; $$;",
    )
    return tmp_path


@pytest.fixture(scope="module")
def bare_server() -> Iterator[Server]:
    """A server without anything of podboard on it."""
    home = Path(tempfile.mkdtemp(prefix="podboard-bare-"))
    home.chmod(0o711)
    with start(home, Settings.from_env().pg_bin) as server:
        with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute("drop database podboard")
            for role in reversed(ROLES):
                connection.execute(f"drop role {role}".encode())
        yield server
    shutil.rmtree((home / "postgres").resolve())
    shutil.rmtree(home)


def prepare(server: Server, passwords: Mapping[str, str], way_in: str | None = None) -> None:
    """Runs deploy/roles.sql on a server, with these passwords of the roles; as superuser, or by another way in."""
    told = [f"{role.removeprefix('podboard_')}_password={password}" for role, password in passwords.items()]
    done = subprocess.run(
        [server.binaries.path("psql"), "-X", "-d", way_in or server.dsn(SUPERUSER, "postgres"),
         *(part for each in told for part in ("-v", each)), "-f", _SCRIPT],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wasm() -> Iterator[TimescaleServer]:
    """A migrated database on TimescaleDB."""
    with timescale_server() as server:
        server.migrate()
        yield server


@pytest.fixture(scope="module")
def timescale(wasm: TimescaleServer, settings: Settings) -> Side:
    return timescale_side(wasm, settings)


class Stage:
    """One transaction on the world's database in which rows are put and people act."""

    def __init__(self, connection: psycopg.Connection[Any], world: World) -> None:
        self.connection, self.world = connection, world

    def put(self, table: str, tenant: UUID | None = None, **values: Any) -> UUID:
        """The id of a row written round row security, into tenant A unless told otherwise."""
        tenant = tenant or self.world.a.tenant_id
        self._superuser(tenant)
        return self._insert(table, {"id": uuid4(), "tenant_id": tenant, **values})

    def put_bare(self, table: str, **values: Any) -> None:
        """Writes a row of a table without an id of its own, or without a tenant."""
        self._superuser(self.world.a.tenant_id)
        self._insert(table, values)

    def enter(self, who: Actor | None, role: str = "podboard_web") -> None:
        """What follows is done by this person; by nobody with None."""
        self.connection.execute("reset role")
        self.connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        if who is None:
            self.connection.execute("select set_account_context(null, null)")
        else:
            self.connection.execute("select enter_session(%s, %s)", [who.tenant_id, who.user_id])

    def enter_tenant(self, tenant: UUID) -> None:
        """What follows is done by the tenant itself, as the worker does it."""
        self.enter(None, "podboard_worker")
        self.connection.execute("select set_account_context(%s, null)", [tenant])

    def see(self, who: Actor | None, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What this person gets as an answer."""
        self.enter(who)
        return self.rows(statement, *values)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What whoever acts now gets as an answer."""
        return self.connection.execute(statement.encode(), values).fetchall()

    def insert(self, table: str, **values: Any) -> None:
        """Whoever acts now writes a row of tenant A."""
        self._insert(table, {"tenant_id": self.world.a.tenant_id, **values})

    def change(self, statement: str, *values: Any) -> int:
        """How many rows whoever acts now has changed."""
        return self.connection.execute(statement.encode(), values).rowcount

    def refused(self, error: type[psycopg.Error], table: str, **values: Any) -> str:
        """Why whoever acts now may not write this row; the transaction goes on as before."""
        with pytest.raises(error) as caught, self.connection.transaction():
            self.insert(table, **values)
        return str(caught.value)

    def refused_change(self, error: type[psycopg.Error], statement: str, *values: Any) -> str:
        """Why whoever acts now may not do this."""
        with pytest.raises(error) as caught, self.connection.transaction():
            self.change(statement, *values)
        return str(caught.value)

    def _superuser(self, tenant: UUID) -> None:
        """Triggers act as the owner, to whom row security applies: they need the tenant."""
        self.connection.execute("reset role")
        self.connection.execute("select set_account_context(%s, null)", [tenant])

    def _insert(self, table: str, values: dict[str, Any]) -> UUID:
        given = {name: Jsonb(v) if isinstance(v, dict) else v for name, v in values.items()}
        self.connection.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, given)),
                sql.SQL(", ").join(map(sql.Placeholder, given)),
            ),
            given,
        )
        found = values.get("id")
        return found if isinstance(found, UUID) else UUID(int=0)


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    """A stage whose rows are gone afterwards."""
    with psycopg.connect(world.database.superuser_dsn, prepare_threshold=None) as connection:
        yield Stage(connection, world)
        connection.rollback()
