"""The lines of a file in bounded memory, numbered, with the hash of the whole."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from hashlib import _Hash

LONGEST_LINE = 64 * 1024
"""Bytes; the widest honest event is a hundredth of it."""

TOO_LONG = f"The line is longer than {LONGEST_LINE // 1024} KiB."

_SKIPPED_AT_ONCE = 1024 * 1024
_SHOWN = 64
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some programs write it before UTF-8; it is no part of the first line."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A line that was looked at before its turn, and how far the file is once it is read."""

    number: int
    line: bytes | None
    hash: _Hash
    bytes: int


class Lines:
    """Numbered lines of a binary file. Iterating gives (number, bytes), or (number, None) for a line that is too long.

    A line without end is passed over in pieces, so 2 GB without a line break cost no memory.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash: _Hash = hashlib.sha256()
        self.number = 0
        """Lines read so far."""
        self.beginning = b""
        """How the last line that is too long begins."""
        self.is_seen_whole = False
        """Whether a look ahead came to the end."""
        self._bytes = 0
        self._ahead: deque[_Ahead] = deque()

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        while True:
            if self._ahead:
                found = self._ahead.popleft()
                self.number, self._hash, self._bytes = found.number, found.hash, found.bytes
                yield found.number, found.line
            elif (line := self._piece(LONGEST_LINE + 1)) != b"":
                self.number += 1
                yield self.number, self._whole(line)
            else:
                return

    def ahead(self, lines: int, size: int) -> list[tuple[int, bytes | None]]:
        """The next lines, up to so many or so many bytes of them; they are not read yet, and come once more."""
        before = self.number, self._hash, self._bytes
        if self._ahead:
            # A look before this one came as far.
            last = self._ahead[-1]
            self.number, self._hash, self._bytes = last.number, last.hash, last.bytes
            size -= sum(len(found.line or b"") for found in self._ahead)
        while len(self._ahead) < lines and size > 0:
            self._hash = self._hash.copy()
            piece = self._piece(LONGEST_LINE + 1)
            if not piece:
                self.is_seen_whole = True
                break
            self.number += 1
            line = self._whole(piece)
            size -= len(line or b"")
            self._ahead.append(_Ahead(self.number, line, self._hash, self._bytes))
        self.number, self._hash, self._bytes = before
        return [(found.number, found.line) for found in islice(self._ahead, lines)]

    def _whole(self, line: bytes) -> bytes | None:
        """The line that begins so, or None for one that is too long: the rest of it is passed over."""
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            return line if self.number > 1 else line.removeprefix(BYTE_ORDER_MARK)
        self.beginning = line.removeprefix(BYTE_ORDER_MARK)[:_SHOWN]
        while not line.endswith(b"\n"):
            line = self._piece(_SKIPPED_AT_ONCE)
            if not line:
                break
        return None

    def sha256(self) -> str:
        """Hash of the whole file in hexadecimal, also when only its beginning was wanted: the rest is read now."""
        for _ in self:
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
