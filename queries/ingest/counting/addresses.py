"""Addresses: cut for uniqueness, turned into listener ids, looked up in lists of networks; never kept.

How an address is read is decided in `packed` alone: listener id, data centres and country are of the same address.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from bisect import bisect_right
from collections.abc import Callable, Iterable

_IPV4_BYTES = 4
_IPV6_BYTES_KEPT = 8
_MAPPED = bytes(10) + b"\xff\xff"
_MAPPED_BITS = 8 * len(_MAPPED)
_SHORTEST_SECRET = 32
_AS_NUMBER = re.compile(r"AS0*([1-9][0-9]{0,9})", re.ASCII | re.IGNORECASE)
_LARGEST_AS_NUMBER = 2**32 - 1

FindAsNumber = Callable[[str], int | None]
"""The number of the autonomous system (AS) that an address belongs to, None where nobody knows."""


class NetworkListError(ValueError):
    """A line of a list of networks cannot be understood; the message names it."""


def cut_address(address: str) -> str:
    """The part of an address that stands for a listener: IPv4 whole, of IPv6 the first 64 bits.

    Raises: ValueError for what is no address.
    """
    read = packed(address)
    if len(read) == _IPV4_BYTES:
        return socket.inet_ntop(socket.AF_INET, read)
    return socket.inet_ntop(socket.AF_INET6, read[:_IPV6_BYTES_KEPT] + bytes(16 - _IPV6_BYTES_KEPT))


def listener_id(secret: bytes, cut: str, agent: str) -> str:
    """What stands for a listener: keyed with the tenant's secret, the same for every episode, 128 bits in hexadecimal.

    Raises: ValueError for a secret that is too short to keep addresses from being guessed.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"the secret has fewer than {_SHORTEST_SECRET} bytes")
    # An address holds no bar, so no two pairs give one text.
    return hmac.digest(secret, f"{cut}|{agent}".encode("utf-8", "surrogatepass"), "sha256")[:16].hex()


class Networks:
    """A set of networks of both families that answers whether an address lies in one of them.

    Those of an autonomous system are told by its number; which has an address is looked up only where there are such.
    """

    def __init__(
        self, networks: Iterable[str] = (), *, as_numbers: Iterable[int] = (),
        find_as_number: FindAsNumber | None = None,
    ) -> None:  # fmt: skip
        """Raises: ValueError for AS numbers that nobody looks up."""
        self._as_numbers = frozenset(as_numbers)
        if self._as_numbers and find_as_number is None:
            raise ValueError("AS numbers need somebody who looks them up")
        self._find_as_number = find_as_number if self._as_numbers else None
        self._starts: dict[int, list[int]] = {4: [], 6: []}
        self._ends: dict[int, list[int]] = {4: [], 6: []}
        parsed = [_network(text) for text in networks]
        for version in (4, 6):
            spans = sorted(
                (int(network.network_address), int(network.broadcast_address))
                for network in parsed
                if network.version == version
            )
            starts, ends = self._starts[version], self._ends[version]
            for start, end in spans:
                if ends and start <= ends[-1] + 1:
                    ends[-1] = max(ends[-1], end)
                else:
                    starts.append(start)
                    ends.append(end)

    def __bool__(self) -> bool:
        return bool(self._starts[4] or self._starts[6] or self._as_numbers)

    def __contains__(self, address: str) -> bool:
        if not self:
            return False
        read = packed(address)
        version, value = 4 if len(read) == _IPV4_BYTES else 6, int.from_bytes(read, "big")
        position = bisect_right(self._starts[version], value) - 1
        if position >= 0 and value <= self._ends[version][position]:
            return True
        return self._find_as_number is not None and self._find_as_number(address) in self._as_numbers

    @classmethod
    def from_lines(cls, lines: Iterable[str], find_as_number: FindAsNumber | None = None) -> Networks:
        """The networks of a list: one network, address or AS number (AS64496) a line; # and ; begin a comment.

        Raises: NetworkListError, which names the line; for an AS number too, where none can be looked up.
        """
        found: list[str] = []
        as_numbers: set[int] = set()
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].partition(";")[0].strip()
            if not text:
                continue
            as_number = as_number_of(text)
            if as_number is not None:
                if find_as_number is None:
                    raise NetworkListError(
                        f"line {number}: {text[:60]} is an AS number, and PODBOARD_AS_NUMBERS names no database of them"
                    )
                as_numbers.add(as_number)
                continue
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                raise NetworkListError(
                    f"line {number}: {text[:60]!r} is no network like 192.0.2.0/24 and no AS number like AS64496"
                ) from None
            found.append(text)
        return cls(found, as_numbers=as_numbers, find_as_number=find_as_number)


def as_number_of(text: str) -> int | None:
    """The number that a text like AS64496 tells; None for any other, AS0 too, which nobody is."""
    read = _AS_NUMBER.fullmatch(text)
    number = int(read[1]) if read else 0
    return number if 0 < number <= _LARGEST_AS_NUMBER else None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    network = ipaddress.ip_network(text, strict=False)
    is_mapped = network.prefixlen >= _MAPPED_BITS and network.network_address.packed.startswith(_MAPPED)
    if not is_mapped:
        return network
    # Its addresses are read as IPv4.
    return ipaddress.IPv4Network((packed(str(network.network_address)), network.prefixlen - _MAPPED_BITS))


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        packed(text)
    except ValueError:
        return False
    return True


def packed(address: str) -> bytes:
    """The 4 or 16 bytes of an address. Raises: ValueError for what is none.

    An IPv4 address written as IPv6 (::ffff:192.0.2.1), as a host writes it that listens for both, is the IPv4 address.
    Tunnels (6to4, Teredo) and translators (NAT64) have IPv6 networks of their own, and are taken for those.
    """
    # The operating system's reader takes a tenth of the time of the module ipaddress.
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        read = socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        raise ValueError("this is no IP address") from None
    return read.removeprefix(_MAPPED)
