"""`podboard worker`: the worker process, as a deployment runs it."""

from __future__ import annotations

import sys

import click

from dashboard.databases import uses_embedded
from queries.settings import Settings, SettingsError
from schema.check import require_runtime_role


@click.command()
def command() -> None:
    """Refresh numbers and make reports until stopped; DATABASE_WORKER_URL must be set."""
    from dashboard.worker import main

    settings = Settings.from_env()
    if uses_embedded(settings):
        raise SettingsError(
            "DATABASE_WORKER_URL is not set; `podboard run` starts a worker on its own database."
        )
    require_runtime_role(settings.worker_dsn, worker=True)
    sys.exit(main())
