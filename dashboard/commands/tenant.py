"""`podboard tenant`: tenants and how they are set up, from the command line."""

from __future__ import annotations

import click

from dashboard.databases import databases
from queries.ingest.counting.windows import Window
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.tenant_settings import TenantSettings, change_settings, tenant_settings
from queries.tenants import create_tenant
from reports.formatting import day


@click.group()
def command() -> None:
    """Create tenants, and see and change how they are set up."""


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


@command.command()
@click.argument("slug")
@click.option(
    "--download-window", metavar="WINDOW",
    help=f"Within what a listener's requests for an episode are one download: {', '.join(Window)}.",
)  # fmt: skip
@click.option(
    "--listener-retention-days", type=int, metavar="N",
    help="For how many days the rows are kept that unique listeners are counted from: as far back they are known.",
)  # fmt: skip
def settings(slug: str, download_window: str | None, listener_retention_days: int | None) -> None:
    """Show how a tenant is set up, or change it.

    Another window holds for requests that come in from then on: what is counted stays counted, what was refused stays
    refused, and "why this number" says where a period mixes windows. It is refused while an import is under way.

    Fewer days of listeners are cut off at night, which cannot be undone afterwards; more days bring nothing back. What
    is forgotten then are the rows of who downloaded what on which day. Raw events keep the ids of their listeners
    until they go after two years, and what is known of campaigns (impressions, visits, conversions, whom they reached)
    keeps them longer: reach is no unique listeners, and does not end with these days.
    """
    with databases(Settings.from_env()):
        tenant_id = unscoped_tenant_id(slug)
        if download_window is None and listener_retention_days is None:
            with tenant_session(Actor(tenant_id)) as connection:
                lines = _shown(tenant_settings(connection))
        else:
            before, after = change_settings(
                tenant_id, download_window=download_window, listener_retention_days=listener_retention_days
            )
            lines = _changed(before, after) or ["It is so already: nothing has changed."]
    for line in lines:
        click.echo(line)


def _shown(now: TenantSettings) -> list[str]:
    return [
        f"Time zone        {now.time_zone}",
        f"Currency         {now.currency}",
        f"Weeks begin on   {now.week_start.title()}",
        f"Download window  {now.download_window}: once per {now.download_window.words}",
        f"Listeners kept   {now.listener_retention_days:,} days: unique listeners are known since "
        f"{day(now.listeners_from)} at most",
    ]


def _changed(before: TenantSettings, after: TenantSettings) -> list[str]:
    lines = []
    if after.download_window is not before.download_window:
        lines += [
            f"Download window: {before.download_window} → {after.download_window}, once per "
            f"{after.download_window.words}.",
            "  For requests that come in from now on. What is counted stays counted, what was refused stays refused.",
        ]
    if after.listener_retention_days != before.listener_retention_days:
        lines.append(
            f"Listeners kept: {before.listener_retention_days:,} → {after.listener_retention_days:,} days."
        )
        if after.listener_retention_days < before.listener_retention_days:
            lines.append(
                f"  Unique listeners before {day(after.listeners_from)} are forgotten at night; until then the old "
                "number holds."
            )
            lines.append(
                "  Raw events keep their listeners' ids for two years all the same; campaigns keep whom they reached."
            )
        else:
            lines.append(
                f"  What is forgotten does not come back: unique listeners are known since "
                f"{day(after.listeners_from)} at most."
            )
    return lines
