"""Fetches from addresses that people gave, without becoming their way into the network behind this server.

Only https, only public addresses. The name is resolved where the connection is made, and the connection goes to the
address that was checked, so a second answer of the name server changes nothing. Each redirect is a connection of its
own. Size and time are capped. No proxy, cookie or log-in is used.
"""

# httpcore calls its streams with time limits of its own; here the deadline of the whole decides.
# ruff: noqa: ARG002

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import certifi
import httpcore

from queries.errors import PodboardError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)
_MOST_REDIRECTS = 3
_LONGEST_WAIT = 7 * 86_400
_WHOLE_SECONDS = 30.0
_STEP_SECONDS = 10.0
_PIECE = 64 * 1024
_LONGEST_URL = 2_000
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")
_GZIP = b"\x1f"
_FEEDS = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

# Not for the public although Python (or some version of it) calls them global.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_CLOSED_NAMES = ("localhost", "local", "internal", "home.arpa")
"""What ends like this is a name inside a network."""
_NUMBERED = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INSIDE = "The address does not lie in the public internet."
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# httpcore logs every address in full, and the address of a private feed holds its key.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class FetchRefused(PodboardError):
    """The address is not fetched or did not answer as it should; the message is for the person who gave it.

    `is_gone`: it says that it will never answer again. `wait_seconds`: it asks to be left alone for so long.
    """

    def __init__(self, message: str, *, is_gone: bool = False, wait_seconds: int = 0) -> None:
        super().__init__(message)
        self.is_gone = is_gone
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Validators:
    """By what an address tells whether its content is still the same: sent back to it with the next question."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered, after redirects; `moved_to` is where they lead if each was said to be for good."""

    url: str
    content: bytes
    content_type: str
    validators: Validators = Validators()
    moved_to: str | None = None


def fetch(url: str, *, largest: int, accept: str = _FEEDS) -> Fetched:
    """What stands at a public https address, at most `largest` bytes. Raises: FetchRefused."""
    fetched = _Fetcher().fetch(url, largest=largest, accept=accept)
    assert fetched is not None  # noqa: S101 (nothing was known, so nothing can be unchanged; this tells mypy)
    return fetched


def fetch_if_changed(url: str, *, largest: int, known: Validators, accept: str = _FEEDS) -> Fetched | None:
    """As `fetch`; None when the address says that its content is what `known` stands for."""
    return _Fetcher().fetch(url, largest=largest, known=known, accept=accept)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also when it is an IPv4 address in IPv6 clothes."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if any(address.version == network.version and address in network for network in _CLOSED):
        return False
    return address.is_global and not (
        address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
        or address.is_reserved or address.is_unspecified
    )  # fmt: skip


def check_public(url: str, schemes: Collection[str] = ("https",)) -> None:
    """Returns if the form of an address lets it be public, as whoever is sent there looks its name up for himself.

    https unless told, no log-in, and neither an address nor a name of a closed network. Raises: FetchRefused.
    """
    if re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise FetchRefused("This is not an address.")
    _checked(_ascii(url), schemes)
    host = (urlsplit(_ascii(url)).hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Browsers take 127.1 and 0x7f000001 for addresses.
        last = host.rpartition(".")[2]
        if (
            "." not in host
            or _NUMBERED.fullmatch(last)
            or f".{host}".endswith(tuple(f".{n}" for n in _CLOSED_NAMES))
        ):
            raise FetchRefused(_INSIDE) from None
    else:
        if not is_public(address):
            raise FetchRefused(_INSIDE)


def is_found(url: str) -> bool:
    """Whether the name of a host that passed `check_public` is known now. Raises: FetchRefused if it leads inside."""
    parts = urlsplit(_ascii(url))
    try:
        addresses = _resolve(parts.hostname or "", parts.port or 443)
    except (OSError, UnicodeError, ValueError):
        return False
    if not all(is_public(address) for address in addresses):
        raise FetchRefused(_INSIDE)
    return bool(addresses)


def _resolve(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


@dataclass(frozen=True)
class _Fetcher:
    """The rules of a fetch. `fetch()` uses them as they stand here; only tests make one of their own."""

    resolve: Callable[[str, int], list[Address]] = _resolve
    permits: Callable[[Address], bool] = is_public
    trust: Callable[[], ssl.SSLContext] = _trust
    whole_seconds: float = _WHOLE_SECONDS
    step_seconds: float = _STEP_SECONDS

    def fetch(
        self, url: str, *, largest: int, known: Validators = Validators(), accept: str = _FEEDS
    ) -> Fetched | None:
        """What stands at the address, None for what is known already. Raises: FetchRefused."""
        gate = _Gate(self.resolve, self.permits, time.monotonic() + self.whole_seconds, self.step_seconds)
        context = self.trust()
        try:
            url = _ascii(url)
            for_good = True
            for hop in range(_MOST_REDIRECTS + 1):
                answer = _ask(gate, context, _Question(url, largest, known, accept))
                if isinstance(answer, Fetched):
                    return replace(answer, moved_to=url) if hop and for_good else answer
                if answer is None:
                    return None
                url, is_permanent = answer
                for_good = for_good and is_permanent
        except httpcore.TimeoutException:
            raise FetchRefused("The address did not answer in time.") from None
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
                raise FetchRefused("The address has no valid certificate.") from None
            raise FetchRefused("The address cannot be reached.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise FetchRefused("The address did not answer as a web server does.") from None
        raise FetchRefused(f"The address redirects more than {_MOST_REDIRECTS} times.")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of one address."""

    url: str
    largest: int
    known: Validators
    accept: str


def _ask(gate: _Gate, context: ssl.SSLContext, question: _Question) -> Fetched | tuple[str, bool] | None:
    """The answer of one address, where it redirects to and whether for good, or None when it has nothing new."""
    url, known = question.url, question.known
    headers: list[tuple[bytes | str, bytes | str]] = [
        ("Host", _checked(url)),
        ("User-Agent", "podboard (podcast analytics)"),
        ("Accept", question.accept),
        ("Accept-Encoding", "gzip, identity"),
        ("Connection", "close"),
        *([("If-None-Match", known.etag)] if known.etag else []),
        *([("If-Modified-Since", known.last_modified)] if known.last_modified else []),
    ]
    # A pool for each hop: a connection made for one host is never used for another at the same address.
    with (
        httpcore.ConnectionPool(ssl_context=context, network_backend=gate, max_connections=1) as pool,
        pool.stream("GET", url.encode("ascii"), headers=headers) as response,
    ):
        answered = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in _REDIRECTS and answered.get(b"location"):
            return _ascii(urljoin(url, answered[b"location"])), response.status in _FOR_GOOD
        if response.status == 304 and known != Validators():
            return None
        if response.status != 200:
            raise FetchRefused(
                f"The address answered with status {response.status}.",
                is_gone=response.status == 410, wait_seconds=_wait_of(answered.get(b"retry-after", "")),
            )  # fmt: skip
        pieces = _unpacked(response.iter_stream(), answered.get(b"content-encoding", ""))
        return Fetched(
            url, b"".join(_capped(pieces, question.largest)), answered.get(b"content-type", ""),
            Validators(_validator(answered.get(b"etag")), _validator(answered.get(b"last-modified"))),
        )  # fmt: skip


class _Gate(httpcore.NetworkBackend):
    """Opens connections to permitted addresses only, and lets none outlive the deadline."""

    def __init__(
        self, resolve: Callable[[str, int], list[Address]], permits: Callable[[Address], bool],
        deadline: float, step_seconds: float,
    ) -> None:  # fmt: skip
        self._resolve = resolve
        self._permits = permits
        self._deadline = deadline
        self._step_seconds = step_seconds
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """A connection to the address that the host's name stands for now. Raises: FetchRefused."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError, ValueError):
            raise FetchRefused("The name of the address cannot be found.") from None
        # One closed address among open ones is refused too: which of them is dialled must not be a matter of luck.
        if not addresses or not all(self._permits(address) for address in addresses):
            raise FetchRefused(_INSIDE)
        stream = self._network.connect_tcp(str(addresses[0]), port, timeout=self.remaining())
        return _TimedStream(stream, self)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never. Raises: FetchRefused."""
        raise FetchRefused(_INSIDE)

    def remaining(self) -> float:
        """Seconds that the next step may take. Raises: httpcore.ReadTimeout after the deadline."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, self._step_seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step is held to the deadline of the whole: one byte at a time does not prolong it."""

    def __init__(self, stream: httpcore.NetworkStream, gate: _Gate) -> None:
        self._stream = stream
        self._gate = gate

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes."""
        return self._stream.read(max_bytes, timeout=self._gate.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends bytes."""
        self._stream.write(buffer, timeout=self._gate.remaining())

    def close(self) -> None:
        """Ends the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, with the host's certificate checked."""
        return _TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, timeout=self._gate.remaining()), self._gate
        )

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)


def _ascii(url: str) -> str:
    """The address with everything beyond ASCII written as %XX (path) or in punycode (host)."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except ValueError:
        raise FetchRefused("This is not an address.") from None
    path, query = (quote(part, safe="/%:@!$&'()*+,;=~?-._") for part in (parts.path or "/", parts.query))
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def _checked(url: str, schemes: Collection[str] = ("https",)) -> str:
    """The Host header of an address that may be asked. Raises: FetchRefused."""
    if len(url) > _LONGEST_URL:
        raise FetchRefused("The address is too long.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        raise FetchRefused("This is not an address.") from None
    if parts.scheme not in schemes:
        raise FetchRefused("The address must begin with https://.")
    if not host or "@" in parts.netloc or re.search(r"[^A-Za-z0-9.:_-]", host):
        raise FetchRefused("The address must name a host and no log-in.")
    shown = f"[{host}]" if ":" in host else host
    return shown if port == 443 else f"{shown}:{port}"


def _wait_of(told: str) -> int:
    """Seconds that an address asks for before the next question; 0 where that is not understood."""
    told = told.strip()
    if told.isascii() and told.isdigit():
        return min(int(told[:12]), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0, min(int((until - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT))


def _validator(value: str | None) -> str | None:
    """What an address said of its content, if it can be sent back as it is."""
    return value if value and _VALIDATOR.fullmatch(value) else None


def _unpacked(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The body in pieces of bounded size, whatever it unpacks to."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from raw
        return
    if encoding not in ("gzip", "x-gzip"):
        raise FetchRefused("The address answered in an encoding that was not asked for.")
    unpack = zlib.decompressobj(wbits=31)
    for piece in raw:
        pending = piece
        while pending:
            if unpack.eof:
                # Several packed one after the other are one body (RFC 1952); anything else after them is padding.
                if not pending.startswith(_GZIP):
                    return
                unpack = zlib.decompressobj(wbits=31)
            try:
                yield unpack.decompress(pending, _PIECE)
            except zlib.error:
                raise FetchRefused("The answer of the address is damaged.") from None
            pending = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    if not unpack.eof:
        raise FetchRefused("The answer of the address is damaged.")


def _capped(pieces: Iterator[bytes], largest: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > largest:
            raise FetchRefused(f"The answer is larger than {largest // (1024 * 1024)} MB.")
        yield piece
