"""The whole product for tests: `podboard run` with its demo, which is loaded once for all processes of a test run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.children import child

# Address and process of the product that the browser tests look at, in the home of the test run.
_RUNNING = "running.json"
_STARTED = "Stop with Ctrl-C"


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(home: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """`podboard run` and its environment."""
    environment = {**os.environ, "PODBOARD_HOME": str(home), "PORT": str(port)}
    return [sys.executable, "-m", "dashboard.cli", "run"], environment


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for the condition. Raises: AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def demo_home(home: Path, name: str) -> Path:
    """A home of that name with the demo in it, as a first `podboard run` leaves it when it is stopped.

    Callers hold a lock. The first of them runs it, which takes a minute; the others copy what it left. What it said
    stands in `said` of each home.
    """
    first = home / "demo"
    if not (first / "said").exists():
        first.mkdir(mode=0o711)
        args, environment = command(first, free_port())
        said = home / "demo.said"
        with said.open("wb") as out:
            run = child(args, asked=signal.SIGINT, env=environment, stdout=out, stderr=subprocess.STDOUT)
            with run as process:
                until(lambda: _STARTED in said.read_text() or process.poll() is not None, 300)
                assert process.poll() is None, said.read_text()
        said.rename(first / "said")
    its_own = home / name
    # cp, because the cluster belongs to the server's user.
    subprocess.run(["cp", "-a", str(first), str(its_own)], check=True)  # noqa: S607  wherever the system has it
    (its_own / "socket_directory").unlink(missing_ok=True)
    return its_own


def shared_address(home: Path) -> str:
    """Where the product of this test run answers; started by the first who asks, under a lock that callers hold."""
    noted = home / _RUNNING
    if not noted.exists():
        _start(demo_home(home, "browser"), noted)
    address: str = json.loads(noted.read_text())["address"]
    return address


def last_errors(home: Path) -> list[str]:
    """What the product of this test run logged of faults, the last lines: it is gone with the run."""
    lines = [
        line
        for log in sorted((home / "browser" / "log").glob("*.log"))
        for line in log.read_text(errors="replace").splitlines()
        if '"level":"error"' in line.replace(" ", "") or "Traceback" in line
    ]
    return lines[-5:]


def _start(its_home: Path, noted: Path) -> None:
    port = free_port()
    args, environment = command(its_home, port)
    output = its_home / "output"
    # It outlives the process that starts it: no Popen, which warns of that.
    process = os.posix_spawn(
        args[0],
        args,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    noted.write_text(json.dumps({"address": f"http://127.0.0.1:{port}", "pid": process}))
    until(lambda: _STARTED in output.read_text() or not _is_alive(process), 120)
    assert _is_alive(process), output.read_text()


def stop_shared(home: Path) -> None:
    """Stops the product of this test run, if there was one."""
    noted = home / _RUNNING
    if not noted.exists():
        return
    process = int(json.loads(noted.read_text())["pid"])
    if _is_alive(process):
        os.kill(process, signal.SIGINT)
        until(lambda: not _is_alive(process))


def _is_alive(process: int) -> bool:
    try:
        # In the process that started it, it is a child, and a zombie until it is waited for.
        return os.waitpid(process, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return Path(f"/proc/{process}").exists()
