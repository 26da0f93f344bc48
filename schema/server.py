"""The embedded PostgreSQL of the zero-set-up run: found, initialised, started, shared and stopped.

One server serves every process that names the same home. Each holder keeps a shared lock; the last one out stops
the server, and the kernel frees the lock of a holder that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol
from urllib.parse import quote

import psycopg
from psycopg import sql

from schema.binaries import Binaries, Identity, ServerError, binaries_for, runnable, server_identity
from schema.home import SOCKET_NAME, make_home, place_cluster, socket_directory
from schema.postmaster import disown_stale_pid, end_orphans, living_postmaster, socket_of_running, stop

SUPERUSER = "postgres"
ROLES = ("podboard_owner", "podboard_web", "podboard_worker")
DATABASE = "podboard"

_SCHEMA = Path(__file__).parent
_LOG_LIMIT_BYTES = 10_000_000
_LAUNCH_PATIENCE_SECONDS = 5
_ORPHAN_PATIENCE_SECONDS = 30

# Every start writes this file anew; a setting of one's own goes into the server with ALTER SYSTEM, which wins.
_CONFIGURATION = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # What `podboard check` demands at the most: a lock for each partition or chunk and each of its indexes.
    "max_locks_per_transaction": "1024",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "password_encryption": "scram-sha-256",
}


class Reachable(Protocol):
    """A server that tells how a role reaches one of its databases."""

    def dsn(self, role: str, dbname: str, /) -> str: ...


class Server:
    """A running embedded PostgreSQL, held until `close()`; leave it open and it runs on for the others."""

    def __init__(self, home: Path, binaries: Path | None = None) -> None:
        self.home = home
        self._configured = binaries
        self._passwords: dict[str, str] = {}
        self._socket_dir = Path()
        self._binaries: Binaries | None = None
        self._use_lock: int | None = None

    def dsn(self, role: str = "podboard_web", dbname: str = DATABASE) -> str:
        """The libpq URL by which `role` reaches `dbname`; it stays the same over restarts."""
        return f"postgresql://{role}:{self._passwords[role]}@/{dbname}?host={quote(str(self._socket_dir), safe='')}"

    @property
    def binaries(self) -> Binaries:
        """The PostgreSQL programs that belong to this server."""
        if self._binaries is None:
            raise ServerError("The embedded PostgreSQL has not been started.")
        return self._binaries

    @property
    def log_path(self) -> Path:
        """Where the server writes its log."""
        return self._cluster / "postgres.log"

    @property
    def postmaster_pid(self) -> int | None:
        """The process id of the running server, or None while it is down."""
        return living_postmaster(self._data)

    def is_answering(self) -> bool:
        """Whether a log-in succeeds now."""
        try:
            psycopg.connect(self.dsn(SUPERUSER, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def open(self) -> None:
        """Take part in the server of this home, starting it first where needed."""
        make_home(self.home)
        try:
            with _exclusive(self.home / "start.lock"):
                self._use_lock = os.open(self.home / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._use_lock, fcntl.LOCK_SH)
                self._ensure_running()
        except BaseException:
            self.close()
            raise

    def revive(self) -> None:
        """Start the server again if it has died; do nothing while it answers."""
        with _exclusive(self.home / "start.lock"):
            if not self.is_answering():
                self._ensure_running()

    def close(self) -> None:
        """Let go of the server; the last holder stops it."""
        if self._use_lock is None:
            return
        with _exclusive(self.home / "start.lock"):
            try:
                fcntl.flock(self._use_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it
            else:
                stop(self._data)
            finally:
                os.close(self._use_lock)
                self._use_lock = None

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _cluster(self) -> Path:
        return (self.home / "postgres").resolve()

    @property
    def _data(self) -> Path:
        return self._cluster / "data"

    def _ensure_running(self) -> None:
        identity = server_identity(self.home)
        found = binaries_for(self._data, self._configured)
        place_cluster(self.home, identity)
        self._passwords = _load_passwords(self.home)
        self._binaries = runnable(found, identity, self._cluster / "binaries")
        if not (self._data / "PG_VERSION").exists():
            self._initialise(identity)
        if living_postmaster(self._data) is None:
            self._launch(identity)
        else:
            self._socket_dir = socket_of_running(self._data)
        self._await_answer(identity)
        self._bootstrap()

    def _initialise(self, identity: Identity) -> None:
        """Make the data directory under another name first, so that an interrupted run leaves nothing half made."""
        unfinished = self._cluster / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self._cluster / "initdb.password"
        password_file.unlink(missing_ok=True)
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(self._passwords[SUPERUSER])
        identity.own(password_file)
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= 17:
            locale.insert(0, "--locale-provider=builtin")
        try:
            done = identity.run(
                [
                    self.binaries.path("initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-E", "UTF8",
                    "-A", "scram-sha-256", f"--pwfile={password_file}", "--data-checksums", "--no-sync", *locale,
                ]
            )  # fmt: skip
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise ServerError(
                f"initdb could not make a database in {self._cluster}: {_last_line(done.stderr)}"
            )
        unfinished.rename(self._data)

    def _launch(self, identity: Identity) -> None:
        self._socket_dir = socket_directory(self.home, self._cluster, identity)
        _write_configuration(
            self._data, {**_CONFIGURATION, "unix_socket_directories": str(self._socket_dir)}, identity
        )
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        end_orphans(self._data)
        disown_stale_pid(self._data)
        (self._socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        started = identity.run(
            [
                self.binaries.path("pg_ctl"),
                "start",
                "-W",
                "-s",
                "-D",
                str(self._data),
                "-l",
                str(self.log_path),
            ]
        )
        if started.returncode != 0:
            raise ServerError(f"PostgreSQL could not be started: {_last_line(started.stderr)}")

    def _await_answer(self, identity: Identity) -> None:
        """Wait as long as the postmaster lives: crash recovery takes the time it takes."""
        began = last_seen = time.monotonic()
        while not self.is_answering():
            now = time.monotonic()
            if living_postmaster(self._data) is not None:
                last_seen = now
            elif now - last_seen > 1:
                reason = _reason(self.log_path)
                # Backends that were ended take a moment to let go of the killed postmaster's shared memory.
                if "shared memory" in reason and now - began < _ORPHAN_PATIENCE_SECONDS:
                    self._launch(identity)
                    last_seen = time.monotonic()
                elif now - last_seen > _LAUNCH_PATIENCE_SECONDS:
                    raise ServerError(f"PostgreSQL stopped while starting: {reason}")
            time.sleep(0.05)

    def _bootstrap(self) -> None:
        """Make roles, database, rights and extensions; a run that was interrupted is completed."""
        with psycopg.connect(self.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            found = {name for (name,) in connection.execute("select rolname::text from pg_roles")}
            has_database = connection.execute(
                "select 1 from pg_database where datname = %s", [DATABASE]
            ).fetchone()
            if has_database and found.issuperset(ROLES):
                return
            connection.execute((_SCHEMA / "roles.sql").read_bytes())
            for role in ROLES:
                connection.execute(
                    sql.SQL("alter role {} password {}").format(
                        sql.Identifier(role), sql.Literal(self._passwords[role])
                    )
                )
        create_database(self, DATABASE)


def start(home: Path, binaries: Path | None = None) -> Server:
    """The embedded server of `home`, answering; started, or shared with whoever started it.

    `binaries` names a bin directory to use instead of the ones that are found.
    """
    server = Server(Path(home).expanduser().absolute(), binaries)
    server.open()
    return server


def create_database(server: Reachable, name: str, template: str | None = None) -> None:
    """Make database `name`, owned by podboard_owner; with `template` as its copy.

    A copy does not inherit the rights on the database itself, so they are granted here in both cases.
    """
    statement = sql.SQL("create database {} owner podboard_owner template {}").format(
        sql.Identifier(name), sql.Identifier(template or "template1")
    )
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(statement)
    with psycopg.connect(server.dsn(SUPERUSER, name), autocommit=True) as connection:
        connection.execute((_SCHEMA / "database.sql").read_bytes())


def drop_database(server: Reachable, name: str) -> None:
    """Remove database `name` with all that is in it, ending its sessions."""
    statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _write_configuration(data: Path, settings: Mapping[str, str], identity: Identity) -> None:
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    path = data / "postgresql.conf"
    path.write_text(
        "# Written by podboard at each start; use ALTER SYSTEM for settings of your own.\n" + "".join(lines)
    )
    identity.own(path)


def _load_passwords(home: Path) -> dict[str, str]:
    """The generated passwords of all roles, made at the first call; only the owner of the home can read them."""
    path = home / "passwords.json"
    if path.exists():
        loaded: dict[str, str] = json.loads(path.read_text())
        return loaded
    made = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(made, handle)
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.rename(path)
    return made


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Only one process at a time in the block; the kernel lets go when a holder dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _reason(log_path: Path) -> str:
    """The last complaint in the server's log."""
    try:
        lines = log_path.read_text(errors="replace").splitlines()[-40:]
    except FileNotFoundError:
        return f"nothing was written to {log_path}."
    complaints = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR)\b", line)]
    return f"{(complaints or lines or ['no message'])[-1]} (see {log_path})"


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
