"""`podboard demo`: fills a database with invented tenants, for a first look or for benchmarks."""

from __future__ import annotations

from typing import cast

import click

from dashboard.databases import databases, uses_embedded
from queries.settings import Settings
from schema import SetupError, demo


@click.command()
@click.option(
    "--scale", type=click.Choice(["small", "large"]), default="small", show_default=True,
    help="small: three tenants, under 30 s; large: twenty tenants of a million events each, for benchmarks.",
)  # fmt: skip
def command(scale: str) -> None:
    """Load the demo tenants, whose log-ins are public; does nothing where they are already."""
    settings = Settings.from_env()
    if not uses_embedded(settings) and not settings.demo:
        raise SetupError(
            "The demo's passwords are public: set PODBOARD_DEMO=1 to load it into this database."
        )
    with databases(settings, click.echo) as filled:
        written = demo.load(filled.owner_dsn, scale=cast(demo.Scale, scale), log=click.echo)
    if not written:
        click.echo(f"The {scale} demo is there already.")


def ensure_demo(settings: Settings) -> bool:
    """Whether the small demo had to be loaded. Raises: SettingsError without the owner's way in."""
    return bool(demo.load(settings.owner_dsn, log=click.echo))
