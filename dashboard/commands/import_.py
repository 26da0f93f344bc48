"""`podboard import`: podcast feeds and files of events into a tenant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from dashboard.databases import databases
from queries.ingest.columns import COLUMNS, DATA_COLUMN, KINDS, Kind
from queries.ingest.events import import_events
from queries.ingest.feed import import_feed, import_feed_from
from queries.ingest.imports import (
    LISTED_REFUSALS,
    ImportRefused,
    ImportResult,
    unscoped_tenant_id,
    write_refusals,
)
from queries.ingest.rows import FORMATS, Format
from queries.session import Actor
from queries.settings import Settings

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")
_REFUSALS = click.option(
    "--refusals", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where the list of refused rows goes, as CSV; otherwise into PODBOARD_HOME/imports.",
)  # fmt: skip


@click.group()
def command() -> None:
    """Import podcast feeds and files of events."""


@command.command()
@click.argument("source", metavar="FILE|URL")
@_TENANT
@_REFUSALS
def feed(source: str, tenant: str, refusals: Path | None) -> None:
    """Import a podcast RSS feed from a file or an https address.

    Imported again it updates the podcast and its episodes, found by their guid, and adds nothing twice.
    """
    with databases(Settings.from_env()) as settings:
        actor = Actor(unscoped_tenant_id(tenant))
        if "://" in source:
            done = import_feed_from(actor, source)
        else:
            with _opened(source) as handle:
                done = import_feed(actor, handle, name=Path(source).name)
        click.echo(
            f"Episodes: {done.imported:,} new, {done.updated:,} updated, {done.duplicate:,} unchanged, "
            f"{done.refused:,} refused."
        )
        _tell_refusals(actor, done, settings, refusals)


@command.command()
@click.argument("file", metavar="FILE")
@_TENANT
@click.option("--kind", type=click.Choice(KINDS), help="Kind of events; otherwise told from the columns.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), help="Otherwise told from the content.")
@_REFUSALS
def events(
    file: str, tenant: str, kind: Kind | None, file_format: Format | None, refusals: Path | None
) -> None:
    """Import listener or attribution events from a CSV or NDJSON file (UTF-8, one event per line).

    Good rows stand, bad ones are listed with line and reason. The same file imported again adds nothing.
    `podboard import columns` lists the columns.
    """
    with databases(Settings.from_env()) as settings:
        actor = Actor(unscoped_tenant_id(tenant))
        with _opened(file) as handle:
            done = import_events(actor, handle, name=Path(file).name, kind=kind, file_format=file_format)
        made = f" (and {done.impressions:,} impressions of ads in them)" if done.impressions else ""
        click.echo(
            f"Events: {done.imported:,} imported{made}, {done.duplicate:,} there already, {done.refused:,} refused."
        )
        _tell_refusals(actor, done, settings, refusals)


@command.command()
@click.option("--kind", type=click.Choice(KINDS), help="Only those of one kind.")
def columns(kind: Kind | None) -> None:
    """List the columns that a file of events may have, with their other names."""
    for shown in KINDS if kind is None else (kind,):
        click.echo(f"{shown.capitalize()} events")
        width = max(len(column.key) for column in COLUMNS[shown])
        for column in COLUMNS[shown]:
            also = f" Also: {', '.join(column.aliases)}." if column.aliases else ""
            needed = " Required." if column.required else ""
            click.echo(f"  {column.key:<{width}}  {column.meaning}.{needed}{also}")
        click.echo(
            f"  {DATA_COLUMN[shown]:<{width}}  A JSON object with the columns that describe the event.\n"
        )


def _opened(name: str) -> BinaryIO:
    try:
        return open(name, "rb", buffering=1024 * 1024)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from None


def _tell_refusals(actor: Actor, done: ImportResult, settings: Settings, path: Path | None) -> None:
    """Prints notes and the first refusals and writes the list; ends with 1 if no row at all was taken."""
    for note in done.notes:
        click.echo(note)
    if not done.refused:
        return
    for refusal in done.first_refusals:
        detail = f" ({refusal.detail})" if refusal.detail else ""
        click.echo(f"  line {refusal.line_number:,}: {refusal.reason}{detail}")
    if path is None:
        folder = settings.home / "imports"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{done.import_id}-refused.csv"
    listed = write_refusals(actor, done.import_id, path)
    if listed < done.refused:
        click.echo(f"The first {LISTED_REFUSALS:,} are listed in {path}")
    else:
        click.echo(f"All are listed in {path}")
    if not done.imported + done.updated + done.duplicate:
        sys.exit(1)
