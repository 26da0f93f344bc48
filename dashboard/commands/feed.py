"""`podboard feed`: feeds that are asked again by the clock."""

from __future__ import annotations

from datetime import datetime

import click

from dashboard.databases import databases
from queries.errors import NotFound
from queries.ingest.feed_refresh import stop_feed
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.sources import feeds

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant of the podcasts.")


@click.group()
def command() -> None:
    """See and stop the feeds that the worker asks again by the clock."""


@command.command("list")
@_TENANT
def list_(tenant: str) -> None:
    """List the feeds with their last success, their next try and what is wrong."""
    with databases(Settings.from_env()):
        with tenant_session(Actor(unscoped_tenant_id(tenant))) as connection:
            found = feeds(connection).rows
        for feed in found:
            problem = f" ({feed['failures']} times: {feed['error_message']})" if feed["failures"] else ""
            click.echo(
                f"{feed['podcast']}: {feed['state']}{problem}, last success {_moment(feed['succeeded_at'])}, "
                f"next try {_moment(feed['next_try_at'])}"
            )
        if not found:
            click.echo("No feed is asked by the clock: podboard import feed URL begins with one.")


@command.command()
@click.argument("url")
@_TENANT
def stop(url: str, tenant: str) -> None:
    """Ask the feed of this address no more; podboard import feed URL begins again."""
    with databases(Settings.from_env()):
        if not stop_feed(Actor(unscoped_tenant_id(tenant)), url):
            raise NotFound("No feed of this address is asked by the clock.")
    click.echo("Stopped. What was imported stays.")


def _moment(moment: datetime | None) -> str:
    return "none" if moment is None else moment.isoformat(timespec="minutes")
