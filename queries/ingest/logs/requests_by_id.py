"""Gives each request of a log an id that only its content decides, so that a log read again is known."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from queries.ingest.counting.requests import Request

_REMEMBERED = 200_000
_APART = timedelta(minutes=10)
# Version 8: made of something that the other versions do not know.
_MARKED = 0xF000 << 64 | 0xC000 << 48
_VERSION_8 = 0x8000 << 64 | 0x8000 << 48


class RequestIds:
    """The ids of the requests of one log, in its order.

    Two equal lines are two requests: the second is told from the first by its place among them, also when the log comes
    once more, or in parts that overlap. Equal lines stand close together, so those long past are forgotten.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._seen: dict[bytes, tuple[datetime, int]] = {}
        self._newest: datetime | None = None

    def id_of(self, request: Request, listener: str, path: str) -> UUID:
        """The id of the next request; `listener` stands for the address, `path` for the file that was asked for."""
        at = request.occurred_at
        content = hmac.digest(
            self._secret,
            f"{at.timestamp()!r}|{listener}|{path}|{request.method}|{request.status}|{request.bytes_sent}|"
            f"{request.byte_range}|{request.content_range}".encode("utf-8", "surrogatepass"),
            "sha256",
        )[:16]
        self._newest = at if self._newest is None else max(self._newest, at)
        before = self._seen.get(content)
        place = 0 if before is None else before[1] + 1
        self._seen[content] = (at, place)
        if len(self._seen) > _REMEMBERED:
            self._forget()
        if place:
            content = hmac.digest(self._secret, content + str(place).encode(), "sha256")[:16]
        number = int.from_bytes(content, "big")
        return UUID(int=number & ~_MARKED | _VERSION_8)

    def _forget(self) -> None:
        assert self._newest is not None  # noqa: S101 (something was seen; this tells mypy)
        edge = self._newest - _APART
        kept = {content: found for content, found in self._seen.items() if found[0] >= edge}
        # A busy quarter of an hour: everything is close.
        self._seen = kept if len(kept) < _REMEMBERED // 2 else dict(list(kept.items())[-_REMEMBERED // 2 :])
