"""The gate: every route and callback, asked by everybody who may come along."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.auth.gate import MACHINE_ENDPOINTS, OPEN_ENDPOINTS
from dashboard.pages import all_pages
from queries.tenants import set_disabled
from tests.dashboard.visitors import ADDRESS, PEOPLE, Browser, address

NOBODYS_ID = "00000000-0000-4000-8000-000000000000"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# Who may open which page. A new page is stated here, too.
PAGES = {
    "/overview": {"Carol", "Alice", "Dora", "Charlie"},
    "/campaigns": {"Bob", "Alice", "Dora", "Charlie"},
    "/campaigns/<campaign_id>": {"Bob", "Alice", "Dora", "Charlie"},
    "/portfolio": {"Alice", "Dora", "Charlie"},
    "/reports": {"Alice", "Bob", "Carol", "Dora", "Charlie"},
    "/freshness": {"Alice", "Dora", "Charlie"},
    "/system": {"Oscar"},
    "/methodology": set(PEOPLE),
}


def filled(rule: str) -> str:
    """An address of the rule, with something in every gap."""
    fill = {"int": "1", "uuid": NOBODYS_ID}
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", lambda gap: fill.get(gap[1] or "", "some-thing"), rule)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every rule with every method it takes: (method, address, endpoint)."""
    return [
        (method, filled(rule.rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]


def ask(browser: Browser, method: str, path: str, **headers: str) -> Any:
    return browser.client.open(
        path, method=method, base_url=ADDRESS, headers={"Origin": ADDRESS, "Accept": "text/html", **headers}
    )


def is_sent_away(answer: Any) -> bool:
    """Whether the answer is the gate's: to the log-in, or 401 as a problem."""
    if answer.status_code == 302:
        return answer.location.startswith("/login")
    return answer.status_code == 401 and answer.mimetype in ("application/problem+json", "text/html")


@pytest.fixture
def strangers(browse, clock) -> dict[str, Browser]:
    """Everybody who is not, or no longer, logged in."""
    made = {
        "anonymous": browse(),
        "expired": browse("Alice"),
        "logged out": browse("Alice"),
        "disabled": browse("Carol"),
    }
    forged = made["forged"] = browse()
    forged.client.set_cookie("__Host-podboard", "A" * 43, domain="podboard.test", secure=True)
    keep = made["logged out"].cookie("__Host-podboard")
    made["logged out"].post("/logout", data={"csrf_token": made["logged out"].script_token()})
    made["logged out"].client.set_cookie("__Host-podboard", keep, domain="podboard.test", secure=True)
    clock.move(minutes=31)
    set_disabled(email=address("Carol"), is_disabled=True)
    yield made
    set_disabled(email=address("Carol"), is_disabled=False)


def test_every_route_sends_strangers_away(app, strangers) -> None:
    asked = 0
    for method, path, endpoint in routes(app):
        if endpoint in OPEN_ENDPOINTS | MACHINE_ENDPOINTS:
            continue
        for who, browser in strangers.items():
            answer = ask(browser, method, path)
            assert is_sent_away(answer), f"{who}: {method} {path} answered {answer.status_code}"
            assert (
                "Set-Cookie" not in answer.headers or "__Host-podboard=" not in answer.headers["Set-Cookie"]
            )
            asked += 1
    assert asked > 50


def test_strangers_learn_no_route_by_guessing(strangers) -> None:
    for method in ("GET", "HEAD", "OPTIONS", *UNSAFE, "TRACE", "PROPFIND"):
        for path in (
            "/admin",
            "/api/v1/metrics",
            "/_dash-something",
            "/export/x.csv",
            "/../etc/passwd",
            "/%2e%2e/x",
            "//evil",
        ):
            for who, browser in strangers.items():
                answer = ask(browser, method, path)
                assert is_sent_away(answer) or answer.status_code == 308, (
                    f"{who}: {method} {path} {answer.status_code}"
                )


def test_open_routes_are_few_and_exist(app) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= OPEN_ENDPOINTS
    assert len(OPEN_ENDPOINTS) == 10
    addresses = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in OPEN_ENDPOINTS}
    assert addresses == {
        "/login", "/set-password", "/healthz", "/readyz", "/favicon.ico", "/problems", "/assets/<path:filename>",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    }  # fmt: skip


NO_LINKS = [
    f"/{letter}{rest}"
    for letter in "eEpPvV"
    for rest in (
        "",
        "/",
        "/abc",
        "/abc.gif",
        "/a/b/c",
        "//a//b",
        "/%00/%00",
        "/a%0Ab.gif",
        "/..%2Fx",
        f"/{'%00' * 32}.gif",
    )
]


def test_what_machines_call_is_few_routes_and_a_log_in_gives_nothing_there(app, browse) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in MACHINE_ENDPOINTS}
    assert rules == {
        "/api/v1/events", "/api/<path:rest>", "/e/<uuid:episode_id>", "/e/<uuid:episode_id>/",
        "/e/<uuid:episode_id>/<rest:_rest>", "/e/<rest:_rest>", "/e", "/E/<uuid:episode_id>", "/E/<uuid:episode_id>/",
        "/E/<uuid:episode_id>/<rest:_rest>", "/E/<rest:_rest>", "/E",
        "/p/<string(length=32):key>.gif", "/p/<rest:_rest>", "/p", "/P/<string(length=32):key>.gif", "/P/<rest:_rest>",
        "/P", "/v/<rest:named>", "/v/<rest:_rest>", "/v", "/V/<rest:named>", "/V/<rest:_rest>", "/V",
    }  # fmt: skip
    for browser in (browse(), browse("Alice")):
        answer = ask(browser, "POST", "/api/v1/events")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.mimetype == "application/problem+json"
        for path in (
            f"/e/{NOBODYS_ID}/x.mp3", f"/p/{'0' * 32}.gif", "/v/alpha/nothing", "/e/not-a-uuid", "/e/not-a-uuid/x.mp3",
        ):  # fmt: skip
            assert ask(browser, "GET", path).status_code == 404
        for path in NO_LINKS:
            for method in ("GET", "HEAD", "POST", "PROPFIND"):
                answer = ask(browser, method, path)
                assert (answer.status_code, answer.location) == (404, None), (method, path)
        answer = ask(browser, "GET", "/api/v1/events")
        assert (answer.status_code, answer.headers["Allow"], answer.mimetype) == (
            405, "POST", "application/problem+json",
        )  # fmt: skip


def test_a_page_leads_to_the_log_in_and_data_to_401(browse) -> None:
    browser = browse()
    page = browser.get("/overview?period=90d")
    assert (page.status_code, page.location) == (302, "/login?next=%2Foverview%3Fperiod%3D90d")
    for path in ("/_dash-layout", "/_dash-dependencies", "/_reload-hash"):
        answer = browser.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.json["title"] == "Please log in"
        assert answer.json["status"] == 401
    script = browser.get("/export/downloads.csv", headers={"Accept": "*/*"})
    assert script.status_code in (302, 401)


def test_an_ended_session_answers_401_and_not_400(browse, clock) -> None:
    browser = browse("Bob")
    token = browser.script_token()
    clock.move(hours=1)
    assert browser.callback({"output": "x"}, token=token).status_code == 401
    assert (
        browser.client.post(
            "/_dash-update-component", base_url=ADDRESS, headers={"Origin": ADDRESS}
        ).status_code
        == 401
    )


@pytest.mark.parametrize("person", PEOPLE)
def test_no_route_fails_for_anybody(app, browse, person) -> None:
    """Every rule with every method, with made-up ids, as everybody: refused or empty, but no failure of ours."""
    browser = browse(person)
    for method, path, _ in routes(app):
        if path == "/logout" and method == "POST":
            continue
        answer = ask(browser, method, path, **{"X-CSRFToken": browser.script_token()})
        assert answer.status_code < 500, f"{method} {path} answered {answer.status_code}"


@pytest.mark.parametrize("person", PEOPLE)
def test_every_csv_answers_or_refuses(browse, person) -> None:
    browser = browse(person)
    for page in all_pages():
        for box in page.boxes:
            for query in (
                "",
                "?period=90d",
                f"?campaign={NOBODYS_ID}",
                "?campaign=x",
                f"?podcast={NOBODYS_ID}",
                "?from=x&to=y",
            ):
                answer = browser.get(f"/export/{box.id}.csv{query}")
                assert answer.status_code in (200, 400, 403, 404), (
                    f"{box.id}{query} answered {answer.status_code}"
                )


# Pages and people ----------------------------------------------------------------------------------------------


def test_the_table_of_pages_is_complete() -> None:
    assert {page.path for page in all_pages()} == set(PAGES)


@pytest.mark.parametrize("person", PEOPLE)
def test_pages_open_to_whom_they_should(browse, person) -> None:
    browser = browse(person)
    seen = {path: browser.get(re.sub("<.*>", NOBODYS_ID, path)).status_code for path in PAGES}
    # A page about something: nobody's id is missing for everybody who may open such pages at all.
    open_to_all = {path: 404 if "<" in path else 200 for path in PAGES}
    assert seen == {path: open_to_all[path] if person in people else 403 for path, people in PAGES.items()}


def test_addresses_without_a_page_are_missing(browse) -> None:
    browser = browse("Alice")
    for path in (
        "/nothing",
        "/overview/x",
        "/campaigns/not-an-id",
        "/campaigns/" + "0" * 36 + "/x",
        "/favicon.png",
    ):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert "There is nothing here for you" in answer.text


def test_the_shell_is_the_same_for_everybody(browse) -> None:
    """What is sent for a page holds nothing about who asked: only the form token differs, and it is in a cookie."""
    pages, layouts = set(), set()
    for person in ("Alice", "Bob", "Charlie", "Oscar"):
        browser = browse(person)
        # Dash draws a random number for each page load; nothing else may differ.
        pages.add(re.sub(r'"end_id":"[^"]+"', "", browser.get("/methodology").text))
        layouts.add(browser.get("/_dash-layout", headers={"Accept": "application/json"}).text)
    assert len(pages) == len(layouts) == 1
    for text in (*pages, *layouts):
        for secret in ("Alpha Audio", "Beta Broadcast", "example"):
            assert secret not in text


# Forged requests -----------------------------------------------------------------------------------------------

BODY = {"output": "nothing.children", "inputs": [], "changedPropIds": []}
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://podboard.test.evil.example"},
    {"Origin": "https://podboard.test:8443"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://[bad"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Referer": "https://evil.example/https://podboard.test/"},
    {"Referer": "https://podboard.test@evil.example/"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/_dash-update-component", "/logout", "/login", "/set-password"])
def test_other_sites_send_nothing(browse, path, headers) -> None:
    browser = browse("Bob")
    token = browser.script_token()
    answer = browser.client.post(
        path,
        base_url=ADDRESS,
        json=BODY,
        headers={"X-CSRFToken": token, "Accept": "application/json", **headers},
    )
    assert answer.status_code == 403
    assert browser.get("/campaigns").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ADDRESS},
        {"Sec-Fetch-Site": "same-origin"},
        {"Referer": ADDRESS + "/x"},
        {"Origin": "https://PODBOARD.test"},
    ],
    ids=str,
)
def test_our_own_pages_send(browse, headers) -> None:
    browser = browse("Bob")
    answer = browser.client.post(
        "/logout", base_url=ADDRESS, data={"csrf_token": browser.script_token()}, headers=headers
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0.Z.Z", None])
def test_callbacks_need_the_token(browse, token) -> None:
    browser = browse("Bob")
    browser.script_token()
    headers = {"Origin": ADDRESS, "Accept": "application/json"} | (
        {"X-CSRFToken": token} if token is not None else {}
    )
    answer = browser.client.post("/_dash-update-component", base_url=ADDRESS, json=BODY, headers=headers)
    assert answer.status_code == 400
    assert "CSRF" in answer.json["detail"]


def test_a_token_of_somebody_else_is_worth_nothing(browse) -> None:
    mine, theirs = browse("Bob"), browse("Charlie")
    assert mine.callback(BODY, token=theirs.script_token()).status_code == 400
    assert "CSRF" in mine.callback(BODY, token=theirs.script_token()).json["detail"]
    assert "CSRF" not in mine.callback(BODY).json["detail"]


def test_a_token_from_before_the_log_in_is_worth_nothing(browse) -> None:
    browser = browse()
    before = browser.form_token()
    browser.log_in("Bob")
    assert browser.post("/logout", data={"csrf_token": before}).status_code == 400
    assert browser.get("/campaigns").status_code == 200


def test_a_form_without_its_token_is_shown_again_as_a_page(browse) -> None:
    answer = browse().post("/login", data={"email": address("Bob"), "password": "x"})
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"


# Forged callbacks ----------------------------------------------------------------------------------------------


@pytest.fixture
def known_callback(app) -> dict[str, Any]:
    """A body as Dash would send it for the routing callback."""
    key, entry = next(
        (k, e) for k, e in app.extensions["dash"].callback_map.items() if k.startswith("..frame.children")
    )
    parts = [{"id": "frame", "property": "children"}, {"id": "page-path", "property": "data"}]
    return {
        "output": key,
        "outputs": parts,
        "inputs": [
            {"id": part["id"], "property": part["property"], "value": "/methodology"}
            for part in entry["inputs"]
        ],
        "state": [{"id": part["id"], "property": part["property"], "value": ""} for part in entry["state"]],
        "changedPropIds": ["url.pathname"],
    }


def test_a_callback_as_the_page_sends_it(browse, known_callback) -> None:
    answer = browse("Bob").callback(known_callback)
    assert answer.status_code == 200
    assert "Methodology" in answer.text


def test_a_callback_draws_only_what_the_person_may_open(browse, known_callback) -> None:
    for path, people in PAGES.items():
        known_callback["inputs"][0]["value"] = re.sub("<.*>", NOBODYS_ID, path)
        for person in PEOPLE:
            answer = browse(person).callback(known_callback)
            assert answer.status_code == 200
            is_missing = "There is nothing here" in answer.text
            assert is_missing is (person not in people or "<" in path), (person, path)


MALFORMED: list[Any] = [
    None, [], "text", 7, {}, {"output": None}, {"output": 7}, {"output": ["x"]}, {"output": "no.such"},
    {"output": "frame.children"}, {"output": "__proto__.x", "inputs": [], "outputs": []},
]  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=str)
def test_malformed_callbacks_are_refused(browse, body) -> None:
    browser = browse("Bob")
    answer = browser.client.post(
        "/_dash-update-component", base_url=ADDRESS, data=json.dumps(body), content_type="application/json",
        headers={"Origin": ADDRESS, "X-CSRFToken": browser.script_token()},
    )  # fmt: skip
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 20000, b"nan", b'{"output": 1e999}'])
def test_bodies_that_are_no_json_are_refused(browse, data) -> None:
    browser = browse("Bob")
    for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        answer = browser.client.post(
            "/_dash-update-component", base_url=ADDRESS, data=data, content_type=content_type,
            headers={"Origin": ADDRESS, "X-CSRFToken": browser.script_token()},
        )  # fmt: skip
        assert answer.status_code in (400, 415)


def test_a_body_too_large_is_refused(browse) -> None:
    assert browse("Bob").callback({"output": "x" * 1_100_000}).status_code == 413


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []}, {"inputs": None}, {"inputs": [1, 2]}, {"inputs": [[]]}, {"inputs": [{"id": "url"}]},
        {"inputs": [{"id": 7, "property": "pathname"}]}, {"inputs": [{"id": "url", "property": "href", "value": "/"}]},
        {"inputs": [[{"id": "url", "property": "pathname", "value": "/"}]]}, {"inputs": {"id": "url"}},
        {"state": []}, {"state": None}, {"state": [None]}, {"outputs": None}, {"outputs": []}, {"outputs": {"id": "x"}},
        {"outputs": [{"id": "frame", "property": "children"}]}, {"outputs": [None, None]}, {"outputs": [[], []]},
        {"changedPropIds": None}, {"changedPropIds": "x"}, {"changedPropIds": [1]}, {"changedPropIds": ["nodot"]},
        {"changedPropIds": ["{.x"]}, {"changedPropIds": ["url."]},
    ],
    ids=str,
)  # fmt: skip
def test_a_known_callback_in_a_wrong_shape_is_no_failure_of_ours(browse, known_callback, change) -> None:
    assert browse("Bob").callback({**known_callback, **change}).status_code == 400


ADDRESSES = st.sampled_from(
    [
        "/", "/overview", "/campaigns/" + NOBODYS_ID, "/reports", "?period=7d", "?from=0000-00-00&to=x", "?podcast=x",
        "?from=2026-01-01&to=2026-02-01&grain=hour", "?app=" + "x|" * 200, "?period=%00", "\x00", "\ud800", "?a=b" * 60,
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | ADDRESSES
    | st.sampled_from(["campaign_performance", "podcast_audience", "all", "30d", NOBODYS_ID])
    | st.fixed_dictionaries({"path": ADDRESSES, "search": ADDRESSES}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_value_in_a_callback_makes_it_fail(app, browse, data) -> None:
    """Every callback of the application, in the right shape, with whatever values somebody may put into it."""
    callbacks = app.extensions["dash"].callback_map
    served = sorted(key for key, entry in callbacks.items() if "callback" in entry)
    key = data.draw(st.sampled_from(served), label="callback")
    entry = callbacks[key]
    browser = _logged_in(app, browse)

    def part(registered: dict[str, str]) -> Any:
        identity = registered["id"]
        if identity.startswith("{"):
            wild = json.loads(identity)
            one = {name: "x" if isinstance(value, list) else value for name, value in wild.items()}
            made = {
                "id": one,
                "property": registered["property"],
                "value": _value(data, registered["property"], one),
            }
            return [made] if '["ALL"]' in identity else made
        name = registered["property"]
        return {"id": identity, "property": name, "value": _value(data, name, identity)}

    outputs = [_output_part(one) for one in key.strip(".").split("...")]
    body = {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": [part(registered) for registered in entry["inputs"]],
        "state": [part(registered) for registered in entry["state"]],
        "changedPropIds": [],
    }
    answer = browser.callback(body)
    assert answer.status_code < 500, (answer.status_code, body)


def _value(data: Any, name: str, identity: Any) -> Any:
    if name == "id":
        return identity
    if name in ("pathname", "search"):
        return data.draw(st.text(max_size=40) | ADDRESSES)
    return data.draw(st.none() | st.integers() if name in ("n_clicks", "n_intervals") else VALUES)


def _output_part(text: str) -> Any:
    identity, _, name = text.rpartition(".")
    if not identity.startswith("{"):
        return {"id": identity, "property": name}
    one = {key: "x" if isinstance(value, list) else value for key, value in json.loads(identity).items()}
    made = {"id": one, "property": name}
    return [made] if '["ALL"]' in identity else made


_browsers: dict[int, Browser] = {}


def _logged_in(app: Flask, browse) -> Browser:
    """One log-in for all examples of a property."""
    if id(app) not in _browsers:
        _browsers[id(app)] = browse("Alice")
    return _browsers[id(app)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=VALUES)
def test_no_json_makes_the_update_endpoint_fail(app, browse, body) -> None:
    browser = _logged_in(app, browse)
    answer = browser.client.post(
        "/_dash-update-component", base_url=ADDRESS, data=json.dumps(body), content_type="application/json",
        headers={"Origin": ADDRESS, "X-CSRFToken": browser.script_token()},
    )  # fmt: skip
    assert answer.status_code == 400
