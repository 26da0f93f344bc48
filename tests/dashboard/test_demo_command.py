"""`podboard demo` and the demo of `make run`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from dashboard.commands.demo import command, ensure_demo
from queries.settings import Settings
from schema import SetupError, demo
from schema.demo.large import large_tenant


def test_known_passwords_do_not_reach_a_database_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = CliRunner().invoke(command)
    assert isinstance(done.exception, SetupError)
    assert "PODBOARD_DEMO=1" in str(done.exception)


def test_demo_loads_once_and_says_so(make_database: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    database = make_database("podboard_demo_command")
    monkeypatch.setattr(demo, "large_tenants", lambda: (large_tenant(1, size=0.002),))
    monkeypatch.setattr("dashboard.databases.use_settings", lambda _settings: None)
    for name, dsn in (
        ("DATABASE_URL", database.web_dsn),
        ("DATABASE_WORKER_URL", database.worker_dsn),
        ("DATABASE_OWNER_URL", database.owner_dsn),
        ("PODBOARD_DEMO", "1"),
    ):
        monkeypatch.setenv(name, dsn)
    first = CliRunner().invoke(command, ["--scale", "large"], catch_exceptions=False)
    assert "Large Network 01: " in first.output
    assert "Demo of 1 tenant loaded" in first.output
    second = CliRunner().invoke(command, ["--scale", "large"], catch_exceptions=False)
    assert second.output == "The large demo is there already.\n"


def test_make_run_asks_the_owner_for_the_small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(demo, "load", lambda dsn, **_: asked.append(dsn))
    ensure_demo(Settings(database_owner_url="postgresql://owner@127.0.0.1/podboard"))
    assert asked == ["postgresql://owner@127.0.0.1/podboard"]
    with pytest.raises(SetupError, match="DATABASE_OWNER_URL"):
        ensure_demo(Settings())
