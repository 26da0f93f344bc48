"""Headers on every answer, static files, and what is said when something fails."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from flask import Flask, abort

from dashboard.auth.gate import OPEN_ENDPOINTS
from dashboard.headers import content_security_policy
from dashboard.server import create_server
from dashboard.static_files import ASSETS
from queries import engine
from queries.engine import dispose_engines
from queries.errors import DatabaseUnavailable, InvalidRequest
from tests.dashboard.visitors import ADDRESS, Browser, Using

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


def assert_safe(answer) -> None:
    """The answer carries every header that must stand on all of them."""
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    policy = _policy(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == policy["form-action"] == policy["font-src"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["script-src"][0] == "'self'"
    assert all(source.startswith("'sha256-") for source in policy["script-src"][1:])
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
    assert "Server-Timing" not in answer.headers


def _policy(answer) -> dict[str, list[str]]:
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


@pytest.fixture
def flawed(app, web_settings) -> Flask:
    """The application without Dash, with routes that fail in every way."""
    server = create_server(web_settings)
    failures = {
        "/fails/badly": ZeroDivisionError("with bob@alpha.example in its text"),
        "/fails/away": DatabaseUnavailable("gone"),
        "/fails/asked": InvalidRequest("A day is written like 2026-10-31.", field="from"),
    }
    for path, error in failures.items():
        server.add_url_rule(path, path, lambda error=error: (_ for _ in ()).throw(error))
    for status in (400, 401, 403, 404, 405, 409, 413, 429, 500, 503):
        server.add_url_rule(f"/fails/{status}", str(status), lambda status=status: abort(status))
    return server


def test_every_route_and_method_is_safe(app, browse) -> None:
    anonymous, alice = browse(), browse("Alice")
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "00000000-0000-4000-8000-000000000000", rule.rule)
        for method in sorted(rule.methods or ()):
            for browser in (anonymous, alice):
                answer = browser.client.open(
                    path, method=method, base_url=ADDRESS, headers={"Origin": ADDRESS}
                )
                assert_safe(answer)
                if rule.endpoint not in OPEN_ENDPOINTS:
                    assert answer.headers["Cache-Control"].replace("private, ", "") == "no-store", path


def test_errors_are_safe_and_kind(flawed, browse) -> None:
    browser = browse("Bob")
    visitor = Browser(flawed.test_client(), flawed)
    visitor.client.set_cookie(
        "__Host-podboard", browser.cookie("__Host-podboard"), domain="podboard.test", secure=True
    )
    said = {
        "/fails/400": (400, "That did not make sense to us"), "/fails/401": (401, "Please log in"),
        "/fails/403": (403, "This is not part of your account"), "/fails/404": (404, "There is nothing here for you"),
        "/nothing": (404, "There is nothing here for you"), "/fails/409": (409, "That did not make sense to us"),
        "/fails/500": (500, "Something went wrong on our side"),
        "/fails/badly": (500, "Something went wrong on our side"),
        "/fails/503": (503, "We cannot reach the database"), "/fails/away": (503, "We cannot reach the database"),
        "/fails/asked": (400, "A day is written like 2026-10-31."),
    }  # fmt: skip
    for path, (status, text) in said.items():
        page = visitor.get(path)
        assert page.status_code == status, path
        assert page.mimetype == "text/html"
        assert text in page.text
        assert_safe(page)
        problem = visitor.get(path, headers={"Accept": "application/json"})
        assert problem.status_code == status
        assert problem.mimetype == "application/problem+json"
        assert {"type", "title", "status", "detail", "request_id"} == set(problem.json)
        assert problem.json["request_id"] == problem.headers["X-Request-ID"]
        assert_safe(problem)
        for secret in ("ZeroDivision", "alpha.example", "Traceback"):
            assert secret not in page.text + problem.text


def test_an_error_page_leads_on(flawed, browse) -> None:
    bob = browse("Bob")
    visitor = Browser(flawed.test_client(), flawed)
    visitor.client.set_cookie(
        "__Host-podboard", bob.cookie("__Host-podboard"), domain="podboard.test", secure=True
    )
    assert 'href="/campaigns">Go to your start page' in visitor.get("/fails/404").text
    assert 'href="/fails/badly">Try again' in visitor.get("/fails/badly").text
    assert 'href="/login">Log in' in visitor.get("/fails/401").text


def test_hsts_is_not_sent_where_there_is_no_tls(web_settings) -> None:
    demo = replace(web_settings, demo=True, public_url="http://127.0.0.1:8050")
    with Using(demo):
        answer = create_server(demo).test_client().get("/login", base_url="http://127.0.0.1:8050")
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


def test_inline_scripts_are_allowed_by_hash_and_there_is_no_eval(browse) -> None:
    answer = browse("Alice").get("/portfolio")
    allowed = _policy(answer)["script-src"]
    inline = [
        code for attributes, code in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL)
        if code and "application/json" not in attributes
    ]  # fmt: skip
    assert inline
    for code in inline:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed
    assert "'unsafe-eval'" not in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in allowed
    assert not re.search(r"\son\w+=", answer.text)


def test_nothing_comes_from_elsewhere(browse) -> None:
    for page in (browse().get("/login"), browse("Alice").get("/portfolio"), browse().get("/set-password")):
        for address in re.findall(r'(?:src|href)="([^"]*)"', page.text):
            assert re.match(r"/(?!/)", address), address


def test_the_policy_names_each_hash_once() -> None:
    assert content_security_policy(["'sha256-a'", "'sha256-a'"]).count("sha256-a") == 1


# Static files --------------------------------------------------------------------------------------------------


def _files(browser: Browser) -> list[str]:
    page = browser.get("/methodology").text
    return [
        address
        for address in re.findall(r'(?:src|href)="([^"]*)"', page)
        if address.startswith(("/assets", "/_dash-comp"))
    ]


def test_versioned_files_are_kept_for_a_year_by_anybody(browse) -> None:
    files = _files(browse("Alice"))
    assert len(files) > 10
    anonymous = browse()
    for path in files:
        answer = anonymous.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", path
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers
        assert_safe(answer)


def test_a_bundle_holds_each_of_its_files_once(browse) -> None:
    """Tokens first, because the rest builds on them; theme.js stays apart, because it runs before the first paint."""
    for bundle, kind in (("bundle.css", ".css"), ("bundle.js", ".js")):
        text = browse().get(f"/assets/{bundle}").text
        parts = [path for path in ASSETS.iterdir() if path.suffix == kind and path.name != "theme.js"]
        assert [text.count(part.read_text()) for part in parts] == [1] * len(parts)
        assert len(parts) > 1
    assert browse().get("/assets/bundle.css").text.startswith((ASSETS / "tokens.css").read_text())


def test_another_version_is_not_kept(browse) -> None:
    assert browse().get("/assets/frame.css?m=1").headers["Cache-Control"] == "public, max-age=3600"
    assert browse().get("/assets/frame.css").headers["Cache-Control"] == "public, max-age=3600"


def test_files_are_compressed_once_and_say_the_same(browse, monkeypatch) -> None:
    browser = browse()
    plain = browser.get("/assets/frame.css", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    for encoding, undo in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        first = browser.get("/assets/frame.css", headers={"Accept-Encoding": encoding})
        assert first.headers["Content-Encoding"] == encoding
        assert undo(first.data) == plain.data
        assert len(first.data) < len(plain.data) / 2
        assert "Accept-Encoding" in first.headers["Vary"]
    monkeypatch.setattr(brotli, "compress", pytest.fail)
    monkeypatch.setattr(gzip, "compress", pytest.fail)
    for encoding in ("br", "gzip", "gzip, deflate, br"):
        assert browser.get("/assets/frame.css", headers={"Accept-Encoding": encoding}).status_code == 200


def test_a_file_that_is_there_already_is_not_sent_again(browse) -> None:
    browser = browse()
    for encoding in ("br", "identity"):
        first = browser.get("/assets/frame.css", headers={"Accept-Encoding": encoding})
        again = browser.get(
            "/assets/frame.css", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
        )
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../pyproject.toml", "/assets/%2e%2e/pyproject.toml", "/assets/..%2fpyproject.toml", "/assets/",
        "/assets/fonts",
        "/assets/nothing.css", "/assets//etc/passwd", "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/dash/dash.py", "/_dash-component-suites/dash/../dash.py",
        "/_dash-component-suites/dash/<script>x.js", "/_dash-component-suites/<script>/x.js",
    ],
)  # fmt: skip
def test_no_other_file_can_be_had(browse, path) -> None:
    answer = browse().get(path)
    assert answer.status_code in (302, 404)
    assert "<script>x" not in answer.text
    assert b"[project]" not in answer.data


def test_large_answers_are_compressed_and_not_kept(browse) -> None:
    browser = browse("Alice")
    answer = browser.get(
        "/_dash-dependencies", headers={"Accept": "application/json", "Accept-Encoding": "gzip"}
    )
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(gzip.decompress(answer.data)) == browser.get("/_dash-dependencies").json
    for form in ("/login", "/set-password"):
        assert "Content-Encoding" not in browse().get(form, headers={"Accept-Encoding": "gzip"}).headers


def test_first_load_is_small(browse) -> None:
    """What a page needs before its data: at most 1.4 MB in at most 30 requests, fonts included."""
    browser = browse("Alice")
    files = [*_files(browser), "/assets/fonts/inter-latin.woff2"]
    total = sum(len(browser.get(path, headers={"Accept-Encoding": "br"}).data) for path in files)
    assert len(files) <= 18
    assert total < 1_400_000


# A database that is away ---------------------------------------------------------------------------------------


class Wire:
    """A TCP address that leads to the database's unix socket until it is frozen: then nothing is answered any more."""

    def __init__(self, target: str) -> None:
        self.target, self.frozen, self.links = target, threading.Event(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                self.links.append(near)
                if self.frozen.is_set():
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.target)
                self.links.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if not self.frozen.is_set():
                    other.sendall(data)

    def close(self) -> None:
        for link in (self.listener, *self.links):
            link.close()


@pytest.fixture
def wire(web_settings) -> Iterator[Wire]:
    host = parse_qs(urlsplit(web_settings.database_url).query).get("host")
    if not host:
        pytest.skip("the test database is not on a unix socket")
    made = Wire(f"{host[0]}/.s.PGSQL.5432")
    yield made
    dispose_engines()
    made.close()


def _over(wire: Wire, dsn: str) -> str:
    parts = urlsplit(dsn)
    return f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{wire.port}{parts.path}"


def _timed(browser: Browser, path: str, **options) -> tuple[int, float]:
    began = time.monotonic()
    answer = browser.get(path, **options)
    assert_safe(answer)
    return answer.status_code, time.monotonic() - began


def test_a_database_that_never_answers_is_a_page_within_five_seconds(app, browse, web_settings, wire) -> None:
    browser = browse("Bob")
    with Using(replace(web_settings, database_url=_over(wire, web_settings.database_url))):
        assert browser.get("/campaigns").status_code == 200
        wire.frozen.set()
        for _ in ("a connection of the pool", "a new connection"):
            status, seconds = _timed(browser, "/campaigns")
            assert status == 503
            assert seconds < 5
        assert _timed(browser, "/readyz")[0] == 503
        assert _timed(browser, "/healthz")[0] == 200
        wire.frozen.clear()
        assert browser.get("/campaigns").status_code == 200


def test_a_database_that_is_not_there_is_a_page_at_once(app, browse, web_settings) -> None:
    browser = browse("Bob")
    with Using(replace(web_settings, database_url="postgresql://nobody@127.0.0.1:1/nothing")):
        status, seconds = _timed(browser, "/campaigns")
        assert (status, seconds < 2) == (503, True)
        page = browser.get("/campaigns")
        assert page.headers["Retry-After"] == "10"
        assert "Your data is safe" in page.text
        assert "127.0.0.1" not in page.text
        data = browser.get("/_dash-layout", headers={"Accept": "application/json"})
        assert (data.status_code, data.mimetype) == (503, "application/problem+json")
        # Somebody who is not logged in still gets the form, and is told when it cannot be checked.
        stranger = browse()
        assert stranger.get("/login").status_code == 200
        assert stranger.log_in("Bob").status_code == 503
    assert browser.get("/campaigns").status_code == 200


def _end_connections(in_tables) -> None:
    in_tables.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where usename = 'podboard_web' and datname = current_database()"
    )


def test_a_restarted_database_is_not_noticed(app, browse, in_tables) -> None:
    """Connections of the pool died with it; a request finds a new one by itself."""
    browser = browse("Bob")
    assert browser.get("/campaigns").status_code == 200
    _end_connections(in_tables)
    assert browser.get("/campaigns").status_code == 200


def test_a_page_is_there_though_its_connection_was_cut_without_a_word(
    app, browse, in_tables, monkeypatch
) -> None:
    browser = browse("Bob")
    assert browser.get("/campaigns").status_code == 200
    _end_connections(in_tables)
    # The server's farewell never came here.
    monkeypatch.setattr(engine, "_has_gone", lambda _connection: False)
    assert browser.get("/campaigns").status_code == 200
