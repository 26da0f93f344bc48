"""The server process behind a data directory: whether it truly runs, where it listens, and how it is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from schema.binaries import ServerError


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def living_postmaster(data: Path) -> int | None:
    """The pid of the server of this data directory if it truly runs; a zombie or a re-used pid is None."""
    lines = _pid_file_lines(data)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    process = Path("/proc") / str(pid)
    if Path("/proc/self/stat").exists():
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
        except (FileNotFoundError, ProcessLookupError):
            return None
    else:
        shown = subprocess.run(
            ["/bin/ps", "-p", str(pid), "-o", "stat=,command="], capture_output=True, check=False
        ).stdout.strip()
        if not shown:
            return None
        state, command = shown.decode(errors="replace")[0], shown
    return pid if state not in "ZX" and os.fsencode(data) in command else None


def disown_stale_pid(data: Path) -> None:
    """Let PostgreSQL see through a left-over pid file whose pid is a zombie or another program's by now.

    TRICKY: PostgreSQL ignores a pid equal to its grandparent's (which pg_ctl tells it is us), and still checks that
    no orphaned backend holds the old shared memory. Deleting the file would skip that check.
    """
    lines = _pid_file_lines(data)
    if lines and living_postmaster(data) is None:
        lines[0] = str(os.getpid())
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n")


def end_orphans(data: Path) -> None:
    """End the backends that outlived a killed postmaster, as it would have done itself.

    An idle one ends by itself, but one in a long statement goes on and keeps the old shared memory in use.
    Where there is no /proc they cannot be told from other servers' backends, and are waited for.
    """
    if living_postmaster(data) is not None:
        return
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.joinpath("cwd").readlink() == data and process.stat().st_uid == data.stat().st_uid:
                os.kill(int(process.name), signal.SIGQUIT)


def socket_of_running(data: Path) -> Path:
    lines = _pid_file_lines(data)
    deadline = time.monotonic() + 10
    while len(lines) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
        lines = _pid_file_lines(data)
    if len(lines) < 5:
        raise ServerError(f"The PostgreSQL of {data} is running but says not where: stop it and try again.")
    return Path(lines[4])


def stop(data: Path) -> None:
    """Stop the server at once but cleanly: sessions end, all is written, no recovery is needed."""
    pid = living_postmaster(data)
    if pid is None:
        return
    for kind, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kind)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if living_postmaster(data) is None:
                return
            time.sleep(0.02)
    raise ServerError(f"PostgreSQL (process {pid}) does not stop.")
