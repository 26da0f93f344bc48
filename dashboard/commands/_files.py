"""What commands that read files share: opening them, and a bar that says how far, how fast and how long still."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from queries.ingest.batches import BatchDone
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
