"""Problem documents: each kind has one address, words that belong to it, and a section that everybody can read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from dashboard.problems import PROBLEMS
from queries.api_keys import create_api_key, revoke_api_key
from tests.dashboard.test_collector import Sender
from tests.dashboard.visitors import ADDRESS, address

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture
def alpha(app: Flask, in_tables: Any) -> Sender:
    return Sender(app, in_tables, "alpha", "Alice")


def ask(sender: Sender, method: str, path: str, *, key: str | None, data: str = "", **headers: str) -> Any:
    told = {"Authorization": f"Bearer {key}"} if key else {}
    return sender.client.open(path, method=method, base_url=ADDRESS, data=data, headers=told | headers)


def told(answer: Any) -> tuple[int, str, str]:
    """Status, kind and title of a problem document whose own status is that of the answer."""
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    site, _, kind = answer.json["type"].partition("/problems#")
    assert site == ADDRESS
    return answer.status_code, kind, answer.json["title"]


def test_every_kind_has_its_section_for_everybody(app: Flask, browse) -> None:
    page = browse().get("/problems")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert re.findall(r'<section class="definition" id="([^"]+)">', page.text) == [
        one.name for one in PROBLEMS
    ]
    with app.test_request_context():
        for problem in PROBLEMS:
            assert problem.title in page.text
            assert f"<code>{problem.type}</code>" in page.text
    assert browse("Bob").get("/problems").text == page.text


def test_names_and_titles_of_kinds_tell_them_apart() -> None:
    assert len({one.name for one in PROBLEMS}) == len({one.title for one in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("rest", ["metrics", "events/", "events/7", "event", "%2e%2e/x", ""])
def test_a_wrong_address_below_the_api(alpha: Sender, rest: str) -> None:
    path, key = f"/api/v1/{rest}", alpha.key.key
    for method in METHODS:
        missing = ask(alpha, method, path, key=key, Accept="text/html")
        nobody = ask(alpha, method, path, key=None, Accept="text/html")
        assert (missing.status_code, nobody.status_code) == (404, 401), method
        assert nobody.headers["WWW-Authenticate"] == "Bearer"
        if method != "HEAD":
            assert told(missing) == (404, "no-such-address", "The API has no such address")
            assert told(nobody) == (401, "key-needed", "A key is needed")
        for answer in (missing, nobody):
            assert answer.mimetype == "application/problem+json"
            assert "Set-Cookie" not in answer.headers


def test_a_key_that_is_over_learns_no_address(alpha: Sender) -> None:
    revoke_api_key(alpha.actor, alpha.key.prefix)
    for key in (alpha.key.key, "pb_x", alpha.key.key[:-1] + "?"):
        assert told(ask(alpha, "GET", "/api/v1/metrics", key=key))[:2] == (401, "key-needed")


def test_a_key_that_may_not_send_events_learns_what_is_missing(alpha: Sender) -> None:
    reading = create_api_key(alpha.actor, email=address("Alice"), name="Reader", scopes=("metrics.read",)).key
    assert told(ask(alpha, "GET", "/api/v1/metrics", key=reading))[:2] == (404, "no-such-address")
    answer = ask(alpha, "POST", "/api/v1/events", key=reading, data=json.dumps([alpha.event()]))
    assert told(answer) == (403, "key-refused", "This key may not do that")


@pytest.mark.parametrize("method", [method for method in METHODS if method != "POST"])
def test_a_wrong_method_says_which_is_right(alpha: Sender, browse, method: str) -> None:
    for key in (alpha.key.key, None):
        answer = ask(alpha, method, "/api/v1/events", key=key)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert answer.mimetype == "application/problem+json"
        if method != "HEAD":
            assert told(answer) == (405, "method", "That is not possible here")


def test_what_is_wrong_with_a_body_has_its_kind(alpha: Sender) -> None:
    def post(data: str, **headers: str) -> tuple[int, str, str]:
        return told(ask(alpha, "POST", "/api/v1/events", key=alpha.key.key, data=data, **headers))

    assert post("[1,") == (400, "body", "The body cannot be read")
    assert post('{"events": [], "events": []}') == (400, "body", "The body cannot be read")
    assert post("[" + "0," * 5_000 + "0]")[:2] == (413, "too-large")
    assert post("[]", **{"Content-Encoding": "gzip"})[:2] == (415, "form")
