"""The test database: one server for the whole run, one database for each process, made from a migrated template.

By default the server is the embedded one in a directory of its own. To test on another server (one with TimescaleDB,
say) set PODBOARD_TEST_DATABASE_URL, PODBOARD_TEST_DATABASE_WORKER_URL, PODBOARD_TEST_DATABASE_OWNER_URL and, as a
superuser, PODBOARD_TEST_DATABASE_ADMIN_URL.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
from psycopg import sql

from queries.engine import dispose_engines
from queries.settings import Settings, use_settings
from schema.migrate import migrate
from schema.server import SUPERUSER, Reachable, Server, create_database, drop_database, start
from tests.canary_world import CanaryWorld, plant_world
from tests.homes import ROOM_BYTES, new_home
from tests.oracles import Agreement
from tests.product import stop_shared
from tests.world import World, build_world

TEMPLATE = "podboard_template"
_OWN_SERVER = {
    "podboard_web": "PODBOARD_TEST_DATABASE_URL",
    "podboard_worker": "PODBOARD_TEST_DATABASE_WORKER_URL",
    "podboard_owner": "PODBOARD_TEST_DATABASE_OWNER_URL",
    SUPERUSER: "PODBOARD_TEST_DATABASE_ADMIN_URL",
}
# Nothing of the developer's own set-up may reach a test, least of all a database.
_FOREIGN = (
    "DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL", "SECRET_KEY", "PORT",
    "PODBOARD_DEMO", "PODBOARD_HOST", "PODBOARD_URL", "PODBOARD_DATA_CENTRES", "PODBOARD_COUNTRIES",
    "PODBOARD_AS_NUMBERS",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make rights` writes rights.toml and guards.toml of tests/schema anew, `make shown` dashboard/shown.toml; which
    mutants a run tries.
    """
    parser.addoption(
        "--write-rights", action="store_true", help="write tests/schema/rights.toml and guards.toml anew"
    )
    parser.addoption("--write-shown", action="store_true", help="write dashboard/shown.toml anew")
    parser.addoption(
        "--mutants", type=int, default=datetime.now(UTC).date().toordinal(),
        help="which share of the mutants of tests/schema/test_mutants.py is tried (a number; without it, the day's)",
    )  # fmt: skip


def pytest_report_header(config: pytest.Config) -> str:
    """What a run chose by the day, so that it can be run again."""
    return f"mutants: --mutants {config.getoption('--mutants')}"


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home that its processes share, reachable for the unprivileged user of the server."""
    # How long an example takes says more of the machine than of the code.
    hypothesis.settings.register_profile("podboard", deadline=None)
    hypothesis.settings.load_profile("podboard")
    for name in _FOREIGN:
        os.environ.pop(name, None)
    if not hasattr(config, "workerinput"):
        # `make` names what it runs by marks: that is the whole; a few files or a list of tests need little.
        whole = config.option.markexpr and not config.option.collectonly
        try:
            home = new_home(ROOM_BYTES if whole else 0)
        except OSError as error:
            raise pytest.UsageError(str(error)) from None
        os.environ["PODBOARD_HOME"] = str(home)


# A process that begins one of these last would let the others wait for it.
_LONG = (
    "test_demo.py", "test_versions.py", "test_server.py", "test_mutants.py", "test_timescale.py", "test_documents.py",
    "test_render.py", "test_isolation_machine.py", "test_restore.py", "test_rights.py",
)  # fmt: skip
# Who asks for none of these touches no PostgreSQL, or one of a whole product or of Node.js that it brings along.
_SERVERS = {"server", "own_home", "bare_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first, and first of all a single file that needs the product: it starts while other processes test."""
    first = {"test_journeys.py": 0, "test_screenshots.py": 2, "test_views.py": 2} | dict.fromkeys(_LONG, 3)
    # What is left of the dashboard's tests stands between.
    items.sort(key=lambda item: first.get(item.path.name, 1 if item.path.parent.name == "dashboard" else 4))
    for item in items:
        if isinstance(item, pytest.Function) and _SERVERS.isdisjoint(item.fixturenames):
            item.add_marker("once")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home once every process has let go of it."""
    if not hasattr(config, "workerinput"):
        home = Path(os.environ["PODBOARD_HOME"])
        stop_shared(home)
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True)
class Database:
    """A database of the test server and the ways into it."""

    name: str
    server: Reachable

    @property
    def web_dsn(self) -> str:
        return self.server.dsn("podboard_web", self.name)

    @property
    def worker_dsn(self) -> str:
        return self.server.dsn("podboard_worker", self.name)

    @property
    def owner_dsn(self) -> str:
        return self.server.dsn("podboard_owner", self.name)

    @property
    def superuser_dsn(self) -> str:
        return self.server.dsn(SUPERUSER, self.name)


class _OwnServer:
    """A server that the environment names."""

    def dsn(self, role: str, dbname: str) -> str:
        parts = urlsplit(os.environ[_OWN_SERVER[role]])
        return urlunsplit(parts._replace(path=f"/{dbname}"))


def _make_forgetful(server: Server) -> None:
    """The run's own server is thrown away: no write waits for the disk, nothing is tidied up; one that is killed is its
    test's own."""
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        connection.execute("select pg_reload_conf()")


def program(server: Reachable, name: str) -> str | None:
    """A program of the server's own version: where it was started from, or in PODBOARD_PG_BIN for one that is named."""
    if isinstance(server, Server):
        return server.binaries.path(name)
    folder = os.environ.get("PODBOARD_PG_BIN")
    return str(Path(folder) / name) if folder else None


@pytest.fixture(scope="session")
def home() -> Path:
    """PODBOARD_HOME of this test run."""
    return Path(os.environ["PODBOARD_HOME"])


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Reachable]:
    """The one server of this test run, with a migrated template database."""
    with ExitStack() as stack:
        found: Reachable
        if all(name in os.environ for name in _OWN_SERVER.values()):
            found = _OwnServer()
        else:
            configured = os.environ.get("PODBOARD_PG_BIN")
            found = stack.enter_context(start(home, Path(configured) if configured else None))
        with one_at_a_time(home):
            ready = home / "template.ready"
            if not ready.exists():
                if isinstance(found, Server):
                    _make_forgetful(found)
                drop_database(found, TEMPLATE)
                create_database(found, TEMPLATE)
                migrate(found.dsn("podboard_owner", TEMPLATE))
                ready.touch()
        yield found


@pytest.fixture(scope="session")
def make_database(server: Reachable, home: Path) -> Callable[[str], Database]:
    """Makes a database of the given name in a fraction of a second: migrated and empty, or a copy of another one."""

    def make(name: str, template: str = TEMPLATE) -> Database:
        name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        with one_at_a_time(home):
            drop_database(server, name)
            create_database(server, name, template)
        return Database(name, server)

    return make


@pytest.fixture(scope="session")
def database(server: Reachable, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """The database that the tests of this process share; what they write they roll back."""
    made = make_database("podboard_test")
    yield made
    drop_database(server, made.name)


@pytest.fixture
def fresh_database(server: Reachable, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """A migrated, empty database for one test that commits."""
    made = make_database("podboard_fresh")
    yield made
    drop_database(server, made.name)


@pytest.fixture(scope="session")
def web_dsn(database: Database) -> str:
    """The way in of the runtime role, under row-level security."""
    return database.web_dsn


@pytest.fixture(scope="session")
def worker_dsn(database: Database) -> str:
    """The way in of the worker's role."""
    return database.worker_dsn


@pytest.fixture(scope="session")
def owner_dsn(database: Database) -> str:
    """The way in of the owner, for what migrations do."""
    return database.owner_dsn


@pytest.fixture(scope="session")
def superuser_dsn(database: Database) -> str:
    """A way round row-level security, to see what truly is in the tables."""
    return database.superuser_dsn


@pytest.fixture(scope="session")
def settings(database: Database, home: Path) -> Settings:
    """The settings under which queries run on the test database."""
    made = Settings(
        database_url=database.web_dsn,
        database_worker_url=database.worker_dsn,
        database_owner_url=database.owner_dsn,
        home=home,
        demo=True,
        secret_key="tests-only-" + "0123456789abcdef" * 2,
    )
    use_settings(made)
    return made


@pytest.fixture
def connection(web_dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A transaction of the runtime role, rolled back afterwards."""
    with psycopg.connect(web_dsn, prepare_threshold=None) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def owner_connection(owner_dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A transaction of the owner, rolled back afterwards."""
    with psycopg.connect(owner_dsn, prepare_threshold=None) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def agree(request: pytest.FixtureRequest) -> Iterator[Agreement]:
    """Compares metrics with a second calculation: exactly those that the test's mark `oracle` names, everywhere."""
    agreement = Agreement()
    yield agreement
    assert agreement.metrics == {key for mark in request.node.iter_markers("oracle") for key in mark.args}
    assert agreement.never_told() == {}


@pytest.fixture(scope="session")
def make_world(
    make_database: Callable[..., Database], settings: Settings, home: Path
) -> Callable[[str], World]:
    """Makes a world of its own in a database of that name: the first of a run is built, all others are copies."""

    def make(name: str) -> World:
        with one_at_a_time(home, "world"):
            kept = home / "world.kept"
            if not kept.exists():
                template = make_database("podboard_world_template")
                built = build_world(template, settings)
                # What has sessions cannot be copied.
                dispose_engines()
                kept.write_bytes(pickle.dumps((template.name, built)))
            template_name, world = pickle.loads(kept.read_bytes())  # noqa: S301 - this run wrote it
            return world.on(make_database(name, template_name), settings)

    return make


@pytest.fixture(scope="session")
def built_world(make_world: Callable[[str], World]) -> World:
    """The world of `tests.world`, written and refreshed once; it stays as it is."""
    return make_world("podboard_world")


@pytest.fixture
def world(built_world: World) -> Iterator[World]:
    """The world, with the queries pointed at its database. Tests read it, or roll back what they write."""
    with built_world.entered():
        yield built_world


@pytest.fixture(scope="session")
def canary_world(make_world: Callable[[str], World]) -> CanaryWorld:
    """A world of its own with canaries in every table (`tests.canary_world`); tests roll back what they write."""
    return plant_world(make_world("podboard_canaries"))


@contextmanager
def one_at_a_time(home: Path, of: str = "tests") -> Iterator[None]:
    """Holds a lock that the processes of this run share."""
    with (home / f"{of}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
