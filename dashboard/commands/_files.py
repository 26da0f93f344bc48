"""What commands that read files share: opening them, a bar that says how far they are, and what became of the rows."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from queries.ingest.batches import BatchDone
from queries.ingest.imports import LISTED_REFUSALS, ImportRefused, ImportResult, Refusal
from queries.ingest.refused import write_refusals
from queries.session import Actor
from queries.settings import Settings

REFUSALS = click.option(
    "--refusals", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where the list of refused rows goes, as CSV; otherwise, of an import, into PODBOARD_HOME/imports.",
)  # fmt: skip
SOURCE = click.option(
    "--source", metavar="NAME", help="Whose file it is; otherwise its name without dates and numbers."
)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file of this name, or standard input for "-"."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        handle = open(name, "rb", buffering=0)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from None
    with handle:
        yield handle


@contextmanager
def progress(name: str, noun: str = "lines") -> Iterator[BatchDone]:
    """To be called with the lines and bytes that are done: draws a bar on a terminal, says nothing elsewhere."""
    if name == "-" or not sys.stderr.isatty():
        yield lambda *_: None
        return
    with click.progressbar(
        length=os.path.getsize(name), label="Reading", file=sys.stderr, show_eta=True
    ) as bar:
        began, shown = time.perf_counter(), 0

        def done(lines: int, reached: int) -> None:
            nonlocal shown
            bar.label = f"Reading, {lines / max(time.perf_counter() - began, 0.001):,.0f} {noun}/s"
            bar.update(reached - shown)
            shown = reached

        yield done


def list_first(refusals: tuple[Refusal, ...]) -> None:
    """Prints these refusals with their lines."""
    for refusal in refusals:
        detail = f" ({refusal.detail})" if refusal.detail else ""
        click.echo(f"  line {refusal.line_number:,}: {refusal.reason}{detail}")


def tell_refusals(actor: Actor, done: ImportResult, settings: Settings, path: Path | None) -> None:
    """Prints notes and the first refusals and writes the list; ends with 1 if no row at all was taken."""
    for note in done.notes:
        click.echo(note)
    if not done.refused:
        return
    list_first(done.first_refusals)
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
