"""`podboard migrate`: brings the database to this release."""

from __future__ import annotations

import click

from dashboard.databases import uses_embedded, wanted_engine
from queries.settings import Settings
from schema.migrate import migrate
from schema.server import start


@click.command()
@click.option("--plan", is_flag=True, help="Show what would be applied, and apply nothing.")
def command(plan: bool) -> None:
    """Apply pending migrations as the owner role (DATABASE_OWNER_URL)."""
    settings = Settings.from_env()
    if uses_embedded(settings):
        with start(settings.home, settings.pg_bin) as server:
            _migrate(settings, server.dsn("podboard_owner"), plan)
    else:
        _migrate(settings, settings.owner_dsn, plan)


def _migrate(settings: Settings, owner_dsn: str, plan: bool) -> None:
    labels = migrate(owner_dsn, plan=plan, engine=wanted_engine(settings), report=click.echo)
    if plan:
        for label in labels:
            click.echo(f"would apply {label}")
    if not labels:
        click.echo("The database is up to date.")
