"""`podboard import`: podcast feeds and files of events into a tenant."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from dashboard.commands._files import REFUSALS, SOURCE, list_first, opened, progress, tell_refusals, written
from dashboard.commands._import_log import log
from dashboard.commands.log import zone_named
from dashboard.databases import databases
from queries.ingest.ad_units import AD_UNITS, check_ad_units, import_ad_units
from queries.ingest.bookings import BOOKINGS, check_bookings, import_bookings
from queries.ingest.columns import COLUMNS, DATA_COLUMN, KINDS, Kind, names_of
from queries.ingest.events import DryRun, check_events, import_events
from queries.ingest.feed import check_feed, check_feed_from, import_feed, import_feed_from
from queries.ingest.feed_reader import VALUES_LEFT_OUT
from queries.ingest.imports import (
    unscoped_tenant_id,
)
from queries.ingest.origins import source_of
from queries.ingest.refused import known_import, refusals_csv, write_list, write_refusals
from queries.ingest.retention import CURVES, CurveDefaults, check_retention, import_retention
from queries.ingest.rows import FORMATS, Format
from queries.ingest.small_tables import Told
from queries.ingest.transcripts.formats import TRANSCRIPT_FORMATS, TranscriptFormat
from queries.ingest.transcripts.reader import CUT
from queries.ingest.transcripts.store import check_transcript, import_transcript
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.sources import every_import

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The tenant that it belongs to.")
_MAP = click.option(
    "--map", "columns", multiple=True, metavar="NAME=COLUMN",
    help="What a name in the file means; empty after the = leaves it out. Remembered for the source's next files, "
    "beside what was told of other names before; a name that is not in the file is said, and not remembered.",
)  # fmt: skip
_MAP_NONE = click.option(
    "--map-none", "afresh", is_flag=True,
    help="Forget what was told of the source's names before; those of --map here are told anew.",
)  # fmt: skip
_FORMAT = click.option(
    "--format", "file_format", type=click.Choice(FORMATS), help="Otherwise told from the content."
)
_DRY_RUN = click.option(
    "--dry-run",
    is_flag=True,
    help="Try every row on what stands already, and take it back: nothing is stored.",
)


@click.group()
def command() -> None:
    """Import podcast feeds and files of events.

    An import ends with 0 when rows stand (or stood already), even where others are refused, and when there is no row to
    refuse; with 1 when rows are refused and none stands, or when the file is refused as a whole or breaks off (the
    message says what of it stands); with 2 when the command itself is written wrongly.
    """


@command.command()
@click.argument("source", metavar="FILE|URL")
@_TENANT
@click.option("--once", is_flag=True, help="Do not ask the address again by the clock.")
@_DRY_RUN
@REFUSALS
def feed(source: str, tenant: str, once: bool, dry_run: bool, refusals: Path | None) -> None:
    """Import a podcast RSS feed from a file or an https address.

    Imported again it updates the podcast and its episodes, found by their guid, and adds nothing twice. An address is
    asked again by the worker every hour; `podboard feed` shows how that goes. A duration or publication date that
    cannot be (negative, more than a year ahead, ...) is listed as refused with the guid of its item, which stands
    without it.
    """
    with databases(Settings.from_env()) as settings:
        actor = Actor(unscoped_tenant_id(tenant))
        if dry_run:
            with nullcontext() if "://" in source else opened(source) as handle:
                found = check_feed_from(actor, source) if handle is None else check_feed(actor, handle)
            _tell_dry_run(found, refusals, "Episodes")
            return
        if "://" in source:
            done = import_feed_from(actor, source, follow=not once)
        else:
            with opened(source) as handle:
                done = import_feed(actor, handle, name=Path(source).name)
        left_out = sum(count for reason, count in done.by_reason.items() if reason in VALUES_LEFT_OUT)
        click.echo(
            f"Episodes: {done.imported:,} new, {done.updated:,} updated, {done.duplicate:,} unchanged, "
            f"{done.refused - left_out:,} refused{_values_left_out(left_out)}."
        )
        tell_refusals(actor, done, settings, refusals)


@command.command()
@click.argument("file", metavar="FILE")
@_TENANT
@click.option("--kind", type=click.Choice(KINDS), help="Kind of events; otherwise told from the columns.")
@_FORMAT
@_MAP
@_MAP_NONE
@SOURCE
@click.option(
    "--time-zone",
    metavar="ZONE",
    help="That of the times in a Parquet file that name none, like Europe/Berlin; where its clocks are put back, the "
    "earlier hour is meant.",
)
@_DRY_RUN
@REFUSALS
def events(
    file: str, tenant: str, kind: Kind | None, file_format: Format | None, columns: tuple[str, ...],
    afresh: bool, source: str | None, time_zone: str | None, dry_run: bool, refusals: Path | None,
) -> None:  # fmt: skip
    """Import listener or attribution events from a CSV, NDJSON or Parquet file (one event per line; gzip and zstd too).

    Good rows stand, bad ones are listed with line and reason. The same file imported again adds nothing, one that was
    interrupted goes on where it stopped. `podboard import columns` lists the columns.

    Ends with 0 when rows stand (or stood already), even where others are refused; with 1 when rows are refused and none
    stands, or when the file is refused as a whole or breaks off: the message says how many rows of it stand.

    A dry run ends alike. It is the import, taken back: it holds up the tenant's other imports until it ends and, for
    some seconds at a time, batches of events by HTTP. Of a file of more than 100,000 rows it takes back as many at
    once, and a download that repeats one of further before is found only by the import itself; one that stands may be
    said to give way once for each piece.
    """
    zone = zone_named(time_zone) if time_zone else None
    told = _meanings(columns, [name for kind in KINDS for name in names_of(kind)])
    with databases(Settings.from_env()) as settings, opened(file) as raw:
        actor = Actor(unscoped_tenant_id(tenant))
        source = source or source_of(Path(file).name)
        if dry_run:
            with progress(file, "rows") as tell:
                found = check_events(
                    actor, raw, kind=kind, file_format=file_format, columns=told, source_name=source, zone=zone,
                    afresh=afresh, batch_done=tell,
                )  # fmt: skip
            _tell_dry_run(found, refusals)
            return
        with progress(file, "rows") as tell:
            done = import_events(
                actor, raw, name=Path(file).name, kind=kind, file_format=file_format, columns=told,
                source_name=source, zone=zone, afresh=afresh, batch_done=tell, goes_on=tell.goes_on,
            )  # fmt: skip
        made = f" (and {done.impressions:,} impressions of ads in them)" if done.impressions else ""
        click.echo(
            f"Events: {done.imported:,} imported{made}, {done.duplicate:,} there already, {done.refused:,} refused."
        )
        tell_refusals(actor, done, settings, refusals)


@command.command()
@click.argument("file", metavar="FILE")
@_TENANT
@_FORMAT
@_MAP
@_MAP_NONE
@SOURCE
@_DRY_RUN
@REFUSALS
def bookings(
    file: str, tenant: str, file_format: Format | None, columns: tuple[str, ...], afresh: bool, source: str | None,
    dry_run: bool, refusals: Path | None,
) -> None:  # fmt: skip
    """Import bookings from CSV, NDJSON or Parquet (gzip and zstd too): campaign (id or name), starts_on, ends_on,
    pricing_model, rate, currency; and as they apply booked_impressions, booking_date, promo_code, vanity_url, id."""
    told = Told(file_format, _meanings(columns, BOOKINGS.names), source or source_of(Path(file).name), afresh)
    with databases(Settings.from_env()) as settings, opened(file) as raw:
        actor = Actor(unscoped_tenant_id(tenant))
        if dry_run:
            with progress(file, "rows") as tell:
                found = check_bookings(actor, raw, told=told, batch_done=tell)
            _tell_dry_run(found, refusals)
            return
        with progress(file, "rows") as tell:
            done = import_bookings(actor, raw, name=Path(file).name, told=told, batch_done=tell)
        click.echo(
            f"Bookings: {done.imported:,} imported, {done.duplicate:,} there already, {done.refused:,} refused."
        )
        tell_refusals(actor, done, settings, refusals)


@command.command("ad-units")
@click.argument("file", metavar="FILE")
@_TENANT
@_FORMAT
@_MAP
@_MAP_NONE
@SOURCE
@_DRY_RUN
@REFUSALS
def ad_units(
    file: str, tenant: str, file_format: Format | None, columns: tuple[str, ...], afresh: bool, source: str | None,
    dry_run: bool, refusals: Path | None,
) -> None:  # fmt: skip
    """Import ad units from CSV, NDJSON or Parquet (gzip and zstd too): campaign and episode (each by id or by name or
    guid), unit_type, position_seconds, duration_seconds; and as they apply is_baked_in, id.

    Impressions are made of the downloads that come in from then on.
    """
    told = Told(file_format, _meanings(columns, AD_UNITS.names), source or source_of(Path(file).name), afresh)
    with databases(Settings.from_env()) as settings, opened(file) as raw:
        actor = Actor(unscoped_tenant_id(tenant))
        if dry_run:
            with progress(file, "rows") as tell:
                found = check_ad_units(actor, raw, told=told, batch_done=tell)
            _tell_dry_run(found, refusals)
            return
        with progress(file, "rows") as tell:
            done = import_ad_units(actor, raw, name=Path(file).name, told=told, batch_done=tell)
        click.echo(
            f"Ad units: {done.imported:,} imported, {done.duplicate:,} there already, {done.refused:,} refused."
        )
        tell_refusals(actor, done, settings, refusals)


@command.command()
@click.argument("file", metavar="FILE")
@_TENANT
@click.option("--episode", metavar="ID|GUID", help="The episode, where the file has no column that says so.")
@click.option("--platform", metavar="NAME", help="Who aggregated it, where the file does not say so.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
    help="The day whose state it is, where the file does not say so.",
)  # fmt: skip
@_FORMAT
@_MAP
@_MAP_NONE
@SOURCE
@_DRY_RUN
@REFUSALS
def retention(
    file: str, tenant: str, episode: str | None, platform: str | None, as_of: datetime | None,
    file_format: Format | None, columns: tuple[str, ...], afresh: bool, source: str | None, dry_run: bool,
    refusals: Path | None,
) -> None:  # fmt: skip
    """Import retention curves that a platform aggregated, from CSV, NDJSON or Parquet (gzip and zstd too).

    A line is a point: second or percent, and listeners, plays or share; with episode, platform and as_of, or these as
    options. Curves are kept as told and never mixed with events of listeners.
    """
    told = Told(file_format, _meanings(columns, CURVES.names), source or source_of(Path(file).name), afresh)
    defaults = CurveDefaults(episode, platform, as_of.date() if as_of else None)
    with databases(Settings.from_env()) as settings, opened(file) as raw:
        actor = Actor(unscoped_tenant_id(tenant))
        if dry_run:
            with progress(file, "rows") as tell:
                found = check_retention(actor, raw, defaults=defaults, told=told, batch_done=tell)
            _tell_dry_run(found, refusals)
            return
        with progress(file, "rows") as tell:
            done = import_retention(
                actor, raw, name=Path(file).name, defaults=defaults, told=told, batch_done=tell
            )
        click.echo(
            f"Points: {done.imported:,} imported, {done.duplicate:,} there already, {done.refused:,} refused."
        )
        tell_refusals(actor, done, settings, refusals)


@command.command()
@click.argument("file", metavar="FILE")
@_TENANT
@click.option("--episode", required=True, metavar="ID|GUID", help="The episode in which it is said.")
@click.option("--language", metavar="TAG", help="Like en or de-CH; otherwise that of the podcast.")
@click.option(
    "--format", "file_format", type=click.Choice(TRANSCRIPT_FORMATS), help="Otherwise told from the content."
)
@_DRY_RUN
@REFUSALS
def transcript(
    file: str, tenant: str, episode: str, language: str | None, file_format: TranscriptFormat | None,
    dry_run: bool, refusals: Path | None,
) -> None:  # fmt: skip
    """Import the transcript of an episode: WebVTT, SubRip (SRT) or the podcast namespace's JSON (gzip and zstd too).

    It takes the place of the one that stands, and stands itself before what a feed names from then on.
    """
    with databases(Settings.from_env()) as settings, opened(file) as raw:
        actor = Actor(unscoped_tenant_id(tenant))
        if dry_run:
            found = check_transcript(actor, raw, episode=episode, language=language, file_format=file_format)
            _tell_dry_run(found, refusals, "Cues")
            return
        done = import_transcript(
            actor, raw, name=Path(file).name, episode=episode, language=language, file_format=file_format
        )
        left_out = done.by_reason.get(CUT, 0)
        click.echo(
            f"Cues: {done.imported:,} imported, {done.updated:,} in place of others, {done.duplicate:,} there already, "
            f"{done.refused - left_out:,} refused{_values_left_out(left_out)}."
        )
        tell_refusals(actor, done, settings, refusals)


def _values_left_out(count: int) -> str:
    return f"; {count:,} values left out, which are listed as refused" if count else ""


def _meanings(told: tuple[str, ...], known: Iterable[str]) -> dict[str, str] | None:
    """The columns as they were told; None when nothing was. Raises: click.UsageError."""
    if not told:
        return None
    meanings = dict[str, str]()
    keys = {"", *known}
    for one in told:
        name, sign, key = one.rpartition("=")
        if not sign or not name or key not in keys:
            raise click.UsageError(
                f"--map {one}: write it like name=column; `podboard import columns` lists those of events."
            )
        meanings[name] = key
    return meanings


command.add_command(log)


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


@command.command("list")
@_TENANT
@click.option("--source", metavar="NAME", help="Only what this source brought, or what is called so.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, metavar="N",
    help="So many at most, what was written last first.",
)  # fmt: skip
def list_(tenant: str, source: str | None, limit: int) -> None:
    """List the imports with their ids, when they began (UTC) and what became of their rows.

    What comes request by request (API keys, prefixes, pixels, vanity URLs) is one an hour. `podboard import refusals
    ID` writes the rows that one refused.
    """
    with databases(Settings.from_env()), tenant_session(Actor(unscoped_tenant_id(tenant))) as connection:
        found = every_import(connection, source=source, limit=limit)
    for row in found.rows:
        problem = f" ({row['error_message']})" if row["error_message"] else ""
        click.echo(
            f"{row['import_id']}  {row['started_at'].astimezone(UTC).isoformat(timespec='seconds')}  {row['source']}: "
            f"{row['label']}, {row['state']}{problem}, {row['records_imported']:,} taken, "
            f"{row['records_duplicate']:,} known already, {row['records_refused']:,} refused"
        )
    if found.totals["older"]:
        click.echo(f"There are older ones: --limit shows more than {limit:,}.", err=True)
    if found.is_empty:
        click.echo(f"There is no import{f' of {source}' if source else ''}.")


@command.command("refusals")
@click.argument("import_id", metavar="ID", type=click.UUID)
@_TENANT
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where the list goes; otherwise to standard output.",
)  # fmt: skip
def refusals_of(import_id: UUID, tenant: str, output: Path | None) -> None:
    """Write the refused rows of an import as CSV (line, reason, detail).

    `podboard import list` and the CSV of imports on the page Freshness tell the ids.
    """
    with databases(Settings.from_env()):
        actor = Actor(unscoped_tenant_id(tenant))
        known_import(actor, import_id)
        if output is None:
            for piece in refusals_csv(actor, import_id):
                click.echo(piece, nl=False)
        else:
            with written(output):
                listed = write_refusals(actor, import_id, output)
            click.echo(f"{listed:,} rows are listed in {output}")


def _tell_dry_run(found: DryRun, path: Path | None, noun: str = "Rows") -> None:
    """Prints what an import would make of a file, and lists what it would refuse where that is asked for.

    Ends with 1 if no row at all would be taken.
    """
    stood = f" ({found.duplicate:,} of them there already)" if found.duplicate else ""
    refused = f"{found.refused - found.left_out:,} would be refused{_values_left_out(found.left_out)}"
    click.echo(f"{noun}: {found.good:,} good{stood}, {refused}. Nothing was stored.")
    for note in found.notes:
        click.echo(note)
    list_first(found.first_refusals)
    if path is not None:
        with written(path):
            write_list(found.refusals, path)
        which = "All" if len(found.refusals) == found.refused else f"The first {len(found.refusals):,}"
        click.echo(f"{which} are listed in {path}")
    elif found.refused > len(found.first_refusals):
        click.echo(f"  and {found.refused - len(found.first_refusals):,} more; --refusals FILE lists them")
    if found.refused and not found.good:
        sys.exit(1)
