"""Logs with one JSON object a line, under the names that nginx, Caddy, Traefik and CDNs give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from queries.ingest.counting.requests import Request
from queries.ingest.logs import values
from queries.ingest.logs.faults import LineFault, LineRefused

NAMES: dict[str, tuple[str, ...]] = {
    "address": (
        "remote_addr", "remote_ip", "client_ip", "clientip", "ip", "remote_host", "ClientHost", "ClientIP", "c-ip",
    ),
    "time": (
        "time_iso8601", "time_local", "time", "timestamp", "@timestamp", "ts", "date", "StartUTC",
        "EdgeStartTimestamp", "msec",
    ),
    "method": ("method", "request_method", "RequestMethod", "ClientRequestMethod", "cs-method", "verb"),
    "path": (
        "uri", "request_uri", "path", "url", "RequestPath", "ClientRequestURI", "ClientRequestPath", "cs-uri-stem",
    ),
    "status": ("status", "status_code", "response", "DownstreamStatus", "EdgeResponseStatus", "sc-status"),
    "bytes": (
        "body_bytes_sent", "bytes_sent", "bytes", "size", "response_size", "DownstreamContentSize",
        "EdgeResponseBodyBytes", "EdgeResponseBytes", "sc-bytes",
    ),
    "agent": (
        "http_user_agent", "user_agent", "useragent", "agent", "User-Agent", "ClientRequestUserAgent",
        "request_User-Agent", "cs(User-Agent)",
    ),
    "range": ("http_range", "range", "Range", "request_Range"),
    "content_range": ("sent_http_content_range", "content_range", "Content-Range"),
    "file_bytes": ("file_bytes", "file_size", "object_size"),
    "purpose": (
        "http_sec_purpose", "sec_purpose", "http_purpose", "purpose", "http_x_moz", "Sec-Purpose", "Purpose", "X-Moz",
    ),
}  # fmt: skip
"""The names each value is looked for under, the first one counts; `request` may hold a request line or an object."""


class JsonLines:
    """One JSON object a line."""

    def read(self, number: int, line: bytes) -> Request:
        """The request of this line."""
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            line.decode("utf-8")
            raise LineRefused(LineFault.FORMAT) from None
        if not isinstance(found, dict):
            raise LineRefused(LineFault.FORMAT)
        cells = _flat(found)
        line_of_request = cells.get("request")
        if isinstance(line_of_request, str):
            method, path = values.request_line(line_of_request)
        else:
            method = values.method(_text(cells, "method", LineFault.REQUEST))
            path = values.target_path(_text(cells, "path", LineFault.REQUEST))
        return Request(
            number=number,
            occurred_at=_moment(_value(cells, "time")),
            address=values.address(_text(cells, "address", LineFault.ADDRESS)),
            method=method,
            path=path,
            status=values.status_code(str(_value(cells, "status"))),
            agent=values.absent(_optional(cells, "agent") or ""),
            bytes_sent=_bytes(_value(cells, "bytes")),
            byte_range=_optional(cells, "range"),
            content_range=_optional(cells, "content_range"),
            object_bytes=_bytes(_value(cells, "file_bytes")) or None,
            purpose=_optional(cells, "purpose") or "",
        )


def _flat(found: dict[str, Any]) -> Mapping[str, Any]:
    """The object with what Caddy keeps in its request and headers on the top floor."""
    request = found.get("request")
    if not isinstance(request, dict):
        return found
    flat = {**found, **request, "request": None}
    for headers in (request.get("headers"), found.get("resp_headers")):
        if isinstance(headers, dict):
            flat |= {
                name: value[0] if isinstance(value, list) and value else value
                for name, value in headers.items()
            }
    return flat


def _value(cells: Mapping[str, Any], key: str) -> Any:
    for name in NAMES[key]:
        value = cells.get(name)
        if value is not None:
            return value
    return None


def _optional(cells: Mapping[str, Any], key: str) -> str | None:
    value = _value(cells, key)
    # A dash and an empty text are what servers write for a header that did not come.
    return value if isinstance(value, str) and value not in ("", "-") else None


def _text(cells: Mapping[str, Any], key: str, fault: LineFault) -> str:
    value = _value(cells, key)
    if not isinstance(value, str):
        raise LineRefused(fault)
    return value


def _moment(value: Any) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return values.epoch_moment(value)
    if not isinstance(value, str):
        raise LineRefused(LineFault.TIME)
    if value[2:3] == "/":
        return values.clf_moment(value)
    try:
        return values.epoch_moment(float(value))
    except ValueError as error:
        if isinstance(error, LineRefused):
            raise
        return values.iso_moment(value)


def _bytes(value: Any) -> int | None:
    if value is None or value == "-":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise LineRefused(LineFault.BYTES)
    return values.byte_count(str(value))
