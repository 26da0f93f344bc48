"""Logs: one event one line of JSON, without what must not be in them."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import psycopg
import pytest

from dashboard.logs import JsonFormatter, mask
from tests.dashboard.visitors import PASSWORD, address


def _formatted(message: str, *, error: BaseException | None = None, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("x", logging.INFO, "file.py", 1, message, (), None)
    record.__dict__.update(extra)
    if error is not None:
        try:
            raise error
        except type(error):
            record.exc_info = sys.exc_info()
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_an_event_is_one_line() -> None:
    made = _formatted("two\nlines", count=3, ok=True, nothing=None, box="a\nb")
    assert made["event"] == "two\nlines"
    assert (made["count"], made["ok"], made["nothing"], made["box"]) == (3, True, None, "a\nb")
    assert (made["logger"], made["level"]) == ("x", "info")


@pytest.mark.parametrize(
    "text",
    [
        "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$hash",
        "postgresql://podboard_web:secret@host/db",
        "password=hunter2",
        "'password': 'hunter2'",
        "Cookie: podboard=abc",
        "x" * 43,
        "0123456789abcdef" * 4,
    ],
)
def test_secrets_are_masked(text) -> None:
    assert "***" in mask(f"before {text} after")
    assert "hunter2" not in mask(text)
    assert "secret@" not in mask(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("203.0.113.9", "…"), ("[2001:db8::7]:443", "[…]:443"), ("::ffff:203.0.113.9", "::ffff:…"),
        ("('203.0.113.9', 5000)", "('…', 5000)"), ("a.b@example.com", "…"),
    ],
)  # fmt: skip
def test_addresses_of_people_and_devices_are_masked(text: str, shown: str) -> None:
    assert mask(f"before {text} after") == f"before {shown} after"


def test_ids_of_requests_tenants_and_people_are_not() -> None:
    assert mask("d6f3c2a0-8d1e-4c61-9c53-3f6d0a4b8a11") == "d6f3c2a0-8d1e-4c61-9c53-3f6d0a4b8a11"


def test_secret_keys_are_left_out() -> None:
    made = _formatted("x", password="a", token="b", listener_id="c", secret="d", cookie="e")
    assert not {"password", "token", "listener_id", "secret", "cookie"} & set(made)


def test_a_failure_says_where_but_not_with_what(connection) -> None:
    made = _formatted("failed", error=ValueError("password=hunter2 for somebody"))
    assert made["error"] == "ValueError"
    assert made["reason"] == "*** for somebody"
    assert "_formatted" in made["frames"][-1]
    try:
        connection.execute("insert into users (email) values ('not an address of carol@alpha.example')")
    except psycopg.Error as error:
        made = _formatted("failed", error=error)
    assert made["sqlstate"]
    assert "carol" not in json.dumps(made)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the web process writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_a_visit_leaves_lines_without_secrets(browse, written) -> None:
    browser = browse()
    browser.log_in("Bob", "a wrong password")
    browser.log_in("Bob")
    browser.get("/campaigns?period=90d&app=Overcast")
    browser.post("/logout", data={"csrf_token": browser.script_token()})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in asked][-2:] == [
        ("GET", "/campaigns", 200), ("POST", "/logout", 303),
    ]  # fmt: skip
    assert asked[-2]["tenant"]
    assert asked[-2]["user"]
    assert len({line["request_id"] for line in asked}) == len(asked)
    for secret in (
        PASSWORD,
        "a wrong password",
        address("Bob"),
        "Overcast",
        browser.cookie("__Host-podboard-form") or "-" * 9,
    ):
        assert secret not in written.getvalue()
