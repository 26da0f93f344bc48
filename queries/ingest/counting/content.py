"""How much of a file was delivered: pieces put together, and how many bytes a download needs."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right

from queries.ingest.counting.requests import EpisodeFile, Request

COUNTED_SECONDS = 60
"""So much sound has to be delivered for a download."""

Piece = tuple[int, int]
"""Bytes of a file, half-open: (0, 100) are the first hundred."""

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_PROBE_BYTES = 2


def needed_bytes(file: EpisodeFile, told_bytes: int | None = None) -> int | None:
    """The bytes of this file that make a download: a minute and the header; all of it when that cannot be told.

    `told_bytes` is the size that requests told, for a file whose size is not known. None: the size is not known at all.
    """
    size = file.size_bytes or told_bytes
    if not size:
        return None
    if not file.duration_seconds or file.duration_seconds <= COUNTED_SECONDS:
        return size
    header = min(max(file.header_bytes, 0), size)
    return min(size, header + math.ceil((size - header) * COUNTED_SECONDS / file.duration_seconds))


def is_probe(request: Request) -> bool:
    """Whether only the first two bytes were asked for (or, where the range is not told, a range of two came back)."""
    if request.byte_range is not None:
        found = _ONE_RANGE.fullmatch(request.byte_range.strip())
        return found is not None and found[1] != "" and int(found[1]) == 0 and found[2] in ("0", "1")
    return request.status == 206 and request.bytes_sent is not None and request.bytes_sent <= _PROBE_BYTES


def told_size(request: Request) -> int | None:
    """The size of the whole file as far as this request tells it."""
    if request.object_bytes:
        return request.object_bytes
    if request.content_range is not None:
        found = _CONTENT_RANGE.fullmatch(request.content_range.strip())
        if found is not None and found[3] != "*":
            return int(found[3]) or None
    return None


def delivered_piece(request: Request, size: int | None) -> Piece | None:
    """Which bytes of the file the answer delivered; None when it is not known where they lie. `bytes_sent` is known."""
    sent = request.bytes_sent or 0
    if request.status == 200:
        return (0, sent)
    if request.content_range is not None:
        answered = _CONTENT_RANGE.fullmatch(request.content_range.strip())
        if answered is not None:
            first, last = int(answered[1]), int(answered[2])
            return (first, first + max(0, min(sent, last - first + 1)))
    if request.byte_range is None:
        return None
    asked = _ONE_RANGE.fullmatch(request.byte_range.strip())
    # Several ranges in one answer come with separators between them: where they lie cannot be told from their sum.
    if asked is None:
        return None
    first_text, last_text = asked[1], asked[2]
    if first_text:
        first = int(first_text)
        length = sent if not last_text else max(0, min(sent, int(last_text) - first + 1))
        return (first, first + length)
    if last_text and size:
        length = min(int(last_text), size)
        return (size - length, size - length + min(sent, length))
    return None


def put_together(pieces: tuple[Piece, ...], piece: Piece) -> tuple[Piece, ...]:
    """The pieces with one more: in order, apart from each other, overlaps only once."""
    start, end = piece
    if end <= start:
        return pieces
    # Everything that touches the new piece melts into it.
    first = bisect_left(pieces, start, key=lambda other: other[1])
    last = bisect_right(pieces, end, key=lambda other: other[0])
    if first < last:
        start, end = min(start, pieces[first][0]), max(end, pieces[last - 1][1])
    return (*pieces[:first], (start, end), *pieces[last:])


def total_bytes(pieces: tuple[Piece, ...]) -> int:
    """Bytes in pieces that were put together."""
    return sum(end - start for start, end in pieces)


def covers(pieces: tuple[Piece, ...], wanted: Piece) -> bool:
    """Whether every byte of `wanted` was delivered."""
    return any(start <= wanted[0] and wanted[1] <= end for start, end in pieces)
