"""No line of the web server holds the address of who asks, nor what a request said that it could not read."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from dashboard.commands.web import gunicorn_command
from queries.settings import Settings
from tests.children import child
from tests.product import free_port, until

# Another one than that at which the server listens, which it may tell.
_SENDER = "127.0.0.77"
_BEHIND_A_PROXY, _IPV6 = "203.0.113.9", "2001:db8::7"
_NEVER = (_SENDER, _BEHIND_A_PROXY, _IPV6, "who-heard-it")

_APPLICATION = """
from flask import Flask, request

from dashboard.faults import install_faults
from dashboard.logs import configure_logging, install_request_log

server = Flask(__name__)
configure_logging("DEBUG")
install_request_log(server)
install_faults(server)

@server.route("/<path:path>", methods=["GET", "POST"])
def answer(path):
    if path == "fails":
        raise ValueError(f"for {request.remote_addr} behind {request.headers['X-Forwarded-For']}")
    if path == "header":
        return "", {"X-Broken": f"a\\x00b{request.remote_addr}"}
    if path == "long":
        return (b"x" * 65536 for _ in range(400))
    return str(len(request.get_data()))

inner = server.wsgi_app

def outside(environ, start_response):
    if environ["PATH_INFO"] == "/outside":
        raise ValueError(f"for {environ['REMOTE_ADDR']}")
    if environ["PATH_INFO"] == "/header":
        start_response("200 OK", [("X-Broken", "a\\x00b" + environ["REMOTE_ADDR"])])
        return [b""]
    return inner(environ, start_response)

server.wsgi_app = outside
"""

_BEHIND = f"Host: a\r\nX-Forwarded-For: {_BEHIND_A_PROXY}, [{_IPV6}]:443\r\n"
_ASKED = f"/e/who-heard-it?listener={_BEHIND_A_PROXY}"
_REQUESTS = {
    "no request line": f"GET {_ASKED}\r\n{_BEHIND}\r\n".encode(),
    "no UTF-8": b"GET /e/who-heard-it/\xff HTTP/1.1\r\n" + _BEHIND.encode() + b"\r\n",
    "method": f"g?t {_ASKED} HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
    "version": f"GET {_ASKED} HTTP/9.9\r\n{_BEHIND}\r\n".encode(),
    "header": f"GET {_ASKED} HTTP/1.1\r\nX-Forwarded-For {_BEHIND_A_PROXY}\r\n\r\n".encode(),
    "name": f"GET {_ASKED} HTTP/1.1\r\nX (who-heard-it) {_BEHIND_A_PROXY}: 1\r\n{_BEHIND}\r\n".encode(),
    "folded": f"GET {_ASKED} HTTP/1.1\r\n{_BEHIND} {_BEHIND_A_PROXY}\r\n\r\n".encode(),
    "long line": f"GET {_ASKED}{'x' * 9000} HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
    "long header": f"GET {_ASKED} HTTP/1.1\r\n{_BEHIND}X-Long: {'x' * 20_000}\r\n\r\n".encode(),
    "many headers": f"GET {_ASKED} HTTP/1.1\r\n{_BEHIND}".encode() + b"X-B: 1\r\n" * 200 + b"\r\n",
    "lengths": f"POST /a HTTP/1.1\r\n{_BEHIND}Content-Length: {_BEHIND_A_PROXY}\r\n\r\n".encode(),
    "coding": f"POST /a HTTP/1.1\r\n{_BEHIND}Transfer-Encoding: {_BEHIND_A_PROXY}\r\n\r\n".encode(),
    "chunk": f"POST /a HTTP/1.1\r\n{_BEHIND}Transfer-Encoding: chunked\r\n\r\n{_BEHIND_A_PROXY}\r\n".encode(),
    "expectation": f"GET /a HTTP/1.1\r\n{_BEHIND}Expect: {_BEHIND_A_PROXY}\r\n\r\n".encode(),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60 + b"\r\n\r\n",
    "cut off": f"GET {_ASKED} HTTP/1.1\r\n{_BEHIND}".encode(),
    "short body": f"POST /a HTTP/1.1\r\n{_BEHIND}Content-Length: 10\r\n\r\nab".encode(),
    "fails": f"GET /fails?listener=who-heard-it HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
    "fails outside": f"GET /outside?listener=who-heard-it HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
    "answer": f"GET /header?listener=who-heard-it HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
    "address in the path": f"GET /of/{_BEHIND_A_PROXY}/{_IPV6} HTTP/1.1\r\n{_BEHIND}\r\n".encode(),
}  # fmt: skip


@pytest.mark.parametrize("log_level", ["INFO", "DEBUG"])
def test_nothing_that_is_logged_says_who_asked(tmp_path: Path, log_level: str) -> None:
    (tmp_path / "asked.py").write_text(_APPLICATION)
    port = free_port()
    command = [
        "asked:server" if part == "dashboard.wsgi:server" else part
        for part in gunicorn_command(Settings(home=tmp_path, port=port, log_level=log_level), 1, 2)
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path), *filter(None, sys.path))),
        # What an operator may have in the environment of other services.
        "GUNICORN_CMD_ARGS": "--access-logfile -",
    }
    log = tmp_path / "log"

    def ask(content: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(_SENDER, 0)) as asking:
            asking.sendall(content)
            # What was read of too large a request is not read on: the connection may end in between.
            with suppress(ConnectionResetError, BrokenPipeError):
                asking.shutdown(socket.SHUT_WR)
                return asking.recv(65536)
        return b""

    with (
        log.open("wb") as out,
        child(command, asked=signal.SIGTERM, env=environment, stdout=out, stderr=subprocess.STDOUT) as server,
    ):
        until(lambda: "Listening" in log.read_text() or server.poll() is not None, 60)
        answers = {name: ask(content) for name, content in _REQUESTS.items()}
        # One goes away in the middle of its answer.
        with socket.create_connection(
            ("127.0.0.1", port), timeout=60, source_address=(_SENDER, 0)
        ) as leaving:
            leaving.sendall(f"GET /long?listener=who-heard-it HTTP/1.1\r\n{_BEHIND}\r\n".encode())
            leaving.recv(10)
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert b"200 OK" in ask(f"GET /a HTTP/1.1\r\n{_BEHIND}Connection: close\r\n\r\n".encode())
    said = log.read_text()
    assert [line for line in said.splitlines() for never in _NEVER if never in line] == []
    # It was written that and why, so that nothing was asked in vain.
    refused = {
        "InvalidRequestLine",
        "InvalidRequestMethod",
        "InvalidHeader",
        "LimitRequestLine",
        "LimitRequestHeaders",
    }
    assert {kind for kind in refused if f'"error":"{kind}"' not in said} == set(), said
    assert said.count('"error":"ValueError"') == 2
    assert {
        name for name in ("no request line", "header", "method") if b" 400 " not in answers[name]
    } == set()
