"""`podboard tenant`: the first tenants, from the command line."""

from __future__ import annotations

import click

from dashboard.databases import databases
from queries.settings import Settings
from queries.tenants import create_tenant


@click.group()
def command() -> None:
    """Create tenants."""


@command.command()
@click.option("--name", required=True, help="What people call it.")
@click.option("--slug", required=True, help="Its short name, like northlight-audio.")
@click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    help="IANA name, like Europe/Berlin: where its days begin.",
)
@click.option("--currency", default="USD", show_default=True, help="ISO 4217, like EUR.")
def create(name: str, slug: str, time_zone: str, currency: str) -> None:
    """Create a tenant with its roles (sponsor, podcaster, account_manager, admin)."""
    with databases(Settings.from_env()):
        create_tenant(name=name, slug=slug, time_zone=time_zone, currency=currency)
    click.echo(f"Created {name} ({slug}). Invite its first person:")
    click.echo(f"  podboard user invite --tenant {slug} --role admin --email admin@example.com")
