"""The command line: found commands, one-line errors, migrate and check on an embedded database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard import jobs, system
from dashboard.commands.refresh import refresh_everything
from dashboard.run import only_one, public_address
from queries.settings import Settings

COMMANDS = Path(__file__).parents[2] / "dashboard" / "commands"


def podboard(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_module_of_commands_is_a_subcommand() -> None:
    shown = podboard("--help")
    assert shown.returncode == 0
    names = [
        line.split()[0] for line in shown.stdout.partition("Commands:\n")[2].splitlines() if line.strip()
    ]
    modules = {path.stem for path in COMMANDS.glob("*.py") if not path.stem.startswith("_")}
    assert set(names) == {module.rstrip("_").replace("_", "-") for module in modules}
    assert {"check", "migrate", "run", "structure", "web"} <= set(names)


def test_every_program_that_tests_start_is_named_where_it_is_missing(tmp_path: Path) -> None:
    for purpose, named in (
        ("run", set()),
        ("test", {"poppler-utils", "chromium-headless-shell", "nodejs", "npm"}),
    ):
        shown = podboard("check", "--missing-packages", purpose, PATH=str(tmp_path))
        assert shown.returncode == 0
        assert {name for name in shown.stdout.split() if not name.startswith(("lib", "fonts"))} == named


def test_the_systems_postgresql_is_named_by_what_the_system_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def named() -> set[str]:
        return {found.package for found in system.missing("test") if found.package.startswith("postgresql")}

    monkeypatch.setattr(system, "_SYSTEM_POSTGRESQL", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for codename, package in (("bookworm", "postgresql-15"), ("trixie", "postgresql")):
        monkeypatch.setattr(
            system.platform,
            "freedesktop_os_release",
            lambda codename=codename: {"VERSION_CODENAME": codename},
        )
        assert named() == {package}
    for version, enough in (("14", False), ("15", True)):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
        assert (named() == set()) is enough


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["run"], {"PORT": "http"}, "PORT=http must be a whole number from 1 to 65535."),
        (["run"], {"PODBOARD_HOST": "0.0.0.0"}, "PODBOARD_HOST=0.0.0.0: the demo has known passwords"),
        (
            ["run"],
            {"DATABASE_OWNER_URL": "postgresql://o@h/d"},
            "DATABASE_OWNER_URL is set but DATABASE_URL is not",
        ),
        (["web"], {}, "SECRET_KEY is not set"),
        (["web"], {"SECRET_KEY": "changeme"}, "SECRET_KEY is too weak"),
        (
            ["web", "--host", "0.0.0.0"],
            {"PODBOARD_DEMO": "1"},
            "PODBOARD_HOST=0.0.0.0: the demo has known passwords",
        ),
        (
            ["web", "--host", "0.0.0.0"],
            {"SECRET_KEY": "kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA"},
            "PODBOARD_URL=http://0.0.0.0:8050 must begin with https://",
        ),
        (["web"], {"SECRET_KEY": "kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA"}, "DATABASE_URL is not set."),
        (
            ["web"],
            {
                "SECRET_KEY": "kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA",
                "DATABASE_URL": "postgresql://w@127.0.0.1:1/d",
            },
            "The database cannot be reached: ",
        ),
        (
            ["migrate"],
            {"DATABASE_URL": "postgresql://w@h/d"},
            "DATABASE_OWNER_URL is not set.",
        ),
        (["check"], {"PODBOARD_PG_BIN": "/nowhere"}, "PODBOARD_PG_BIN=/nowhere holds no PostgreSQL"),
    ],
)
def test_what_has_to_be_mended_is_told_in_one_line(
    arguments: list[str], environment: dict[str, str], message: str, tmp_path: Path
) -> None:
    done = podboard(*arguments, **{"PODBOARD_HOME": str(tmp_path / "home"), **environment})
    assert done.returncode == 1
    assert done.stderr.startswith(f"podboard: {message}")
    assert done.stderr.count("\n") == 1


def test_web_refuses_a_role_that_bypasses_row_security(owner_dsn: str) -> None:
    done = podboard("web", SECRET_KEY="kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA", DATABASE_URL=owner_dsn)
    assert done.returncode == 1
    assert done.stderr.startswith("podboard: Refusing to run: podboard_owner owns database ")


def test_migrate_plans_applies_and_rests(server: object, home: Path) -> None:
    environment = {"PODBOARD_HOME": str(home)}
    planned = podboard("migrate", "--plan", **environment)
    assert planned.returncode == 0
    assert "would apply 0001_foundation\n" in planned.stdout
    applied = podboard("migrate", **environment)
    assert applied.returncode == 0
    assert "applied 0001_foundation\n" in applied.stdout
    again = podboard("migrate", **environment)
    assert (again.returncode, again.stdout) == (0, "The database is up to date.\n")


def test_check_says_what_it_found(server: object, home: Path) -> None:
    done = podboard("check", PODBOARD_HOME=str(home))
    assert done.returncode == 0, done.stdout
    for subject in (
        "Server",
        "TimescaleDB",
        "Extension pg_trgm",
        "Web role",
        "Worker role",
        "Owner role",
        "Locks",
    ):
        assert f"ok    {subject} " in done.stdout
    for subject in ("libpango-1.0-0", "fonts-dejavu-core"):
        assert subject in done.stdout


def test_check_fails_when_a_role_is_too_strong(owner_dsn: str) -> None:
    done = podboard(
        "check",
        DATABASE_URL=owner_dsn,
        SECRET_KEY="kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA",
    )
    assert done.returncode == 1
    assert "FAIL  Web role" in done.stdout


def test_a_refresh_that_fails_holds_up_none_of_the_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every number of every tenant stood still for one tenant's rollups, where the worker runs each by itself."""
    names = [job.name for job in jobs.JOBS if job.refreshes]
    ran: list[str] = []

    def command_of(name: str) -> Callable[[], int]:
        def run() -> int:
            ran.append(name)
            if name in names[:2]:
                raise RuntimeError(f"{name} of a tenant")
            return 1

        return run

    monkeypatch.setattr(jobs, "JOBS", tuple(replace(job, command=command_of(job.name)) for job in jobs.JOBS))
    with pytest.raises(RuntimeError, match=f"{names[0]} of a tenant"):
        refresh_everything(settings)
    assert ran == names
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == names[2:]
    assert [line.split()[:3] for line in said.err.splitlines()] == [
        [name, "failed:", "RuntimeError;"] for name in names[:2]
    ]


def test_a_link_leads_to_the_podboard_that_runs_in_this_home(tmp_path: Path) -> None:
    """Whoever prints a link seldom has the PORT of the product in its environment."""
    usual = Settings(home=tmp_path)
    running = replace(usual, port=8177, public_url="http://127.0.0.1:8177")
    with only_one(tmp_path, running):
        assert public_address(usual) == "http://127.0.0.1:8177"
        given = replace(usual, public_url="https://podboard.example")
        assert public_address(given) == "https://podboard.example", "an address that was given is meant"
    assert (tmp_path / "run.lock").exists()
    assert public_address(usual) == "http://127.0.0.1:8050", "nothing runs any more"
    assert public_address(replace(usual, home=tmp_path / "none")) == "http://127.0.0.1:8050"
