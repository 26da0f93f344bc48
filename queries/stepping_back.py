"""Work that nobody waits for steps back: it gets a processor of this machine after what somebody waits for."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

# Weighs a third: what somebody waits for comes first, and on a machine that never rests this still gets on.
_STEPS = 5
_LAST = 19
_CREDENTIALS = struct.Struct("3i")


def step_back(pid: int) -> None:
    """Lowers the priority of a process, where the system lets us."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, min(_LAST, os.getpriority(os.PRIO_PROCESS, pid) + _STEPS))
        # Where Linux shares processors out among sessions first, a process competes by the weight of its session. One
        # that it shares with others, say a terminal's, is not ours to change.
        if os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(_STEPS), encoding="ascii")


def step_back_in_database(driver: psycopg.Connection[Any]) -> None:
    """The same for the server process of this connection, where it is one of this machine."""
    pid = driver.info.backend_pid
    with suppress(OSError):
        if _parent(pid) == _listener(driver):
            step_back(pid)


def _listener(driver: psycopg.Connection[Any]) -> int | None:
    """The process that listens at the other end of a Unix socket, seen from here; None for any other connection.

    A number of a process alone says nothing: it may be another machine's, or another container's.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    with socket.socket(fileno=os.dup(driver.fileno())) as there:
        if there.family != socket.AF_UNIX:
            return None
        told = there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid: int = _CREDENTIALS.unpack(told)[0]
    return pid or None


def _parent(pid: int) -> int:
    # The name before it, in brackets, may hold anything.
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    return int(after_name.split()[1])
