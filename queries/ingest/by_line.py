"""Rows put in the order of their lines, however many: what does not fit into memory waits on the disk."""

from __future__ import annotations

import csv
import heapq
import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO

AT_ONCE = 100_000
"""Rows that are held in memory."""
Listed = tuple[int | str, str, str]
"""A line, empty where it is not known, a reason and a detail."""


class ByLine(ExitStack):
    """Takes rows in any order; iterating gives them by line, those of the same line as they came, unknown ones last.

    To be used as a context: the files in which rows wait have no name, and are gone with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Listed] = []
        self._runs: list[IO[str]] = []

    def add(self, rows: Iterable[Listed]) -> None:
        """Takes these rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= AT_ONCE:
                self._put_away()

    def _put_away(self) -> None:
        run = self.enter_context(TemporaryFile("w+", encoding="utf-8", newline=""))  # noqa: SIM115 (closed with this)
        self._rows.sort(key=_place)
        csv.writer(run).writerows(self._rows)
        self._runs.append(run)
        self._rows.clear()

    def __iter__(self) -> Iterator[Listed]:
        runs = map(_rows_of, self._runs)
        yield from heapq.merge(*runs, sorted(self._rows, key=_place), key=_place)


def _place(row: Listed) -> float:
    return math.inf if row[0] == "" else float(row[0])


def _rows_of(run: IO[str]) -> Iterator[Listed]:
    run.seek(0)
    for line, reason, detail in csv.reader(run):
        yield int(line) if line else "", reason, detail
