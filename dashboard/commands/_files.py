"""What commands that read files share: opening them, and a bar that says how far, how fast and how long still."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from queries.ingest.imports import ImportRefused


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
def progress(raw: BinaryIO, name: str, noun: str = "lines") -> Iterator[Callable[[int], None]]:
    """To be called with the number of lines done: draws a bar on a terminal, says nothing elsewhere."""
    if name == "-" or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(
        length=os.path.getsize(name), label="Reading", file=sys.stderr, show_eta=True
    ) as bar:
        began, shown = time.perf_counter(), 0

        def done(lines: int) -> None:
            nonlocal shown
            bar.label = f"Reading, {lines / max(time.perf_counter() - began, 0.001):,.0f} {noun}/s"
            at = raw.tell()
            bar.update(at - shown)
            shown = at

        yield done
