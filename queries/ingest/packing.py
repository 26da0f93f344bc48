"""Packed files are unpacked while they are read: gzip and zstd, told by their first bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from backports import zstd

from queries.ingest.imports import BrokenOff, ImportRefused

_AT_ONCE = 1024 * 1024
_GZIP = b"\x1f\x8b"
# A file may begin with a frame that readers pass over (RFC 8878): pzstd writes into it how long the next one is.
_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)))
_BROKEN = "The packed file is broken or cut off."
_WHOLE = {
    "too much memory": (
        "The file is packed with so large a window that reading it takes more than 128 MiB of memory: pack it again "
        "without --long or --ultra."
    ),
    "Dictionary mismatch": "The file is packed with a dictionary, which is not in it: pack it again without --dict.",
}
"""What the library says of a file that is whole, and what it means; no reader has a code for it."""
_OTHERS = {
    b"PK\x03\x04": "a ZIP archive", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16",
}  # fmt: skip


def first_bytes(plain: BinaryIO, count: int) -> bytes:
    """The first bytes of what `unpacked` gives, which stay there to be read."""
    return cast(io.BufferedReader, plain).peek(count)[:count]


@contextmanager
def unpacked(source: BinaryIO) -> Iterator[BinaryIO]:
    """The content of a file, whether it is packed or not.

    Raises: ImportRefused, from inside too, when the packing is broken or another one than gzip and zstd.
    """
    head = io.BufferedReader(cast(io.RawIOBase, source), _AT_ONCE)
    try:
        first = head.peek(8)[:8]
        for magic, name in _OTHERS.items():
            if first.startswith(magic):
                raise ImportRefused(f"The file is {name}: plain UTF-8, gzip and zstd can be read.")
        if first.startswith(_GZIP):
            with gzip.GzipFile(fileobj=head) as packed, io.BufferedReader(packed, _AT_ONCE) as plain:
                yield cast(BinaryIO, plain)
        elif first.startswith(_ZSTD):
            with zstd.ZstdFile(head) as packed_zstd:
                with io.BufferedReader(cast(io.RawIOBase, packed_zstd), _AT_ONCE) as plain:
                    yield cast(BinaryIO, plain)
        else:
            yield cast(BinaryIO, head)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise BrokenOff(_BROKEN) from None
    except zstd.ZstdError as error:
        # A later frame may be so too: what was read before it stands.
        raise BrokenOff(next((why for said, why in _WHOLE.items() if said in str(error)), _BROKEN)) from None
    finally:
        # The file stays its opener's to close.
        head.detach()
