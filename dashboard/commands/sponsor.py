"""`podboard sponsor`: whose campaigns there are, from the command line."""

from __future__ import annotations

import click

from dashboard.databases import databases
from queries.campaign_entry import create_sponsor, sponsors_entered
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor, tenant_session
from queries.settings import Settings

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")


@click.group()
def command() -> None:
    """Make and list sponsors, whose campaigns run in the podcasts."""


@command.command()
@click.argument("name")
@_TENANT
def create(name: str, tenant: str) -> None:
    """Make a sponsor. A name that is taken, in whatever capitals, is told and changes nothing."""
    with databases(Settings.from_env()):
        create_sponsor(Actor(unscoped_tenant_id(tenant)), name)
    name = name.strip()
    click.echo(f"Created {name}. Its campaigns, and a person who sees them:")
    click.echo(f'  podboard campaign create NAME --tenant {tenant} --sponsor "{name}" --from DATE --to DATE')
    click.echo(
        f'  podboard user invite --tenant {tenant} --role sponsor --email person@example.com --own "sponsor:{name}"'
    )


@command.command("list")
@_TENANT
def list_(tenant: str) -> None:
    """List the sponsors with how many campaigns they have."""
    with databases(Settings.from_env()), tenant_session(Actor(unscoped_tenant_id(tenant))) as connection:
        found = sponsors_entered(connection)
    for sponsor in found:
        count = sponsor["campaigns"]
        click.echo(f"{sponsor['name']}: {count:,} {'campaign' if count == 1 else 'campaigns'}")
    if not found:
        click.echo("There is no sponsor: podboard sponsor create makes one.")
