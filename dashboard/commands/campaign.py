"""`podboard campaign`: what sponsors have booked, from the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from dashboard.databases import databases
from queries.campaign_entry import (
    CONVERSION_TYPES,
    NewCampaign,
    campaigns_entered,
    create_campaign,
    set_stage,
)
from queries.campaign_states import STAGES
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor, tenant_session
from queries.settings import Settings
from reports.formatting import money

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Make and list campaigns, and move them from stage to stage."""


@command.command()
@click.argument("name")
@_TENANT
@click.option(
    "--sponsor", required=True, metavar="NAME", help="Whose it is; podboard sponsor create makes one."
)
@click.option("--from", "starts", required=True, type=_DAY, metavar="DATE", help="First day of the flight.")
@click.option("--to", "ends", required=True, type=_DAY, metavar="DATE", help="Last day of the flight.")
@click.option(
    "--stage", default="booked", show_default=True, metavar="STAGE", help=f"One of {', '.join(STAGES)}."
)
@click.option(
    "--conversion-type", default="purchase", show_default=True, metavar="TYPE",
    help=f"What counts as a conversion: {' or '.join(CONVERSION_TYPES)}.",
)  # fmt: skip
@click.option("--budget", metavar="AMOUNT", help="What may be spent, like 12500.50.")
@click.option("--currency", metavar="CUR", help="ISO 4217, like EUR; otherwise the tenant's own.")
@click.option("--goal", type=int, metavar="N", help="How many conversions are hoped for.")
def create(
    name: str, tenant: str, sponsor: str, starts: datetime, ends: datetime, stage: str, conversion_type: str,
    budget: str | None, currency: str | None, goal: int | None,
) -> None:  # fmt: skip
    """Make a campaign of a sponsor and print its id.

    Days are the tenant's. Ads are counted on the days of the flight while the stage is booked, live, paused or
    completed. A name that the sponsor's campaigns have already is told and changes nothing.
    """
    told = NewCampaign(
        name=name, sponsor=sponsor, starts_on=starts.date(), ends_on=ends.date(), stage=stage,
        conversion_type=conversion_type, budget=budget, currency=currency, goal_conversions=goal,
    )  # fmt: skip
    with databases(Settings.from_env()):
        id_ = create_campaign(Actor(unscoped_tenant_id(tenant)), told)
    click.echo(id_)
    click.echo(
        f"Created {name.strip()}, {stage}. What was sold, and where its ads stand (both name the campaign or its id):\n"
        f"  podboard import bookings FILE --tenant {tenant}\n"
        f"  podboard import ad-units FILE --tenant {tenant}",
        err=True,
    )


@command.command("list")
@_TENANT
def list_(tenant: str) -> None:
    """List the campaigns with their ids, the latest flight first."""
    with databases(Settings.from_env()), tenant_session(Actor(unscoped_tenant_id(tenant))) as connection:
        found = campaigns_entered(connection)
    for campaign in found:
        click.echo(_line(campaign))
    if not found:
        click.echo("There is no campaign: podboard campaign create makes one.")


@command.command()
@click.argument("name")
@click.argument("stage")
@_TENANT
def stage(name: str, stage: str, tenant: str) -> None:
    """Move a campaign, by its name or id, to another stage.

    The stages are prospect, proposed, booked, live, paused, completed and cancelled; spend and pacing go by them.
    """
    with databases(Settings.from_env()):
        before = set_stage(Actor(unscoped_tenant_id(tenant)), name, stage)
    click.echo(f"{name} is {stage} already." if before == stage else f"{name}: {before} → {stage}")


def _line(campaign: dict[str, Any]) -> str:
    said = [
        campaign["stage"],
        f"{campaign['start_date']} to {campaign['end_date']}",
        f"conversion: {campaign['conversion_type']}",
    ]
    if campaign["budget_micros"] is not None:
        said.append(f"budget {money(campaign['budget_micros'], campaign['currency'])}")
    if campaign["goal_conversions"] is not None:
        said.append(f"goal {campaign['goal_conversions']:,}")
    return f"{campaign['id']}  {campaign['name']} ({campaign['sponsor']}): {', '.join(said)}"
