"""`podboard key`: keys of machines, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from dashboard.databases import databases
from queries.api_keys import SCOPES, create_api_key, revoke_api_key
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor
from queries.settings import Settings


@click.group()
def command() -> None:
    """Make and revoke API keys."""


@command.command()
@click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")
@click.option("--email", required=True, help="The person in whose name it acts.")
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("events.write",), show_default=True,
    help="What it may do; may be repeated.",
)  # fmt: skip
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Its last day (UTC).")
def create(tenant: str, email: str, name: str, scopes: tuple[str, ...], expires: datetime | None) -> None:
    """Make a key and print it: it is shown this once and kept nowhere."""
    with databases(Settings.from_env()):
        made = create_api_key(
            Actor(unscoped_tenant_id(tenant)), email=email, name=name, scopes=scopes,
            expires_at=expires.replace(hour=23, minute=59, second=59, tzinfo=UTC) if expires else None,
        )  # fmt: skip
    click.echo(made.key)
    click.echo(
        f"It is shown this once. `podboard key revoke --tenant {tenant} {made.prefix}` ends it.", err=True
    )


@command.command()
@click.argument("prefix")
@click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")
def revoke(prefix: str, tenant: str) -> None:
    """End a key at once, by its beginning (like pb_1a2b3c4d)."""
    with databases(Settings.from_env()):
        revoke_api_key(Actor(unscoped_tenant_id(tenant)), prefix)
    click.echo(f"{prefix} is revoked.")
