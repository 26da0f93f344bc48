"""A real TimescaleDB for the tests, compiled to WebAssembly; and what it makes of the migrations, written down.

It takes one connection at a time, ignores the log-in user (a session is given its role afterwards) and runs no
background jobs.
`python -m tests.timescale.server` writes schema/structure.timescale.sql (`make structure`).
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from schema.migrate import FOLDER, migrate_with
from schema.structure import TIMESCALE_STRUCTURE, timescale_structure
from tests.children import child

HERE = Path(__file__).parent
Connection = psycopg.Connection[tuple[Any, ...]]


class TimescaleServer:
    """The running server. A connection is to be closed before the next one is opened."""

    def __init__(self, port: int) -> None:
        self._dsn = f"host=127.0.0.1 port={port} user=postgres password=any dbname=postgres sslmode=disable"

    def connect(self, role: str = "postgres", *, autocommit: bool = False) -> Connection:
        """A session of this role; the server is slow to see that the one before has gone."""
        deadline = time.monotonic() + 10
        while True:
            try:
                connection = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=None)
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        # The server has one session for all, which keeps what the one before set in it.
        connection.execute("set session authorization postgres")
        connection.execute("reset all")
        connection.execute("set search_path = public")
        # What a log-in would set: the settings of the role (schema/roles.sql).
        for name, value in connection.execute(
            "select split_part(s, '=', 1), substr(s, strpos(s, '=') + 1) from pg_db_role_setting d "
            "join pg_roles r on r.oid = d.setrole cross join unnest(d.setconfig) s where r.rolname = %s",
            [role],
        ).fetchall():
            connection.execute("select set_config(%s, %s, false)", [name, value])
        if role != "postgres":
            connection.execute(sql.SQL("set session authorization {}").format(sql.Identifier(role)))
        connection.autocommit = autocommit
        return connection

    def migrate(self, up_to: int = 9999) -> list[str]:
        """Everything that deploy/roles.sql and `podboard migrate` do, without the log-in of each role."""
        with self.connect(autocommit=True) as connection:
            # The build starts from a snapshot that remembers pg_database as it was before everybody might read it.
            connection.execute("vacuum full pg_class")
            connection.execute((FOLDER / "roles.sql").read_bytes())
            name = connection.info.dbname
            (name,) = connection.execute("select current_database()").fetchone() or (name,)
            connection.execute(
                sql.SQL("alter database {} owner to podboard_owner").format(sql.Identifier(name))
            )
            connection.execute((FOLDER / "database.sql").read_bytes())
            connection.execute((FOLDER / "timescale.sql").read_bytes())
        with (
            self.connect("podboard_owner", autocommit=True) as connection,
            tempfile.TemporaryDirectory() as folder,
        ):
            return migrate_with(
                connection, folder=_nothing_concurrent(Path(folder) / "schema", up_to), engine="timescale"
            )


def _nothing_concurrent(folder: Path, up_to: int) -> Path:
    """A copy of the migrations without "concurrently": the build trips over it, and has nobody to go on beside it."""
    shutil.copytree(FOLDER / "before", folder / "before")
    for path in FOLDER.glob("**/[0-9][0-9][0-9][0-9]_*.sql"):
        if int(path.name[:4]) > up_to:
            continue
        copy = folder / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8").replace(" concurrently ", " "), encoding="utf-8")
    return folder


def _install(npm: str) -> None:
    """The packages, once: an install that was interrupted, or that another process has under way, is not whole."""
    whole = HERE / "node_modules" / ".whole"
    with (HERE / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(HERE / "node_modules", ignore_errors=True)
            subprocess.run(
                [npm, "install", "--no-package-lock", "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent"],
                cwd=HERE, check=True, timeout=300,
            )  # fmt: skip
            whole.touch()


@contextmanager
def timescale_server() -> Iterator[TimescaleServer]:
    """A new and empty TimescaleDB."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise RuntimeError("the TimescaleDB tests need Node.js and npm (make test installs them)")
    _install(npm)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [node, "server.mjs", str(port)]
    with child(command, asked=signal.SIGTERM, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "ready"
        yield TimescaleServer(port)


if __name__ == "__main__":
    with timescale_server() as server:
        server.migrate()
        with server.connect("podboard_owner") as opened:
            TIMESCALE_STRUCTURE.write_text(timescale_structure(opened), encoding="utf-8")
