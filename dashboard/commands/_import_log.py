"""`podboard import log`: the downloads in an access log, counted and kept, or only tried."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from dashboard.commands._files import REFUSALS, SOURCE, opened, progress, tell_refusals
from dashboard.commands.log import WINDOWS, configured, episodes_in, mapping_lines, tell_of_log, zone_named
from dashboard.databases import databases
from queries.ingest.counting.rules import Rules, nowhere
from queries.ingest.imports import taken_back, unscoped_tenant_id
from queries.ingest.logs.faults import words_of
from queries.ingest.logs.files import files_of_tenant
from queries.ingest.logs.formats import LOG_FORMATS, LogFormat
from queries.ingest.logs.shifts import shifts
from queries.ingest.logs.store import import_log
from queries.ingest.logs.tenant import Limits, tenant_rules
from queries.session import Actor
from queries.settings import Settings


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--tenant",
    metavar="SLUG",
    help="The tenant that it belongs to; a dry run without it knows no episodes but those of --map.",
)
@click.option(
    "--format", "log_format", type=click.Choice(LOG_FORMATS), help="Otherwise told from the first lines."
)
@click.option(
    "--map", "mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="CSV",
    help="Which path is which episode: path, episode (id or guid) and, as far as known, size_bytes, duration, "
    "header_bytes. Without it the episodes' own addresses say so.",
)  # fmt: skip
@click.option(
    "--shift-to", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
    help="Move the whole log by so many days that its first request falls on this day.",
)  # fmt: skip
@click.option(
    "--again", is_flag=True,
    help="Count a log again that counts already, moved to other days; without this it is refused.",
)  # fmt: skip
@click.option("--redirects", is_flag=True, help="The log is that of a prefix that only redirects.")
@click.option("--dry-run", is_flag=True,
    help="Read and count, store nothing: with --tenant by its episodes, window and days, without it no database is "
    "needed. Repeats of what stands already are found by the import alone.",
)  # fmt: skip
@click.option(
    "--window", type=click.Choice(list(WINDOWS)),
    help="Of a dry run: once per what (the tenant's own or day unless told); an import goes by the tenant's own.",
)  # fmt: skip
@click.option(
    "--time-zone", metavar="ZONE",
    help="Of a dry run: whose days, like Europe/Berlin (the tenant's own or UTC unless told); an import goes by the "
    "tenant's own.",
)  # fmt: skip
@SOURCE
@REFUSALS
def log(
    file: str, tenant: str | None, log_format: LogFormat | None, mapping: Path | None,
    shift_to: datetime | None, again: bool, redirects: bool, dry_run: bool, window: str | None,
    time_zone: str | None, source: str | None, refusals: Path | None,
) -> None:  # fmt: skip
    """Import the downloads in an access log (combined, JSON lines, CloudFront or S3; plain, gzip or zstd).

    Counted by the rules of IAB 2.3 in the tenant's windows, which go on from file to file; every request for an episode
    that is refused is kept with its reason. The same log imported again adds nothing, one that was interrupted goes on.
    One that counts already with another --shift-to is refused, as all of it would count once more, unless --again is
    given.
    """
    if dry_run:
        _try_log(
            file, tenant, log_format=log_format, mapping=mapping, shift_to=shift_to, again=again, redirects=redirects,
            window=window, time_zone=time_zone, source=source, refusals=refusals,
        )  # fmt: skip
        return
    if window is not None or time_zone is not None:
        raise click.UsageError(
            "--window and --time-zone are for --dry-run: an import goes by the tenant's own."
        )
    if tenant is None:
        raise click.UsageError("Missing option '--tenant'.")
    settings = Settings.from_env()
    with ExitStack() as stack:
        lists = stack.enter_context(configured(settings))
        stack.enter_context(databases(settings))
        actor = Actor(unscoped_tenant_id(tenant))
        raw = stack.enter_context(opened(file))
        with progress(file) as tell:
            done = import_log(
                actor, raw, name=Path(file).name, log_format=log_format,
                shift_to=shift_to.date() if shift_to else None, mapping=mapping_lines(mapping) if mapping else None,
                redirects=redirects, data_centres=lists.data_centres, place_of=lists.place_of, batch_done=tell,
                goes_on=tell.goes_on, source_name=source, again=again,
            )  # fmt: skip
        made = f" (and {done.impressions:,} impressions of ads in them)" if done.impressions else ""
        click.echo(
            f"Downloads: {done.imported:,} counted{made}; requests: {done.duplicate:,} there already, "
            f"{done.refused:,} refused."
        )
        for reason, count in sorted(done.by_reason.items(), key=lambda one: -one[1]):
            click.echo(f"  {count:>10,}  {words_of(reason)}")
        tell_refusals(actor, done, settings, refusals)


def _try_log(
    file: str, tenant: str | None, *, log_format: LogFormat | None, mapping: Path | None, shift_to: datetime | None,
    again: bool, redirects: bool, window: str | None, time_zone: str | None, source: str | None, refusals: Path | None,
) -> None:  # fmt: skip
    """Counts a log as an import would: of a tenant by what it has, of nobody by what is told."""
    settings = Settings.from_env()
    told: dict[str, Any] = {"window": WINDOWS[window]} if window else {}
    told |= {"zone": zone_named(time_zone)} if time_zone else {}
    notes = [f"An import would be noted under the source {source}."] if source else []
    limits: Limits | None = None
    with configured(settings) as lists:
        counted = {"redirects": redirects, "data_centres": lists.data_centres, "place_of": lists.place_of}
        if tenant is None:
            rules = Rules(secret=secrets.token_bytes(32), episode_of=episodes_in(mapping), **counted)
            notes.append(
                "An import goes by the episodes, the window and the days of its tenant: --tenant names it."
            )
        else:
            paths = mapping_lines(mapping) if mapping else None
            # The first log of a tenant makes the secret of its listeners: of one that is only tried nothing stays.
            with databases(settings):
                actor = Actor(unscoped_tenant_id(tenant))
                with taken_back(actor) as connection:
                    rules, limits = tenant_rules(connection, files_of_tenant(connection, paths), **counted)
                if not again and file != "-":
                    with opened(file) as raw:
                        otherwise = shifts(actor, shift_to.date() if shift_to else None).of(raw)
                    notes += [f"{otherwise} An import needs --again for it."] if otherwise else []
            notes.append(
                "Requests and downloads that stand already were not looked for: the import finds them."
            )
        tell_of_log(
            file, replace(rules, **told), log_format=log_format, shift_to=shift_to, refusals=refusals,
            has_countries=lists.place_of is not nowhere, mapping="--map", notes=tuple(notes),
            now=limits.now if limits else None, earliest=limits.oldest if limits else None,
        )  # fmt: skip
