"""What commands that read files share: opening them, a bar that says how far they are, and what became of the rows."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from queries.ingest.imports import LISTED_REFUSALS, ImportRefused, ImportResult, Refusal
from queries.ingest.refused import write_refusals
from queries.session import Actor
from queries.settings import Settings

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

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


class Progress:
    """To be called with the lines and bytes that are done: silent, unless it has a bar to draw on."""

    def __init__(self, noun: str, bar: ProgressBar[str] | None = None) -> None:
        self._noun = noun
        self._bar = bar
        self._began = time.perf_counter()
        self._first_lines = self._first_reached = self._shown = 0

    def goes_on(self, lines: int, reached: int) -> None:
        """Says what a run before this one had done: rate and time left are of what comes from now on."""
        self._began = time.perf_counter()
        self._first_lines, self._first_reached = lines, reached
        self._draw(reached)

    def __call__(self, lines: int, reached: int) -> None:
        if self._bar is None:
            return
        seconds = max(time.perf_counter() - self._began, 0.001)
        self._bar.label = f"Reading, {(lines - self._first_lines) / seconds:,.0f} {self._noun}/s"
        left = seconds * ((self._bar.length or 0) - reached) / max(reached - self._first_reached, 1)
        self._draw(reached, str(timedelta(seconds=round(left))) if left else "")

    def _draw(self, reached: int, left: str = "") -> None:
        if self._bar is not None:
            self._bar.update(reached - self._shown, left)
            self._shown = reached


@contextmanager
def progress(name: str, noun: str = "lines") -> Iterator[Progress]:
    """What hears how far an import is: it draws a bar on a terminal and says nothing elsewhere."""
    if name == "-" or not sys.stderr.isatty():
        yield Progress(noun)
        return
    # The bar's own time left would count what an earlier run had done as the work of this one.
    with click.progressbar(
        length=os.path.getsize(name), label="Reading", file=sys.stderr, show_eta=False,
        item_show_func=lambda left: left or None,
    ) as bar:  # fmt: skip
        yield Progress(noun, bar)


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
