"""`podboard refresh`: brings every derived number up to date once, now."""

from __future__ import annotations

import time

import click

from dashboard.databases import databases
from dashboard.worker import settings_of_worker
from queries.engine import dispose_engines
from queries.errors import PodboardError
from queries.settings import Settings, use_settings


@click.command()
def command() -> None:
    """Run every refresh of the worker once, in order; safe beside a running worker."""
    with databases(Settings.from_env()) as settings:
        refresh_everything(settings)


def refresh_everything(settings: Settings) -> None:
    """Runs every refresh of the worker once, in order, and says what each wrote.

    One that fails, for one tenant perhaps, holds up none of the others; the first error is raised at the end.
    """
    from dashboard.jobs import JOBS

    failed: Exception | None = None
    use_settings(settings_of_worker(settings))
    try:
        for job in JOBS:
            if not job.refreshes:
                continue
            began = time.monotonic()
            try:
                done = job.command()
            except Exception as error:  # noqa: BLE001 - as in the worker, which runs each by itself
                failed = failed or error
                click.echo(f"{job.name:<14} failed: {_said_of(error)}; the others go on", err=True)
                continue
            rows = done if isinstance(done, int) else (done or {}).get("rows", 0)
            click.echo(f"{job.name:<14} {rows:>12,} rows  {time.monotonic() - began:6.1f} s")
    finally:
        dispose_engines()
        use_settings(settings)
    if failed is not None:
        raise failed


def _said_of(error: Exception) -> str:
    # The text of an error that is not ours may quote a row.
    return str(error).rstrip(".") if isinstance(error, PodboardError) else type(error).__name__
