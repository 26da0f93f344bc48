"""A log as a stream of requests and refused lines, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import BinaryIO

from queries.ingest.counting.requests import Request
from queries.ingest.imports import ImportRefused
from queries.ingest.lines import Lines
from queries.ingest.logs.faults import LineFault, LineRefused, RefusedLine
from queries.ingest.logs.formats import LOG_FORMATS, MAKERS, Format, LogFormat
from queries.ingest.plausible import AHEAD_OF_NOW

FURTHEST_PAST = timedelta(days=3653)
"""Ten years: a clock that is further off is wrong."""

_LOOKED_AT = 50
_Numbered = tuple[int, bytes | None]


class LogReader:
    """Iterating gives Request or RefusedLine for each line that is neither blank nor part of a head.

    The format is told from the first lines unless given. With `shift_to` the whole log is moved by so many days that
    its first request falls on that day (UTC); the clock is judged after that. `earliest`: what is older is refused.
    """

    def __init__(
        self, source: BinaryIO, *, now: datetime, log_format: LogFormat | None = None, shift_to: date | None = None,
        earliest: datetime | None = None,
    ) -> None:  # fmt: skip
        """Looks at the first lines. Raises: ImportRefused for an empty file and for one in no format that is known."""
        self.lines = 0
        self._earliest, self._latest = earliest or now - FURTHEST_PAST, now + AHEAD_OF_NOW
        self._shift_to = shift_to
        self._shift: timedelta | None = None if shift_to else timedelta()
        self._source = Lines(source)
        numbered = iter(self._source)
        first = _first_lines(numbered)
        if not first:
            raise ImportRefused("The log is empty.")
        self.format: LogFormat = log_format or _told_by(first)
        self._reader = MAKERS[self.format]()
        self._numbered: Iterator[_Numbered] = chain(first, numbered)

    @property
    def position(self) -> tuple[int, str]:
        """How many lines were read, and their SHA-256; exact from the fiftieth line on, and at the end."""
        return self._source.number, self._source.sha256_so_far()

    def reached(self, file: BinaryIO) -> int:
        """How many bytes of the file underneath the lines so far take."""
        return self._source.reached(file)

    def __iter__(self) -> Iterator[Request | RefusedLine]:
        read = self._reader.read
        for number, line in self._numbered:
            self.lines = number
            if line is None:
                yield RefusedLine(number, LineFault.TOO_LONG)
                continue
            if not line.strip():
                continue
            try:
                request = read(number, line)
                if request is not None:
                    yield self._in_time(request)
            except LineRefused as refused:
                yield RefusedLine(number, refused.fault, refused.detail)
            except UnicodeDecodeError:
                yield RefusedLine(number, LineFault.NOT_UTF8)

    def _in_time(self, request: Request) -> Request:
        if self._shift is None and self._shift_to is not None:
            self._shift = self._shift_to - request.occurred_at.date()
        if self._shift:
            try:
                request.occurred_at += self._shift
            except OverflowError:
                raise LineRefused(LineFault.TIME) from None
        if not self._earliest <= request.occurred_at <= self._latest:
            fault = LineFault.PAST if request.occurred_at < self._earliest else LineFault.FUTURE
            raise LineRefused(fault, request.occurred_at.astimezone(UTC).isoformat())
        return request


def _first_lines(numbered: Iterator[_Numbered]) -> list[_Numbered]:
    """The beginning of a log, far enough to know its format."""
    first: list[_Numbered] = []
    for number, line in numbered:
        first.append((number, line))
        if len(first) >= _LOOKED_AT:
            break
    return first if any(line is None or line.strip() for _, line in first) else []


def _told_by(first: list[_Numbered]) -> LogFormat:
    """The format that understands most of the first lines."""
    understood = {name: _understood(MAKERS[name](), first) for name in LOG_FORMATS}
    best = max(LOG_FORMATS, key=lambda name: understood[name])
    if not understood[best]:
        raise ImportRefused(
            f"The first {len(first)} lines are in no format that is known ({', '.join(LOG_FORMATS)}). A log needs "
            "address, time, request, status, bytes and user agent in each line."
        )
    return best


def _understood(reader: Format, first: list[_Numbered]) -> int:
    count = 0
    for number, line in first:
        try:
            count += line is not None and reader.read(number, line) is not None
        except (LineRefused, UnicodeDecodeError):
            continue
    return count
