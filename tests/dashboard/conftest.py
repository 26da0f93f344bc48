"""The real web application on a database of its own, with people of two tenants who log in as anybody would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask

from dashboard.auth import passwords
from dashboard.server import create_app
from queries.people import Account, Origin, account_session, start_session, use_password_token
from queries.session import Actor, anonymous_session
from queries.settings import Settings
from queries.tenants import create_tenant, invite
from tests.dashboard.visitors import ADDRESS, CHEAP, PASSWORD, PEOPLE, Browser, Clock, Using, address
from tests.world import World


@pytest.fixture(scope="session")
def cheap_passwords() -> Iterator[None]:
    """Password hashing that costs next to nothing, in stored hashes and in new ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(**CHEAP))
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def web_database(make_database: Callable[[str], Any]) -> Any:
    """The database of the web tests, which commit."""
    return make_database("podboard_pages")


@pytest.fixture(scope="session")
def web_settings(web_database: Any, home: Path, cheap_passwords: None) -> Settings:
    """Settings as in a deployment: no demo, reached by https; the database holds two tenants and their people."""
    settings = Settings(
        database_url=web_database.web_dsn, database_worker_url=web_database.worker_dsn,
        database_owner_url=web_database.owner_dsn, home=home,
        public_url=ADDRESS, secret_key="Xk3v0s9QmT7cJw2uYh5nRb8eLf1aZd4pGi6o",
    )  # fmt: skip
    with Using(settings):
        create_tenant(name="Alpha Audio", slug="alpha", time_zone="America/New_York", currency="USD")
        create_tenant(name="Beta Broadcast", slug="beta", time_zone="Europe/Berlin", currency="EUR")
        hashed = passwords.hash_password(PASSWORD)
        for person, (tenant, role) in PEOPLE.items():
            link = invite(tenant=tenant, email=address(person), role=role, full_name=person)
            with anonymous_session(write=True) as connection:
                assert use_password_token(connection, link.token, hashed, now=datetime.now(UTC))
    return settings


@pytest.fixture(scope="session")
def whole_app(web_settings: Settings) -> Flask:
    """The application, made once: Dash keeps its pages and callbacks in the process."""
    return create_app(web_settings)


@pytest.fixture
def app(whole_app: Flask, web_settings: Settings) -> Iterator[Flask]:
    """The application with its database, and a clock of its own that runs."""
    whole_app.config.pop("CLOCK", None)
    with Using(web_settings):
        yield whole_app
    whole_app.config.pop("CLOCK", None)


@pytest.fixture
def clock(app: Flask) -> Clock:
    """The application's clock, standing still."""
    app.config["CLOCK"] = Clock()
    return app.config["CLOCK"]


@pytest.fixture
def browse(app: Flask) -> Callable[..., Browser]:
    """A new browser, logged in as the person if one is named."""

    def open_browser(person: str | None = None) -> Browser:
        browser = Browser(app.test_client(), app)
        if person:
            answer = browser.log_in(person)
            assert answer.status_code == 303, answer.text
        return browser

    return open_browser


@pytest.fixture
def in_tables(web_database: Any) -> Iterator[psycopg.Connection[Any]]:
    """A way round row-level security, to see and to arrange what truly is in the tables."""
    with psycopg.connect(web_database.superuser_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _no_attempts(request: pytest.FixtureRequest) -> None:
    """No test of the web begins with the failures of another."""
    if "app" in request.fixturenames:
        request.getfixturevalue("in_tables").execute("delete from login_attempts")


@pytest.fixture
def visit(world: World, whole_app: Flask) -> Iterator[Callable[[str | Actor], Browser]]:
    """Opens a browser of somebody in the world, at the world's time, on the world's database."""
    whole_app.config["CLOCK"] = lambda: world.now

    def open_browser(person: str | Actor) -> Browser:
        actor = person if isinstance(person, Actor) else getattr(world.people, person)
        account = Account(
            user_id=actor.user_id, tenant_id=actor.tenant_id, password_hash="", is_active=True
        )  # fmt: skip
        with account_session(actor.tenant_id, actor.user_id) as connection:
            token = start_session(connection, account, now=world.now, origin=Origin("192.0.2.0/24", "tests"))
        browser = Browser(whole_app.test_client(), whole_app)
        browser.client.set_cookie("__Host-podboard", token, domain="podboard.test", secure=True)
        return browser

    yield open_browser
    whole_app.config.pop("CLOCK", None)
