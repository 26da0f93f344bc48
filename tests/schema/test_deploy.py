"""deploy/roles.sql: prepares a bare server as its README says, twice without harm."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from queries.settings import Settings
from schema.check import inspect
from schema.migrate import migrate
from schema.server import SUPERUSER, Server, start

SCRIPT = Path(__file__).parents[2] / "deploy" / "roles.sql"


@pytest.fixture
def bare_server() -> Iterator[Server]:
    """A server without anything of podboard on it."""
    home = Path(tempfile.mkdtemp(prefix="podboard-bare-"))
    home.chmod(0o711)
    with start(home, Settings.from_env().pg_bin) as server:
        with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute("drop database podboard")
            for role in ("podboard_worker", "podboard_web", "podboard_owner"):
                connection.execute(f"drop role {role}".encode())
        yield server
    shutil.rmtree((home / "postgres").resolve())
    shutil.rmtree(home)


def test_script_prepares_a_bare_server(bare_server: Server) -> None:
    def way_in(role: str, dbname: str) -> str:
        where = psycopg.conninfo.conninfo_to_dict(bare_server.dsn(SUPERUSER, dbname))
        return psycopg.conninfo.make_conninfo("", **{**where, "user": role, "password": f"{role}'s own"})

    psql = bare_server.binaries.path("psql")
    for _ in range(2):
        done = subprocess.run(
            [psql, "-X", "-d", bare_server.dsn(SUPERUSER, "postgres"), "-v", "owner_password=podboard_owner's own",
             "-v", "web_password=podboard_web's own", "-v", "worker_password=podboard_worker's own", "-f", SCRIPT],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    owner = way_in("podboard_owner", "podboard")
    assert migrate(owner)[0] == "0001_foundation"
    findings = inspect(
        way_in("podboard_web", "podboard"), worker_dsn=way_in("podboard_worker", "podboard"), owner_dsn=owner
    )
    assert [finding for finding in findings if finding.state == "fault"] == []
    with psycopg.connect(bare_server.dsn(SUPERUSER)) as connection:
        rights = connection.execute(
            "select has_database_privilege('podboard_web', 'podboard', 'temp'),"
            " has_schema_privilege('podboard_web', 'public', 'create'),"
            " has_schema_privilege('podboard_web', 'public', 'usage')"
        ).fetchone()
    assert rights == (False, False, True)
