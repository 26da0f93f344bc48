"""`podboard run`: all in one, for trying it out and for development."""

from __future__ import annotations

import os

import click

from dashboard.databases import uses_embedded
from dashboard.run import run
from queries.settings import Settings


@click.command()
def command() -> None:
    """Start database, web and worker together; without any configuration, with the demo in an embedded database.

    PORT and PODBOARD_HOME say where. With DATABASE_URL, DATABASE_WORKER_URL and DATABASE_OWNER_URL it uses those.
    """
    environment = dict(os.environ)
    if "PODBOARD_DEMO" not in environment and uses_embedded(Settings.from_env(environment)):
        environment["PODBOARD_DEMO"] = "1"
    run(Settings.from_env(environment))
