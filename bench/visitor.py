"""Somebody logged in to the real application: what a browser sends, box by box."""

from __future__ import annotations

import gzip
import json
import re
import time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from dashboard.auth.sessions import cookie_name
from dashboard.pages import Page
from queries.settings import Settings
from schema.demo import PASSWORD

UPDATE = "/_dash-update-component"


class ServerClock:
    """Stands in front of the application and times it alone: what the test's client does is not the server's work."""

    def __init__(self, app: Flask) -> None:
        self._inner = app.wsgi_app
        self.wall_ms = self.own_ms = 0.0
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """The application's answer, complete: nothing of ours is streamed."""
        cpu, wall = time.process_time(), time.perf_counter()
        answer = self._inner(environ, start_response)
        self.wall_ms, self.own_ms = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
        return answer


class Visitor:
    """A browser of one person, inside this process."""

    def __init__(self, app: Flask, settings: Settings, email: str) -> None:
        self.email = email
        self.settings = settings
        self.client: FlaskClient = app.test_client()
        form = self.client.get("/login", base_url=settings.public_url, headers={"Accept": "text/html"}).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token, "the log-in page has a form"
        answer = self.client.post(
            "/login",
            base_url=settings.public_url,
            headers={"Origin": settings.public_url},
            data={"csrf_token": token[1], "email": email, "password": PASSWORD},
        )
        assert answer.status_code == 303, f"{email} cannot log in: {answer.status_code}"
        self.client.get("/methodology", base_url=settings.public_url, headers={"Accept": "text/html"})
        self.token = self._cookie("csrf")

    @property
    def cookies(self) -> dict[str, str]:
        """Name and value of the cookies that a browser of this person sends."""
        names = [cookie_name(self.settings, purpose) for purpose in ("", "csrf", "form")]
        return {
            name: value.value for name in names if (value := self.client.get_cookie(name, domain="127.0.0.1"))
        }

    def headers(self) -> dict[str, str]:
        """What a data request carries besides cookies."""
        return {
            "Origin": self.settings.public_url,
            "Sec-Fetch-Site": "same-origin",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, br",
            "Content-Type": "application/json",
            "X-CSRFToken": self.token,
        }

    def send(self, body: str) -> Any:
        """The answer to a data request; anything but 200 fails the benchmark."""
        answer = self.client.post(
            UPDATE, base_url=self.settings.public_url, data=body, headers=self.headers()
        )
        assert answer.status_code == 200, (answer.status_code, answer.text[:200])
        return answer

    def read(self, body: str) -> str:
        """The text of the answer to a data request."""
        answer = self.send(body)
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(answer.data) if is_packed else answer.data).decode()

    def _cookie(self, purpose: str) -> str:
        found = self.client.get_cookie(cookie_name(self.settings, purpose), domain="127.0.0.1")
        assert found, f"no {purpose} cookie"
        return found.value


def frame_request(path: str, search: str) -> str:
    """The request for a page's frame."""
    return json.dumps(
        {
            "output": "..frame.children...page-path.data..",
            "outputs": [{"id": "frame", "property": "children"}, {"id": "page-path", "property": "data"}],
            "inputs": [{"id": "url", "property": "pathname", "value": path}],
            "changedPropIds": ["url.pathname"],
            "state": [{"id": "url", "property": "search", "value": search}],
        }
    )


def box_request(box: str, path: str, search: str) -> str:
    """The request for one box."""
    asked, body = {"box": box, "type": "box-query"}, {"box": box, "type": "box-body"}
    return json.dumps(
        {
            "output": '{"box":["MATCH"],"type":"box-body"}.children',
            "outputs": {"id": body, "property": "children"},
            "inputs": [{"id": asked, "property": "data", "value": {"path": path, "search": search}}],
            "changedPropIds": [json.dumps(asked, separators=(",", ":")) + ".data"],
            "state": [{"id": body, "property": "id", "value": body}],
        }
    )


def options_request(page: Page, path: str) -> str | None:
    """The request for what the filter bar offers; None on a page without filters by dimension."""
    keys = [key for key in page.filters if key in ("podcast", "app", "country", "device")]
    if not keys:
        return None
    ids = [{"key": key, "type": "filter"} for key in keys]
    return json.dumps(
        {
            "output": '{"key":["ALL"],"type":"filter"}.data',
            "outputs": [{"id": one, "property": "data"} for one in ids],
            "inputs": [{"id": "page-path", "property": "data", "value": path}],
            "changedPropIds": ["page-path.data"],
            "state": [
                [{"id": one, "property": "id", "value": one} for one in ids],
                [{"id": one, "property": "value", "value": []} for one in ids],
            ],
        }
    )
