"""The web server when it is told to stop: what is asked is answered first, and nothing is waited for after it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from dashboard import gunicorn_hooks
from dashboard.commands.web import gunicorn_command
from queries.settings import Settings
from tests.product import free_port, until

# Each process that takes its interpreter apart says so; a request goes on until somebody lets it.
_APPLICATION = """
import atexit, os, pathlib, time

here = pathlib.Path(__file__).parent
atexit.register(lambda: (here / f"apart-{os.getpid()}").touch())

def server(environ, start_response):
    (here / f"asked-{os.getpid()}").touch()
    while not (here / "go").exists():
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"whole"]
"""


def test_a_request_in_flight_is_answered_and_no_worker_takes_itself_apart(tmp_path: Path) -> None:
    (tmp_path / "waiting.py").write_text(_APPLICATION)
    port = free_port()
    command = [
        "waiting:server" if part == "dashboard.wsgi:server" else part
        for part in gunicorn_command(Settings(home=tmp_path, port=port))
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), *filter(None, sys.path)))}
    answers: list[bytes] = []

    def fetch() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            answers.append(answer.read())

    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: "Listening" in (tmp_path / "log").read_text() or process.poll() is not None, 60)
        asking = threading.Thread(target=fetch)
        asking.start()
        until(lambda: list(tmp_path.glob("asked-*")) != [], 60)
        [worker] = [path.name.removeprefix("asked-") for path in tmp_path.glob("asked-*")]
        process.send_signal(signal.SIGTERM)
        until(lambda: "Handling signal" in (tmp_path / "log").read_text(), 60)
        (tmp_path / "go").touch()
        asking.join(60)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    said = (tmp_path / "log").read_text()
    assert answers == [b"whole"], said
    assert f"Worker exiting (pid: {worker})" in said
    assert [path.name for path in tmp_path.glob("apart-*")] == [f"apart-{process.pid}"]


@pytest.mark.parametrize(
    ("ended", "exits"),
    [
        (SystemExit(0), [0]),
        (SystemExit(), [0]),
        (SystemExit(3), []),
        (SystemExit("why"), []),
        (OSError(), []),
    ],
)
def test_a_worker_that_fails_keeps_its_exit_code(
    ended: BaseException, exits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """gunicorn gives up when a worker cannot start, which it tells by the code."""
    codes: list[int] = []
    monkeypatch.setattr(gunicorn_hooks, "dispose_engines", lambda: None)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    monkeypatch.setattr(os, "_exit", codes.append)

    def end() -> None:
        try:
            raise ended
        finally:
            gunicorn_hooks.worker_exit(None, None)

    with pytest.raises(type(ended)):
        end()
    assert codes == exits
