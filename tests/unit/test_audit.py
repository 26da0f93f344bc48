"""The audit of known holes: what it says and its exit code, by the answer it gets from a database of holes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.audit import KNOWN, NONE_KNOWN, NOT_DONE, audit

# About what ends `make proof`, and run with it: each starts the auditor, which takes seconds.
pytestmark = pytest.mark.proof

HOLE = {
    "id": "OSV-2026-1", "summary": "x", "details": "x", "published": "2026-01-01T00:00:00Z",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [{
        "package": {"name": "podboard-example", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
    }],
}  # fmt: skip


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text(f"podboard-example==1.0 --hash=sha256:{'a' * 64}\n")
    return path


@pytest.fixture
def database() -> Iterator[Any]:
    """A database of holes in the form of OSV: what it answers is set by the test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        answer: tuple[int, dict[str, Any]] = (200, {})

        @property
        def options(self) -> tuple[str, ...]:
            return (
                "--vulnerability-service",
                "osv",
                "--osv-url",
                f"http://127.0.0.1:{self.server_port}/query",
            )

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_known(database: Any, lock: Path) -> None:
    assert audit(lock, *database.options) == (NONE_KNOWN, "No hole is known in 1 packages.")


def test_a_known_hole_is_named(database: Any, lock: Path) -> None:
    database.answer = (200, {"vulns": [HOLE]})
    assert audit(lock, *database.options) == (KNOWN, "Known holes:\npodboard-example 1.0: OSV-2026-1")


def test_a_database_without_an_answer_is_neither(database: Any, lock: Path) -> None:
    database.answer = (503, {})
    code, said = audit(lock, *database.options)
    assert code == NOT_DONE
    assert said.startswith("NOT DONE: the audit of known holes got no answer")


def test_a_database_out_of_reach_is_neither(database: Any, lock: Path) -> None:
    options = (*database.options[:3], "http://127.0.0.1:9/query")
    code, said = audit(lock, *options)
    assert code == NOT_DONE
    assert said.startswith("NOT DONE: the audit of known holes got no answer")
    assert "127.0.0.1" in said


def test_a_lock_file_that_names_nothing_is_no_proof(database: Any, tmp_path: Path) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text("")
    assert audit(path, *database.options)[0] == NOT_DONE
