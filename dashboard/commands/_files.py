"""What commands that read files share: opening them, a bar that says how far they are, and what became of the rows."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from queries.ingest.imports import ImportRefused, ImportResult
from queries.ingest.refused import write_refusals
from queries.ingest.tally import LISTED_REFUSALS, Refusal
from queries.session import Actor
from queries.settings import Settings

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_Command = Callable[..., None]


def list_of_refusals(words: str) -> Callable[[_Command], _Command]:
    """The option `--refusals`; whether it can be written is looked at before the command does anything."""

    def add(command: _Command) -> _Command:
        @wraps(command)
        def checked(*told: Any, refusals: Path | None, **options: Any) -> None:
            if refusals is not None:
                check_list(refusals, click.get_current_context())
            command(*told, refusals=refusals, **options)

        path = click.Path(dir_okay=False, path_type=Path)
        return click.option("--refusals", type=path, metavar="FILE", help=words)(checked)

    return add


def check_list(path: Path, context: click.Context) -> None:
    """Returns if a list can be written to `path`, which is no file that the command reads. Raises: ImportRefused."""
    for parameter in context.command.params:
        name = context.params.get(parameter.name or "")
        is_read = isinstance(parameter, click.Argument) or isinstance(parameter.type, click.Path)
        if is_read and name is not None and parameter.name != "refusals" and _is_same(path, str(name)):
            raise ImportRefused(
                f"--refusals {path} is the file that is read: the list would take its place. Nothing was done."
            )
    folder = path.parent
    wrong = 0
    if not folder.is_dir():
        wrong = errno.ENOTDIR if folder.exists() else errno.ENOENT
    elif not os.access(path if path.exists() else folder, os.W_OK):
        wrong = errno.EACCES
    if wrong:
        raise ImportRefused(f"{path} cannot be written: {os.strerror(wrong)}. Nothing was done.")


def _is_same(path: Path, name: str) -> bool:
    """Whether both are one file on the disk, by whatever name or link."""
    with suppress(OSError, ValueError):
        read = os.fstat(sys.stdin.fileno()) if name == "-" else os.stat(name)
        # A terminal may well be read and written.
        return stat.S_ISREG(read.st_mode) and os.path.samestat(read, os.stat(path))
    return False


@contextmanager
def written(path: Path, otherwise: str = "") -> Iterator[None]:
    """For writing to `path`; `otherwise` says what there is where that fails. Raises: ImportRefused."""
    try:
        yield
    except OSError as error:
        raise ImportRefused(f"{path} cannot be written: {error.strerror}.{otherwise}") from None


def print_lines(lines: Sequence[bytes]) -> None:
    """Prints lines at once. Raises: ImportRefused where that fails; who reads no further ends the command quietly."""
    try:
        out = getattr(sys.stdout, "buffer", None)
        if out is None:
            raise OSError(errno.EBADF, "it is closed")
        out.writelines(line + b"\n" for line in lines)
        out.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        with suppress(OSError, AttributeError):
            # What could not be written would be tried again, with a traceback, as the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ImportRefused(f"Standard output cannot be written: {error.strerror}.") from None


REFUSALS = list_of_refusals(
    "Where the list of refused rows goes, as CSV; otherwise, of an import, into PODBOARD_HOME/imports."
)
SOURCE = click.option(
    "--source", metavar="NAME", help="Whose file it is; otherwise its name without dates and numbers."
)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file of this name, or standard input for "-"."""
    if name == "-":
        # Python has none where the shell closed it.
        given = getattr(sys.stdin, "buffer", None)
        if given is None:
            raise ImportRefused("Standard input cannot be read: it is closed.")
        yield given
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
        click.echo(f"  {refusal.place} {refusal.line_number:,}: {refusal.reason}{detail}")


def tell_refusals(actor: Actor, done: ImportResult, settings: Settings, path: Path | None) -> None:
    """Prints notes and the first refusals and writes the list; ends with 1 if no row at all was taken."""
    for note in done.notes:
        click.echo(note)
    if not done.refused:
        return
    list_first(done.first_refusals)
    folder = settings.home / "imports" if path is None else path.parent
    path = path or folder / f"{done.import_id}-refused.csv"
    stands = f" The import stands; `podboard import refusals {done.import_id}` writes the list."
    with written(path, stands):
        folder.mkdir(parents=True, exist_ok=True)
        listed = write_refusals(actor, done.import_id, path)
    if listed < done.refused:
        click.echo(f"The first {LISTED_REFUSALS:,} are listed in {path}")
    else:
        click.echo(f"All are listed in {path}")
    if not done.imported + done.updated + done.duplicate:
        sys.exit(1)
