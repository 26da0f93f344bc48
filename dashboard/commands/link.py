"""`podboard link`: pixels and vanity URLs of campaigns, and prefixes of episodes."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

import click

from dashboard.databases import databases
from dashboard.run import public_address
from queries.ingest.collector import create_link
from queries.ingest.http import FetchRefused, check_public, is_found
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor
from queries.settings import Settings

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant of the campaign.")


@click.group()
def command() -> None:
    """Make the links by which visits and conversions of a campaign are counted."""


@command.command()
@_TENANT
@click.option("--campaign", required=True, type=click.UUID)
def pixel(tenant: str, campaign: UUID) -> None:
    """Make a pixel for the page that says thank you, and print its address."""
    settings = Settings.from_env()
    key = secrets.token_hex(16)
    with databases(settings):
        create_link(Actor(unscoped_tenant_id(tenant)), campaign, kind="pixel", key=key)
    click.echo(f"{public_address(settings)}/p/{key}.gif?order_id=…&value=…&currency=…")


@command.command()
@_TENANT
@click.option("--campaign", required=True, type=click.UUID)
@click.option("--name", required=True, help="How the host says it: letters, digits and single hyphens.")
@click.option("--target", required=True, metavar="URL", help="Where it leads: a public https address.")
def vanity(tenant: str, campaign: UUID, name: str, target: str) -> None:
    """Make an address that can be said aloud, which counts a visit and leads on, and print it."""
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"--name {name}: write it like summer-sale.")
    try:
        check_public(target)
        found = is_found(target)
    except FetchRefused as refused:
        raise click.UsageError(
            f"--target {target}: {refused} Visitors are sent there, so it has to be a page that everybody reaches, "
            "like https://shop.example/summer."
        ) from None
    settings = Settings.from_env()
    with databases(settings):
        create_link(
            Actor(unscoped_tenant_id(tenant)),
            campaign,
            kind="vanity_url",
            key=f"{tenant}/{name}",
            target_url=target,
        )
    click.echo(f"{public_address(settings)}/v/{tenant}/{name}")
    if not found:
        click.echo(
            "The host of the target is not known to the name servers yet: see that it is spelled right.",
            err=True,
        )
