"""`podboard user`: invite, reset and disable people, from the command line."""

from __future__ import annotations

import click

from dashboard.databases import databases
from dashboard.run import public_address
from queries.errors import InvalidRequest
from queries.settings import Settings
from queries.tenants import OPERATOR, OneTimeLink, Ownership, invite, reset, set_disabled


@click.group()
def command() -> None:
    """Invite people, give them a new password link, disable them."""


@command.command("invite")
@click.option("--tenant", help="Slug of the tenant.")
@click.option(
    "--operator", is_flag=True, help="Invite an operator, who has no tenant and sees no tenant's data."
)
@click.option("--email", required=True)
@click.option("--role", help="sponsor, podcaster, account_manager, admin, or a role of the tenant's own.")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--own", "owns", multiple=True, metavar="KIND:NAME", help="sponsor:NAME or podcast:NAME; may be repeated."
)
def invite_person(
    tenant: str | None, operator: bool, email: str, role: str | None, name: str, owns: tuple[str, ...]
) -> None:
    """Invite a person and print the one-time link that sets their password."""
    if operator == bool(tenant) or operator == bool(role):
        raise click.UsageError("Give --tenant and --role, or --operator.")
    settings = Settings.from_env()
    with databases(settings):
        link = invite(
            tenant=tenant,
            email=email,
            role=role or OPERATOR,
            full_name=name,
            owns=[_ownership(own) for own in owns],
        )
    _show(settings, link, email)


@command.command("reset")
@click.option("--email", required=True)
def reset_password(email: str) -> None:
    """Print a one-time link that sets a new password."""
    settings = Settings.from_env()
    with databases(settings):
        link = reset(email=email)
    _show(settings, link, email)


@command.command()
@click.option("--email", required=True)
def disable(email: str) -> None:
    """Shut a person out; every open session ends at once."""
    with databases(Settings.from_env()):
        ended = set_disabled(email=email, is_disabled=True)
    click.echo(f"{email} is disabled; {ended} open sessions ended.")


@command.command()
@click.option("--email", required=True)
def enable(email: str) -> None:
    """Let a disabled person in again."""
    with databases(Settings.from_env()):
        set_disabled(email=email, is_disabled=False)
    click.echo(f"{email} may log in again.")


def _ownership(text: str) -> Ownership:
    kind, colon, name = text.partition(":")
    if not colon or not name.strip():
        raise InvalidRequest("--own is written sponsor:NAME or podcast:NAME.", field="own")
    return Ownership(kind.strip(), name.strip())


def _show(settings: Settings, link: OneTimeLink, email: str) -> None:
    # The token stands behind the #, so that it reaches no server log when the link is opened.
    click.echo(f"One-time link for {email}, good until {link.expires_at:%Y-%m-%d %H:%M} UTC:")
    click.echo(f"{public_address(settings)}/set-password#{link.token}")
