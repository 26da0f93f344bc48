"""`podboard run` as a person meets it: it serves, survives its parts, refuses a second one, and stops cleanly."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schema.server import start
from tests.children import child
from tests.conftest import one_at_a_time
from tests.product import command, demo_home, free_port, until

pytestmark = pytest.mark.skipif(
    os.environ.get("PODBOARD_TEST_DATABASE_URL") is not None, reason="the run uses a server of one's own"
)


@dataclass
class Running:
    """A podboard that was started by a test."""

    process: subprocess.Popen[bytes]
    home: Path
    port: int
    output: Path
    is_early: bool = False
    """Whether the port was taken before podboard said that it is running."""

    @property
    def said(self) -> str:
        return self.output.read_text()

    def health(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return int(answer.status)

    def children(self) -> dict[str, int]:
        """The pids of the supervisor's own processes by their last argument but options."""
        found = {}
        for name in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parent = int((name / "stat").read_text().rpartition(")")[2].split()[1])
                command = (name / "cmdline").read_text().split("\0")
                if parent == self.process.pid:
                    found["web" if "gunicorn" in command else "worker"] = int(name.name)
        return found


def is_taken(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Running]:
    """podboard with the demo, started once more as `make run` starts it."""
    with one_at_a_time(home, "product"):
        its_home = demo_home(home, "run")
    port, output = free_port(), its_home / "output"
    args, environment = command(its_home, port)
    try:
        with (
            output.open("wb") as out,
            child(
                args, asked=signal.SIGINT, env=environment, stdout=out, stderr=subprocess.STDOUT
            ) as process,
        ):
            made = Running(process, its_home, port, output)
            until(lambda: is_taken(port) or process.poll() is not None, 60)
            made.is_early = is_taken(port) and "podboard is running" not in made.said
            until(lambda: "Stop with Ctrl-C" in made.said or process.poll() is not None, 120)
            assert process.poll() is None, made.said
            yield made
    finally:
        with start(its_home):
            pass
        shutil.rmtree((its_home / "postgres").resolve())
        shutil.rmtree(its_home)


def test_address_and_log_ins_are_shown_once_it_answers(running: Running) -> None:
    assert f"podboard is running at http://127.0.0.1:{running.port}" in running.said
    first = (running.home / "said").read_text()
    for said in (first, running.said):
        for person in ("sponsor", "podcaster", "manager", "admin", "operator"):
            assert f"{person}@demo.example" in said
        assert "podboard-demo" in said
    assert running.health() == 200
    # What was loaded at the first start is there at the next.
    assert "Demo of 3 tenants loaded" in first
    assert "loaded" not in running.said


def test_it_listens_on_loopback_only(running: Running) -> None:
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == running.port
    ]
    assert listening == [f"0100007F:{running.port:04X}"]


def test_a_second_run_names_the_address_of_the_first(running: Running) -> None:
    args, environment = command(running.home, free_port())
    second = subprocess.run(args, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stderr.startswith(
        f"podboard: podboard is running already at http://127.0.0.1:{running.port} "
    )
    assert second.stderr.count("\n") == 1


def test_a_taken_port_is_named(running: Running, tmp_path: Path) -> None:
    args, environment = command(tmp_path / "home", running.port)
    other = subprocess.run(args, env=environment, capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert other.stderr.startswith(f"podboard: Port {running.port} on 127.0.0.1 cannot be used")
    assert other.stderr.count("\n") == 1


def test_the_port_is_held_from_the_first_moment_on(running: Running) -> None:
    """Loading the demo takes a while, in which nobody else must take the port."""
    assert running.is_early


def test_the_web_process_holds_the_runtime_role_alone(running: Running) -> None:
    environment = (Path("/proc") / str(running.children()["web"]) / "environ").read_text()
    assert "DATABASE_URL=postgresql://podboard_web:" in environment
    for stronger in ("DATABASE_OWNER_URL", "DATABASE_WORKER_URL", "podboard_owner", "podboard_worker:"):
        assert stronger not in environment


@pytest.mark.drill
@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_process_is_started_again(running: Running, name: str) -> None:
    before = running.children()[name]
    os.kill(before, signal.SIGKILL)
    until(lambda: running.children().get(name, before) != before)
    until(lambda: answers(running))
    assert f"{name} stopped" in running.said


@pytest.mark.drill
def test_a_killed_database_is_started_again(running: Running) -> None:
    os.kill(int((running.home / "postgres/data/postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    until(lambda: "PostgreSQL stopped: starting it again" in running.said)
    with start(running.home) as server:
        assert server.is_answering()
    until(lambda: answers(running))


def answers(running: Running) -> bool:
    try:
        return running.health() == 200
    except OSError:
        return False


def test_ctrl_c_stops_everything(running: Running) -> None:
    children = running.children()
    postmaster = int((running.home / "postgres/data/postmaster.pid").read_text().splitlines()[0])
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert running.said.endswith("\nStopping ...\npodboard has stopped.\n")
    assert sorted(children) == ["web", "worker"]
    until(lambda: not any(is_running(pid) for pid in [*children.values(), postmaster]), 10)


def is_running(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
