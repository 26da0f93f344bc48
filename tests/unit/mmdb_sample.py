"""A small database in MaxMind's format, written by its public description, for tests."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

_SHORT, _LONG, _LONGEST = 5, 6, 9
_SIZES = {_SHORT: 2, _LONG: 4, _LONGEST: 8}
"""Kinds of whole numbers and their bytes."""


def mmdb(places: dict[str, dict[str, Any]], *, made_at: int = 1_790_000_000, ip_version: int = 6) -> bytes:
    """A database of these networks (IPv4 ones lie under ::/96, as in real ones) with the record of each.

    `ip_version` 4: one that holds IPv4 only. No other way of writing IPv4 leads to its networks (makers may add some).
    """
    nodes: list[list[int | tuple[str, int] | None]] = [[None, None]]
    data, offsets = b"", {}
    for network, record in places.items():
        offsets[network] = len(data)
        data += _encoded(record)
        parsed = ipaddress.ip_network(network)
        bits = f"{int(parsed.network_address):0{32 if ip_version == 4 else 128}b}"
        length = parsed.prefixlen + (96 if parsed.version < ip_version else 0)
        node = 0
        for bit in map(int, bits[: length - 1]):
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            child = nodes[node][bit]
            assert isinstance(child, int)
            node = child
        nodes[node][int(bits[length - 1])] = ("data", offsets[network])
    count = len(nodes)
    tree = b"".join(
        struct.pack(
            ">II",
            *[
                count if child is None else child if isinstance(child, int) else count + 16 + child[1]
                for child in node
            ],
        )
        for node in nodes
    )
    about = {
        "binary_format_major_version": (_SHORT, 2), "binary_format_minor_version": (_SHORT, 0),
        "build_epoch": (_LONGEST, made_at), "database_type": "Test-City", "description": {"en": "test"},
        "ip_version": (_SHORT, ip_version), "languages": ["en"], "node_count": (_LONG, count),
        "record_size": (_SHORT, 32),
    }  # fmt: skip
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encoded(about)


def _encoded(value: Any) -> bytes:
    match value:
        case str():
            return _head(2, len(value.encode())) + value.encode()
        case dict():
            return _head(7, len(value)) + b"".join(
                _encoded(key) + _encoded(item) for key, item in value.items()
            )
        case list():
            return _head(11, len(value)) + b"".join(map(_encoded, value))
        case int():
            return _encoded((_LONG, value))
        case (kind, number):
            size = _SIZES[kind]
            return _head(kind, size) + number.to_bytes(size, "big")
    raise TypeError(value)


def _head(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
