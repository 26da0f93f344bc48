"""A page's data over the wire: what the browser asks before the first scroll, as parallel as it asks, from gunicorn."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.measure import memory_mb, processor_ms
from bench.visitor import UPDATE, Visitor, box_request, frame_request, options_request
from dashboard.commands.web import gunicorn_command
from dashboard.pages import Page
from queries.settings import Settings

# What Chromium opens to one host over HTTP/1.1.
_CONNECTIONS = 6


@dataclass
class Web:
    """The web processes on loopback."""

    settings: Settings
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """Master and workers."""
        pids, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            pids.append(pid)
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in children.read_text().split()]
        return pids

    def memory_mb(self) -> float:
        """Memory of all of them together."""
        return memory_mb(self.pids)

    def processor_ms(self) -> float:
        """Processor time of all of them together."""
        return processor_ms(self.pids)


@contextmanager
def web(settings: Settings) -> Iterator[Web]:
    """gunicorn as `podboard run` starts it (2 processes of 8 threads), on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")} | {
        "DATABASE_URL": settings.runtime_dsn,
        "PODBOARD_HOME": str(settings.home),
        "PODBOARD_DEMO": "1",
        "PODBOARD_URL": chosen.public_url,
        "PORT": str(port),
        "SECRET_KEY": settings.secret_key,
    }
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            gunicorn_command(chosen), env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            _await(port, process)
            yield Web(chosen, process)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "gunicorn did not start"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("gunicorn did not answer")


class Wire:
    """Requests of one person over a few kept connections."""

    def __init__(self, settings: Settings, visitor: Visitor) -> None:
        self._port = settings.port
        self._headers = visitor.headers() | {
            "Origin": settings.public_url,
            "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
        }
        self._kept = threading.local()
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def send(self, body: str) -> bytes:
        """The answer to one data request."""
        for _ in range(2):
            connection = getattr(self._kept, "connection", None)
            if connection is None:
                connection = self._kept.connection = http.client.HTTPConnection(
                    "127.0.0.1", self._port, timeout=60
                )
            try:
                connection.request("POST", UPDATE, body, self._headers)
                answer = connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                # The server closes a connection that was idle for longer than its keep-alive.
                connection.close()
                self._kept.connection = None
        else:
            raise AssertionError("no answer")
        assert answer.status == 200, (answer.status, content[:200])
        return gzip.decompress(content) if answer.getheader("Content-Encoding") == "gzip" else content

    def page(self, first: str, then: list[str]) -> tuple[float, list[bytes]]:
        """Milliseconds until the last answer: the frame, then all the rest at once."""
        began = time.perf_counter()
        self.send(first)
        answers = list(self._pool.map(self.send, then))
        return (time.perf_counter() - began) * 1000, answers

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()


def first_screen(page: Page, path: str, search: str) -> tuple[str, list[str]]:
    """The request for the frame, and those that its boxes and its filter bar send before anybody scrolls."""
    then = [box_request(box.id, path, search) for box in page.boxes if not box.lazy]
    options = options_request(page, path)
    return frame_request(path, search), then + ([options] if options else [])


def measure_pages(
    wire: Wire, pages: list[tuple[Page, str]], periods: dict[str, str], rounds: int, served: Web
) -> list[dict[str, Any]]:
    """Median time to a page's complete data, rounds of all pages interleaved."""
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    counts: dict[str, int] = {}
    for number in range(rounds + 2):
        for page, path in pages:
            for period, search in periods.items():
                first, then = first_screen(page, path, search)
                before = served.processor_ms()
                took, answers = wire.page(first, then)
                cpu = served.processor_ms() - before
                assert not any(b"could not be read" in answer for answer in answers), path
                counts[page.path] = 1 + len(then)
                if number >= 2:  # both processes are warm by then
                    runs.setdefault((page.path, period), []).append((took, cpu))
    results = []
    for (path, period), took in runs.items():
        walls = sorted(wall for wall, _ in took)
        cpus = sorted(cpu for _, cpu in took)
        results.append(
            {
                "page": path,
                "period": period,
                "requests": counts[path],
                "data_ms": round(walls[len(walls) // 2], 1),
                "slowest_ms": round(walls[-1], 1),
                "web_cpu_ms": round(cpus[len(cpus) // 2], 1),
            }
        )
    return results
