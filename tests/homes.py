"""The home of a test run: a directory below the temporary one with its servers, gone with the run.

A run that is killed leaves its home behind, gigabytes of it; the next run takes those away. A disk that fills up while
the tests run takes their server along, and hundreds of tests fail for a reason that none of them names: so a run that
has not the room says so and does not begin.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

# What `make test` takes at its most, with three processes, and something for the rest of the machine.
ROOM_BYTES = 8 * 10**9
_PREFIX = "podboard-test-"
_HELD = "held.lock"
# A run that begins meanwhile may take a home for abandoned before it is held.
_TRIES = 10
# The run's own server, and those of the products that it starts.
_SERVERS = ("postgres/data/postmaster.pid", "*/postgres/data/postmaster.pid")
# Locks of homes that this process made; they last until it ends, however it does.
_holding: list[int] = []


def new_home(room_bytes: int = 0) -> Path:
    """A home for a run, reachable for the unprivileged user of the server, after those of killed runs are removed.

    Raises: OSError, in words for people, if the disk has less room than that.
    """
    within = Path(tempfile.gettempdir())
    remove_abandoned(within)
    free = shutil.disk_usage(within).free
    if free < room_bytes:
        raise OSError(
            f"The tests need {room_bytes / 1e9:.0f} GB of disk below {within}, and {free / 1e9:.1f} GB are free."
            " Make room, or set TMPDIR to a directory with a short path where there is some."
        )
    for _ in range(_TRIES):
        home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=within))
        try:
            _holding.append(_lock(home))
        except (BlockingIOError, FileNotFoundError):
            continue
        if os.geteuid() == 0:
            home.chmod(0o711)
        return home
    raise OSError(f"Each home that was made below {within} was taken away before it could be held.")


def remove_abandoned(within: Path) -> list[Path]:
    """Removes the homes of this user's runs that ended without removing them, and tells which."""
    removed = []
    for home in within.glob(f"{_PREFIX}*"):
        try:
            found = home.lstat()
            if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
                continue
            # One without the lock is being made, or is of before there were locks.
            lock = _lock(home, os.O_RDWR)
        except OSError:
            # Held, without a lock, or gone meanwhile.
            continue
        try:
            if not any(_runs(noted) for where in _SERVERS for noted in home.glob(where)):
                shutil.rmtree(home, ignore_errors=True)
                removed.append(home)
        finally:
            os.close(lock)
    return removed


def _lock(home: Path, how: int = os.O_RDWR | os.O_CREAT) -> int:
    """Raises: OSError if another process holds the home, or there is nothing to hold."""
    lock = os.open(home / _HELD, how | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between the two another run may have held and removed the home.
        if not os.path.samestat(os.fstat(lock), os.stat(home / _HELD)):
            raise FileNotFoundError(f"{home} is another one by now.")
    except OSError:
        os.close(lock)
        raise
    return lock


def _runs(noted: Path) -> bool:
    """Whether the server that wrote the file is still there."""
    try:
        os.kill(int(noted.read_text().split()[0]), 0)
    except (ProcessLookupError, FileNotFoundError, ValueError, IndexError):
        return False
    except PermissionError:
        pass
    return True
