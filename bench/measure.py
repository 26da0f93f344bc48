"""Clocks: wall time, processor time of this process and of the database's processes, medians of rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from schema.server import SUPERUSER, Server


def backends(server: Server, application: str = "podboard") -> list[int]:
    """The process ids of the database's backends that serve this application."""
    with psycopg.connect(server.dsn(SUPERUSER, "postgres")) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where application_name = %s and backend_type = 'client backend'",
            [application],
        ).fetchall()
    return [pid for (pid,) in rows]


def processor_ms(pids: Iterable[int]) -> float:
    """Processor time these processes have used so far, with all their threads."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 1e6


def memory_mb(pids: Iterable[int]) -> float:
    """Memory of these processes, shared pages divided among those who share them."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


@dataclass(frozen=True, slots=True)
class Took:
    """One run: wall time, and processor time of this process and of the backends."""

    wall_ms: float
    own_ms: float
    backend_ms: float


def timed(action: Callable[[], Any], pids: Iterable[int] = ()) -> Took:
    """Runs it once."""
    before = processor_ms(pids)
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    took, own = time.perf_counter() - wall, time.process_time() - cpu
    return Took(took * 1000, own * 1000, processor_ms(pids) - before)


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)
