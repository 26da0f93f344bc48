"""Where the embedded server keeps its files: the home, the cluster beside it, a socket whose path is short enough."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from schema.binaries import Identity, ServerError

SOCKET_NAME = ".s.PGSQL.5432"

_SHARED_STATE = Path("/var/lib/podboard")
# The kernel's limit for a socket's path is 107 bytes on Linux and 103 on macOS.
_SOCKET_PATH_LIMIT = 100


def make_home(home: Path) -> None:
    """Make the home, or say why it cannot be one."""
    # As root the server's user has to pass through it; what is secret in it has mode 0600.
    try:
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(f"PODBOARD_HOME={home} cannot be made: {error.strerror}.") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise ServerError(f"PODBOARD_HOME={home} cannot be written to.")


def place_cluster(home: Path, identity: Identity) -> None:
    """Make home/postgres, the server's own directory, or a link to it where its user cannot reach the home."""
    link = home / "postgres"
    if link.is_dir():
        return
    if link.is_symlink():
        raise ServerError(
            f"{link} points to {os.readlink(link)}, which is gone: restore it, or remove the link to begin anew."
        )
    if identity.switch and identity.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(home)]).returncode != 0:
        name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        cluster = _SHARED_STATE / name
        _SHARED_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    else:
        cluster = link
    cluster.mkdir(mode=0o700, exist_ok=True)
    identity.own(cluster)
    if cluster != link:
        link.symlink_to(cluster)


def socket_directory(home: Path, cluster: Path, identity: Identity) -> Path:
    """A private directory whose sockets have short enough paths; the same one at each start."""
    directory = cluster / "socket"
    if len(os.fsencode(directory / SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
        note = home / "socket_directory"
        noted = Path(note.read_text()) if note.exists() else None
        directory = (
            noted if noted and _is_private(noted, identity) else Path(tempfile.mkdtemp(prefix="podboard-"))
        )
        if len(os.fsencode(directory / SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
            directory.rmdir()
            directory = Path(tempfile.mkdtemp(prefix="podboard-", dir="/tmp"))
        note.write_text(str(directory))
    directory.mkdir(mode=0o700, exist_ok=True)
    identity.own(directory)
    return directory


def _is_private(directory: Path, identity: Identity) -> bool:
    """Whether the directory exists, is the server user's own and nobody else's."""
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == identity.uid and not found.st_mode & 0o077
