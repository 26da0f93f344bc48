"""The worker: what is due when, one run per slot among many, failures that stop nothing, life without a database."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from dashboard import jobs as table
from dashboard.commands import refresh
from dashboard.commands import worker as worker_command
from dashboard.jobs import JOBS, Job
from dashboard.worker import Outage, Worker, safe_message
from queries.engine import dispose_engines
from queries.errors import DatabaseUnavailable, NotFound
from queries.settings import Settings, SettingsError, use_settings
from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def _own_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    made = make_database("podboard_worker")
    use_settings(replace(settings, database_url=made.worker_dsn, database_worker_url=made.worker_dsn))
    yield made
    dispose_engines()
    use_settings(settings)


@pytest.fixture
def worker_database(_own_database: Database) -> Database:
    """A database without any run, reached as the worker reaches it."""
    with psycopg.connect(_own_database.worker_dsn) as connection:
        connection.execute("delete from job_runs")
        connection.execute("delete from worker_heartbeats")
    return _own_database


def _runs(database: Database) -> list[dict[str, object]]:
    with psycopg.connect(database.worker_dsn, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute("select * from job_runs order by started_at, job").fetchall()


def _eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("every", "offset", "now", "slot", "next_slot"),
    [
        (
            timedelta(seconds=30),
            timedelta(0),
            "2026-11-02T12:00:29.9",
            "2026-11-02T12:00:00",
            "2026-11-02T12:00:30",
        ),
        (
            timedelta(seconds=60),
            timedelta(seconds=20),
            "2026-11-02T12:00:19",
            "2026-11-02T11:59:20",
            "2026-11-02T12:00:20",
        ),
        (
            timedelta(hours=1),
            timedelta(minutes=5),
            "2026-11-02T12:05:00",
            "2026-11-02T12:05:00",
            "2026-11-02T13:05:00",
        ),
        (
            timedelta(days=1),
            timedelta(hours=3),
            "2026-11-02T02:59:59",
            "2026-11-01T03:00:00",
            "2026-11-02T03:00:00",
        ),
    ],
)
def test_slots_lie_on_a_grid_that_all_workers_share(
    every: timedelta, offset: timedelta, now: str, slot: str, next_slot: str
) -> None:
    job = Job("a_job", every, lambda: None, "", offset=offset)
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert job.slot(moment) == datetime.fromisoformat(slot).replace(tzinfo=UTC)
    assert job.next_slot(moment) == datetime.fromisoformat(next_slot).replace(tzinfo=UTC)


def test_the_table_of_jobs_is_sound() -> None:
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
    assert all(
        job.description and job.every >= timedelta(seconds=1) and job.offset < job.every for job in JOBS
    )
    # What a row is kept of happens at most every half minute, else the table of runs would be the largest of all.
    assert all(job.every >= timedelta(seconds=30) for job in JOBS if job.slotted)
    assert [job.name for job in JOBS if job.refreshes][:3] == ["rollups", "metrics_daily", "attribution"]
    assert table.job("reports").slotted is False


def test_many_workers_run_each_slot_once(worker_database: Database) -> None:
    done: list[datetime] = []
    job = Job("counted", timedelta(seconds=1), lambda: done.append(datetime.now(UTC)), "")
    workers = [Worker((job,), name=f"w{n}") for n in range(3)]
    for worker in workers:
        worker.start()
    time.sleep(4.5)
    for worker in workers:
        worker.stop()
    found = _runs(worker_database)
    assert 4 <= len(found) <= 6
    assert len(done) == len(found)
    assert len({row["scheduled_for"] for row in found}) == len(found)
    assert all(row["status"] == "succeeded" for row in found)


def test_a_failing_job_is_written_down_without_its_data_and_stops_nothing(
    worker_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    good: list[int] = []

    def bad() -> None:
        raise ValueError("listener 4711 at 10.0.0.1")

    worker = Worker(
        (
            Job("bad", timedelta(seconds=30), bad, ""),
            Job("good", timedelta(seconds=30), lambda: good.append(1), ""),
        ),
        "one",
    )
    with caplog.at_level(logging.ERROR):
        worker.start()
        _eventually(lambda: len(good) == 1 and len(_runs(worker_database)) == 2)
        worker.stop()
    found = {str(row["job"]): row for row in _runs(worker_database)}
    assert found["bad"]["status"] == "failed"
    assert found["bad"]["error_message"] == "ValueError"
    assert found["bad"]["finished_at"] is not None
    assert found["good"]["status"] == "succeeded"
    assert [record.getMessage() for record in caplog.records] == ["job failed"]


def test_what_may_be_written_about_a_failure() -> None:
    class Failure(Exception):
        orig = psycopg.errors.UniqueViolation("Key (email)=(a@b.example) already exists.")

    assert safe_message(ValueError("secret")) == "ValueError"
    assert safe_message(Failure("secret")) == "Failure 23505"
    assert (
        safe_message(NotFound("There is no such report for you."))
        == "NotFound: There is no such report for you."
    )


def test_what_was_missed_while_no_worker_ran_is_done_at_start_and_only_once(
    worker_database: Database,
) -> None:
    done: list[int] = []
    nightly = Job("nightly", timedelta(days=1), lambda: done.append(1), "")
    for name in ("first", "second"):
        worker = Worker((nightly,), name)
        worker.start()
        time.sleep(1)
        worker.stop()
    assert done == [1]
    assert [row["worker"] for row in _runs(worker_database)] == ["first"]


def test_a_slot_whose_worker_died_is_run_within_the_minute_not_at_the_next_slot(
    worker_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Job, "asked_every", property(lambda _: timedelta(seconds=1)))
    done: list[int] = []
    nightly = Job("nightly", timedelta(days=1), lambda: done.append(1), "")
    with psycopg.connect(worker_database.worker_dsn) as connection:
        connection.execute(
            "insert into job_runs (job, scheduled_for, worker, lease_until) values "
            "('nightly', %s, 'dead', now() + interval '2 seconds')",
            [nightly.slot(datetime.now(UTC))],
        )
    worker = Worker((nightly,), "heir")
    worker.start()
    time.sleep(1)
    assert done == []
    _eventually(lambda: done == [1])
    time.sleep(1.5)
    worker.stop()
    assert done == [1]
    assert [(row["worker"], row["status"]) for row in _runs(worker_database)] == [("heir", "succeeded")]


def test_a_long_run_keeps_its_lease_by_signs_of_life(
    worker_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.worker.BEAT_SECONDS", 1)
    worker = Worker((Job("long", timedelta(days=1), lambda: time.sleep(4), "", lease_seconds=2),), "one")
    worker.start()
    time.sleep(3)
    with psycopg.connect(worker_database.worker_dsn) as connection:
        alive = connection.execute(
            "select count(*) from job_runs where status = 'running' and lease_until > now()"
        ).fetchone()
    worker.stop()
    assert alive == (1,)
    assert [row["status"] for row in _runs(worker_database)] == ["succeeded"]


def test_stopping_lets_the_running_job_finish(worker_database: Database) -> None:
    done: list[int] = []

    def slow() -> None:
        time.sleep(1.5)
        done.append(1)

    worker = Worker((Job("slow", timedelta(days=1), slow, ""),), "one")
    worker.start()
    _eventually(lambda: bool(_runs(worker_database)))
    worker.stop()
    assert done == [1]
    assert [row["status"] for row in _runs(worker_database)] == ["succeeded"]
    with psycopg.connect(worker_database.worker_dsn) as connection:
        assert connection.execute("select count(*) from worker_heartbeats").fetchone() == (0,)


def test_an_outage_makes_everybody_wait_longer_and_longer_until_it_is_over() -> None:
    now = [100.0]
    outage = Outage(clock=lambda: now[0])
    pauses = []
    for _ in range(7):
        outage.note()
        outage.note()  # a second job that fails at the same time changes nothing
        pauses.append(outage.pause)
        assert outage.lasts
        now[0] += outage.pause
        assert not outage.lasts
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    outage.over()
    outage.note()
    assert outage.pause == 1


def test_no_job_knocks_during_an_outage(worker_database: Database) -> None:
    asked: list[int] = []

    def unreachable() -> None:
        asked.append(1)
        raise DatabaseUnavailable("The database cannot be reached.")

    job = Job("queue", timedelta(seconds=1), unreachable, "", slotted=False)
    worker = Worker((job,), "one")
    worker.run(job)
    worker.run(job)
    assert asked == [1]


def _start_process(database: Database, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_WORKER_URL": database.worker_dsn,
        "PODBOARD_PROCESS": "worker",
        "PODBOARD_DEMO": "1",
    }
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "dashboard.worker"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _beats(database: Database) -> int:
    with psycopg.connect(database.worker_dsn) as connection:
        row = connection.execute("select count(*) from worker_heartbeats").fetchone()
    assert row is not None
    return int(row[0])


def test_the_process_works_through_every_job_and_ends_on_sigterm(
    worker_database: Database, tmp_path: Path
) -> None:
    process = _start_process(worker_database, tmp_path / "log")
    try:
        wanted = {job.name for job in JOBS if job.slotted}
        _eventually(
            lambda: {row["job"] for row in _runs(worker_database) if row["status"] != "running"} >= wanted, 40
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
    found = _runs(worker_database)
    assert {row["status"] for row in found} == {"succeeded"}, [
        row for row in found if row["status"] != "succeeded"
    ]
    assert _beats(worker_database) == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in (lines[0], lines[-1])] == ["worker started", "worker stopped"]
    assert all("podboard_worker:" not in json.dumps(line) for line in lines)


def test_a_worker_that_was_killed_is_noticed_and_its_slot_is_run_by_another(
    worker_database: Database, tmp_path: Path
) -> None:
    process = _start_process(worker_database, tmp_path / "log")
    try:
        _eventually(lambda: _beats(worker_database) == 1, 40)
    finally:
        process.kill()
        process.wait()
    with psycopg.connect(worker_database.worker_dsn) as connection:
        # As if it had died in the middle of this day's retention, a while ago.
        connection.execute(
            "update job_runs set status = 'running', finished_at = null where job = 'retention'"
        )
        connection.execute(
            "insert into job_runs (job, scheduled_for, worker, lease_until) values ('retention', %s, 'dead', now()) "
            "on conflict (job, scheduled_for) do update set status = 'running', worker = 'dead', lease_until = now()",
            [table.job("retention").slot(datetime.now(UTC))],
        )
    done: list[int] = []
    retention = replace(table.job("retention"), command=lambda: done.append(1))
    worker = Worker((retention,), "heir")
    worker.run(retention)
    assert done == [1]
    (row,) = [row for row in _runs(worker_database) if row["job"] == "retention"]
    assert (row["status"], row["worker"], row["result"]) == ("succeeded", "heir", {"abandoned_by": "dead"})


def test_it_starts_without_a_database_and_goes_on_when_there_is_one(
    tmp_path: Path, worker_database: Database
) -> None:
    unreachable = replace(worker_database)  # the same names, another socket
    environment = {
        **os.environ,
        "PODBOARD_PROCESS": "worker",
        "PODBOARD_DEMO": "1",
        "DATABASE_WORKER_URL": unreachable.worker_dsn.replace("host=", "host=%2Fnowhere"),
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.worker"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _eventually(lambda: "next_try_in_seconds" in log.read_text(), 30)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def test_a_signal_that_does_not_wake_the_main_thread_is_noticed_all_the_same() -> None:
    """As one that comes in the instant before it waits; here one that another thread is given."""
    code = (
        "import signal, threading\n"
        "from dashboard.worker import _told_to_end\n"
        "told = _told_to_end()\n"
        "threading.Timer(0.3, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()\n"
        "told.recv(1)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


def test_refresh_runs_every_refresh_once_and_says_what_it_wrote(
    worker_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, dsn in (
        ("DATABASE_URL", worker_database.web_dsn),
        ("DATABASE_WORKER_URL", worker_database.worker_dsn),
        ("DATABASE_OWNER_URL", worker_database.owner_dsn),
    ):
        monkeypatch.setenv(name, dsn)
    with psycopg.connect(worker_database.owner_dsn) as owner:
        owner.execute("delete from refresh_states")
    try:
        done = CliRunner().invoke(refresh.command, catch_exceptions=False)
    finally:
        use_settings(
            replace(
                settings,
                database_url=worker_database.worker_dsn,
                database_worker_url=worker_database.worker_dsn,
            )
        )
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == [
        job.name for job in JOBS if job.refreshes
    ]
    with psycopg.connect(worker_database.worker_dsn) as connection:
        found = {name for (name,) in connection.execute("select relation from refresh_states")}
    assert {"rollups", "metrics_daily", "attribution"} <= found
    assert _runs(worker_database) == []  # beside the worker, not in its place


def test_a_worker_without_an_address_says_what_is_missing() -> None:
    done = CliRunner().invoke(worker_command.command)
    assert isinstance(done.exception, SettingsError)
    assert "DATABASE_WORKER_URL is not set" in str(done.exception)
