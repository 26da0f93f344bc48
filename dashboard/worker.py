"""The worker process: runs the table of jobs by the clock, each slot once among all workers, and makes reports."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from dashboard.jobs import JOBS, Job
from dashboard.logs import configure_logging
from queries import jobs as runs
from queries.errors import DatabaseUnavailable, PodboardError, TryAgain
from queries.settings import Settings, current_settings, use_settings
from schema import SetupError

log = logging.getLogger("podboard.worker")

# Seconds between attempts of a job whose way was barred; every command may run twice.
_PAUSES = (1.0, 3.0, 9.0)

BEAT_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class Outage:
    """The database is away: everybody waits the same, growing while, instead of each job knocking by itself."""

    clock: Callable[[], float] = time.monotonic
    until: float = 0.0
    pause: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def lasts(self) -> bool:
        """Whether to wait on."""
        return self.clock() < self.until

    def note(self) -> None:
        """The database did not answer: wait 1, 2, 4 ... 30 seconds before the next try."""
        with self.lock:
            if self.lasts:
                return
            self.pause = min(_LONGEST_PAUSE_SECONDS, max(1.0, self.pause * 2))
            self.until = self.clock() + self.pause
        log.warning("database unavailable", extra={"next_try_in_seconds": self.pause})

    def over(self) -> None:
        """The database answered."""
        with self.lock:
            if not self.pause:
                return
            self.pause = self.until = 0.0
        log.info("database is back")


class Worker:
    """One worker: its name among all workers, its jobs, and the runs it holds."""

    def __init__(self, jobs: tuple[Job, ...] = JOBS, name: str | None = None) -> None:
        self.name = name or f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
        self.started_at = datetime.now(UTC)
        self.outage = Outage()
        self._jobs = jobs
        self._held: dict[UUID, int] = {}
        self._held_lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # A report may take long; nothing else must wait for it, so each job has a thread to itself.
            executors={"default": ThreadPoolExecutor(len(jobs) + 1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begins: a sign of life, what was missed while no worker ran, then everything by the clock."""
        self._scheduler.add_job(
            self.beat, IntervalTrigger(seconds=BEAT_SECONDS), id="beat", next_run_time=datetime.now(UTC)
        )
        for job in self._jobs:
            now = datetime.now(UTC)
            self._scheduler.add_job(
                self.run,
                # Slots are taken in the database, so asking too often costs a look and asking at once catches up.
                IntervalTrigger(
                    seconds=int(job.asked_every.total_seconds()), start_date=job.next_slot(now) - job.every
                ),
                args=[job],
                id=job.name,
                next_run_time=now,
            )
        self._scheduler.start()
        log.info("worker started", extra={"worker": self.name, "jobs": len(self._jobs)})

    def stop(self) -> None:
        """Ends after the jobs that are running have finished."""
        self._scheduler.shutdown(wait=True)
        with suppress(PodboardError):
            runs.leave(self.name)
        log.info("worker stopped", extra={"worker": self.name})

    def beat(self) -> None:
        """Says that this worker lives, and keeps the runs it holds."""
        if self.outage.lasts:
            return
        try:
            runs.beat(self.name, self.started_at)
            with self._held_lock:
                held = dict(self._held)
            for run_id, lease_seconds in held.items():
                runs.extend_lease(run_id, lease_seconds=lease_seconds)
            self.outage.over()
        except DatabaseUnavailable:
            self.outage.note()

    def run(self, job: Job) -> None:
        """Runs the slot that is due, unless another worker has it. A failure is written down and stops nothing else."""
        if self.outage.lasts:
            return
        try:
            if job.slotted:
                self._run_slot(job)
            else:
                job.command()
            self.outage.over()
        except DatabaseUnavailable:
            self.outage.note()
        except Exception as error:
            log.error(
                "job failed", extra={"job": job.name}, exc_info=(type(error), error, error.__traceback__)
            )

    def _run_slot(self, job: Job) -> None:
        run_id = runs.claim_slot(
            job.name, job.slot(datetime.now(UTC)), self.name, lease_seconds=job.lease_seconds
        )
        if run_id is None:
            return
        with self._held_lock:
            self._held[run_id] = job.lease_seconds
        began = time.monotonic()
        try:
            result = _as_result(_in_turn(job))
        except DatabaseUnavailable:
            # Nothing can be written now: the lease runs out and the slot is taken again.
            raise
        except Exception as error:
            log.error(
                "job failed", extra={"job": job.name}, exc_info=(type(error), error, error.__traceback__)
            )
            runs.finish_run(run_id, "failed", result={}, error_message=safe_message(error))
        else:
            runs.finish_run(run_id, "succeeded", result=result)
            if result.get("rows"):
                log.info(
                    "job",
                    extra={
                        "job": job.name,
                        "rows": result["rows"],
                        "seconds": round(time.monotonic() - began, 3),
                    },
                )
        finally:
            with self._held_lock:
                self._held.pop(run_id, None)


def _in_turn(job: Job) -> int | Mapping[str, Any] | None:
    """What the job's command answers; asked again when another job's locks were in its way."""
    for pause in _PAUSES:
        try:
            return job.command()
        except TryAgain:
            time.sleep(pause)
    return job.command()


def _as_result(value: int | Mapping[str, Any] | None) -> dict[str, Any]:
    if value is None:
        return {}
    return {"rows": value} if isinstance(value, int) else dict(value)


def safe_message(error: Exception) -> str:
    """What may be written down about a failure: its kind, and a text only where it is one of ours, made for people."""
    if isinstance(error, PodboardError):
        return f"{type(error).__name__}: {error}"[:500]
    # A database's message carries values of the rows it is about; its code says enough.
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{type(error).__name__} {state or ''}".strip()


def settings_of_worker(settings: Settings) -> Settings:
    """The same settings with every session on the worker's own role."""
    return replace(settings, database_url=settings.worker_dsn)


def _told_to_end() -> socket.socket:
    """A socket with something to read once SIGTERM or SIGINT has come.

    Neither an event nor a queue: a signal that comes in the instant before the main thread waits on a lock sets a mark
    that Python looks at after the wait. What is written to a socket stays there.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return reader


def main() -> int:
    """Runs until SIGTERM or SIGINT; the exit code."""
    settings = current_settings()
    configure_logging(settings.log_level)
    # Its own lines about jobs that are still running say nothing that our table of runs does not.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    try:
        use_settings(settings_of_worker(settings))
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    told_to_end = _told_to_end()
    worker = Worker()
    worker.start()
    told_to_end.recv(1)
    worker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
