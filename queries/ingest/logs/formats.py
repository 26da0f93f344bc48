"""The formats that logs are written in; each reads a line into a request or says why it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, Protocol, get_args
from urllib.parse import unquote

from queries.ingest.counting.requests import Request
from queries.ingest.logs import values
from queries.ingest.logs.faults import LineFault, LineRefused
from queries.ingest.logs.json_lines import JsonLines

LogFormat = Literal["combined", "json", "cloudfront", "s3"]
LOG_FORMATS: tuple[LogFormat, ...] = get_args(LogFormat)

_INSIDE = r'[^"\\]*(?:\\.[^"\\]*)*'
_QUOTED = rf'"({_INSIDE})"'


class Format(Protocol):
    """Reads lines one after the other; a format with a head remembers it."""

    def read(self, number: int, line: bytes) -> Request | None:
        """The request of this line, None for a line that is not meant to be one.

        Raises: LineRefused, UnicodeDecodeError.
        """


class Combined:
    """Apache's and nginx's combined format.

    A further quoted value that begins with "bytes=" is the Range header; whatever else follows is left alone.
    """

    _LINE = re.compile(
        rf'(\S+) \S+ [^\[]*\[([^\[\]]{{1,40}})\] {_QUOTED} (\S+) (\S+) "{_INSIDE}" {_QUOTED}(.*)',
        re.DOTALL,
    )
    _RANGE = re.compile(r'"(bytes=[^"]*)"')

    def read(self, number: int, line: bytes) -> Request:
        """The request of this line."""
        found = self._LINE.fullmatch(line.decode("utf-8").rstrip("\r\n"))
        if found is None:
            raise LineRefused(LineFault.FORMAT)
        address, time, request, status, sent, agent, rest = found.groups()
        method, path = values.request_line(values.unescaped(request))
        asked = self._RANGE.search(rest) if rest else None
        return Request(
            number=number,
            occurred_at=values.clf_moment(time),
            address=values.address(address),
            method=method,
            path=path,
            status=values.status_code(status),
            agent=values.absent(values.unescaped(agent)),
            bytes_sent=values.byte_count(sent),
            byte_range=asked[1] if asked else None,
        )


class S3:
    """Server access logs of S3 and what speaks like it. They do not tell ranges; they do tell the file's size."""

    _TEXT = r'(?:"([^"]*)"|-)'
    _LINE = re.compile(
        rf"\S+ \S+ \[([^\]]*)\] (\S+) \S+ \S+ (\S+) (\S+) {_TEXT} (\S+) \S+ (\S+) (\S+) \S+ \S+ {_TEXT} {_TEXT}(?: .*)?"
    )

    def read(self, number: int, line: bytes) -> Request:
        """The request of this line."""
        found = self._LINE.fullmatch(line.decode("utf-8").rstrip("\r\n"))
        if found is None:
            raise LineRefused(LineFault.FORMAT)
        time, address, operation, key, request, status, sent, size, _, agent = found.groups()
        if request is None or not operation.startswith(("REST.", "WEBSITE.")):
            raise LineRefused(LineFault.REQUEST)
        method, path = values.request_line(request)
        if key != "-":
            # The key is the same whether the bucket stands in the host or in the path; it comes encoded twice.
            path = "/" + _decoded(key)
        return Request(
            number=number,
            occurred_at=values.clf_moment(time),
            address=values.address(address),
            method=method,
            path=path,
            status=values.status_code(status),
            agent=values.absent(agent or ""),
            bytes_sent=values.byte_count(sent),
            object_bytes=values.byte_count(size) or None,
        )


class CloudFront:
    """Standard logs of CloudFront: tabs, with the names of the fields in a line of their own."""

    _NEEDED = ("date", "time", "sc-bytes", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "cs(User-Agent)")

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._width = 0

    def read(self, number: int, line: bytes) -> Request | None:
        """The request of this line; None for the lines of the head."""
        text = line.decode("utf-8").rstrip("\r\n")
        if text.startswith("#"):
            if text.startswith("#Fields:"):
                names = text.removeprefix("#Fields:").split()
                if not set(self._NEEDED) <= set(names):
                    raise LineRefused(LineFault.FORMAT)
                self._columns = {name: position for position, name in enumerate(names)}
                self._width = len(names)
            return None
        cells = text.split("\t")
        if not self._columns or len(cells) != self._width:
            raise LineRefused(LineFault.FORMAT)

        def cell(name: str) -> str:
            position = self._columns.get(name)
            return "-" if position is None else cells[position]

        sent, length = values.byte_count(cell("sc-bytes")), values.byte_count(cell("sc-content-len"))
        status = values.status_code(cell("sc-status"))
        first, last = cell("sc-range-start"), cell("sc-range-end")
        return Request(
            number=number,
            occurred_at=values.iso_moment(f"{cell('date')}T{cell('time')}"),
            address=values.address(cell("c-ip")),
            method=values.method(cell("cs-method")),
            path=values.target_path(cell("cs-uri-stem")),
            status=status,
            agent=values.absent(_decoded(cell("cs(User-Agent)"))),
            # sc-bytes holds the headers too: of the file no more was sent than the answer announced.
            bytes_sent=min(sent, length) if length else sent,
            content_range=f"bytes {first}-{last}/*" if "-" not in (first, last) else None,
            object_bytes=length or None if status == 200 else None,
        )


def _decoded(text: str) -> str:
    """A value that was percent-encoded once or twice."""
    once = unquote(text)
    return unquote(once) if "%" in once else once


MAKERS: dict[LogFormat, Callable[[], Format]] = {
    "combined": Combined,
    "json": JsonLines,
    "cloudfront": CloudFront,
    "s3": S3,
}
