"""Who visits the web application in tests, with what browser, and at what time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from queries.settings import Settings, current_settings, use_settings

ADDRESS = "https://podboard.test"
PASSWORD = "a quiet lantern hums"

# Argon2 as quick as it can be: these tests log in hundreds of times. The strength itself is tested apart.
CHEAP = {"time_cost": 2, "memory_cost": 1024, "parallelism": 1}

PEOPLE = {
    "Alice": ("alpha", "admin"),
    "Bob": ("alpha", "sponsor"),
    "Carol": ("alpha", "podcaster"),
    "Dora": ("alpha", "account_manager"),
    "Charlie": ("beta", "admin"),
    "Oscar": (None, "operator"),
}


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Browser:
    """A browser with cookies of its own, which sends what a browser sends."""

    client: FlaskClient
    app: Flask

    def get(self, path: str, **options: Any) -> Any:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        return self.client.get(path, base_url=ADDRESS, headers=headers, **options)

    def post(
        self, path: str, *, token: str | None = None, origin: str | None = ADDRESS, **options: Any
    ) -> Any:
        headers = {"Accept": "text/html", **options.pop("headers", {})}
        if origin is not None:
            headers["Origin"] = origin
        if token is not None:
            headers["X-CSRFToken"] = token
        return self.client.post(path, base_url=ADDRESS, headers=headers, **options)

    def form_token(self, path: str = "/login") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found, path
        return found[1]

    def log_in(self, person: str, password: str = PASSWORD, **fields: str) -> Any:
        form = {"csrf_token": self.form_token(), "email": address(person), "password": password, **fields}
        return self.post("/login", data=form)

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, domain="podboard.test")
        return found.value if found else None

    def callback(self, body: object, *, token: str | None = None) -> Any:
        """Sends a callback as Dash's renderer does."""
        return self.client.post(
            "/_dash-update-component",
            base_url=ADDRESS,
            json=body,
            headers={
                "Origin": ADDRESS,
                "Accept": "application/json",
                "X-CSRFToken": token or self.script_token(),
            },
        )

    def script_token(self) -> str:
        if not self.cookie("__Host-podboard-csrf"):
            self.get("/methodology")
        return self.cookie("__Host-podboard-csrf") or ""


def address(person: str) -> str:
    """The e-mail of a person of these tests."""
    return f"{person.lower()}@{PEOPLE[person][0] or 'podboard'}.example" if person in PEOPLE else person


class Using:
    """Makes settings those of the process for a while."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> None:
        self.before = current_settings()
        use_settings(self.settings)

    def __exit__(self, *_: object) -> None:
        use_settings(self.before)
