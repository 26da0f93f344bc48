"""`podboard check`: says what podboard found, and what of it has to be mended."""

from __future__ import annotations

import sys

import click

from dashboard.databases import on_embedded, uses_embedded
from dashboard.system import missing, requirements
from queries.settings import Settings, SettingsError
from schema.check import Finding, inspect
from schema.server import start

_MARKS = {"ok": "ok  ", "note": "note", "fault": "FAIL"}


@click.command()
@click.option(
    "--missing-packages",
    type=click.Choice(["run", "test"]),
    help="Only name the system packages that are missing to run, or to run and test; none when all are there.",
)
def command(missing_packages: str | None) -> None:
    """Look at the database, its roles and the system; end with 1 if something has to be mended."""
    if missing_packages is not None:
        for requirement in missing("test" if missing_packages == "test" else "run"):
            click.echo(requirement.package)
        return
    settings = Settings.from_env()
    findings = [_secret(settings)]
    if uses_embedded(settings):
        with start(settings.home, settings.pg_bin) as server:
            where = Finding("Database", "ok", f"embedded, in {settings.home} ({server.binaries.directory})")
            findings += [where, *_database(on_embedded(settings, server))]
    else:
        findings += [Finding("Database", "ok", "from DATABASE_URL"), *_database(settings)]
    findings += [
        Finding(requirement.package, "ok", f"present, for {requirement.needed_for}")
        if requirement.is_present
        else Finding(requirement.package, "note", f"missing, for {requirement.needed_for}")
        for requirement in requirements()
    ]
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        click.echo(f"{_MARKS[finding.state]}  {finding.subject:<{width}}  {finding.text}")
    if any(finding.state == "fault" for finding in findings):
        sys.exit(1)


def _database(settings: Settings) -> list[Finding]:
    return inspect(
        settings.runtime_dsn, worker_dsn=settings.database_worker_url, owner_dsn=settings.database_owner_url
    )


def _secret(settings: Settings) -> Finding:
    if settings.demo or (uses_embedded(settings) and not settings.secret_key):
        return Finding("SECRET_KEY", "ok", "not set: the demo makes its own")
    try:
        settings.require_secret_key()
    except SettingsError as error:
        return Finding("SECRET_KEY", "fault", str(error))
    return Finding("SECRET_KEY", "ok", "set")
