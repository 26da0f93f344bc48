"""The lines of a file in bounded memory, numbered, with the hash of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from typing import BinaryIO

LONGEST_LINE = 64 * 1024
"""Bytes; the widest honest event is a hundredth of it."""

_SKIPPED_AT_ONCE = 1024 * 1024


class Lines:
    """Numbered lines of a binary file. Iterating gives (number, bytes), or (number, None) for a line that is too long.

    A line without end is passed over in pieces, so 2 GB without a line break cost no memory.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.number = 0
        """Lines read so far."""
        self._bytes = 0

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        while line := self._piece(LONGEST_LINE + 1):
            self.number += 1
            number = self.number
            if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
                yield number, line
                continue
            while not line.endswith(b"\n"):
                line = self._piece(_SKIPPED_AT_ONCE)
                if not line:
                    break
            yield number, None

    def sha256(self) -> str:
        """Hash of the whole file in hexadecimal, also when only its beginning was wanted: the rest is read now."""
        while self._piece(_SKIPPED_AT_ONCE):
            pass
        return self._hash.hexdigest()

    def sha256_so_far(self) -> str:
        """Hash of the lines read so far."""
        return self._hash.hexdigest()

    def reached(self, file: BinaryIO) -> int:
        """How many bytes of the file underneath these lines take, packed as it is: what was read ahead is left out."""
        return min(self._bytes, file.tell()) if file.seekable() else self._bytes

    def _piece(self, size: int) -> bytes:
        piece = self._source.readline(size)
        self._bytes += len(piece)
        self._hash.update(piece)
        return piece


def begin_with(source: BinaryIO, count: int, sha256: str) -> bool:
    """Whether the first `count` lines of an open file have this hash."""
    lines = Lines(source)
    for number, _ in lines:
        if number == count:
            break
    return lines.number == count and lines.sha256_so_far() == sha256


def beginnings(source: BinaryIO, known: Set[tuple[int, str]]) -> frozenset[tuple[int, str]]:
    """With which of these an open file begins: so many lines of this hash. It is read as far as the longest of them."""
    counts = {count for count, _ in known}
    found: set[tuple[int, str]] = set()
    lines = Lines(source)
    for number, _ in lines:
        if number in counts and (number, lines.sha256_so_far()) in known:
            found.add((number, lines.sha256_so_far()))
        if number >= max(counts, default=0):
            break
    return frozenset(found)
