"""The client that fetches feeds reaches the public internet and nothing else, within its limits."""

from __future__ import annotations

import gzip
import http.server
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from queries.ingest import http as client
from queries.ingest.http import Address, FetchRefused, Validators, fetch, is_public

CERTIFICATE = Path(__file__).parent.parent / "data" / "tls" / "feeds_example.pem"
LOOPBACK = ipaddress.ip_address("127.0.0.1")
MEGABYTE = 1024 * 1024


@dataclass
class Web:
    """A server on loopback that answers by `pages` and remembers what it was asked."""

    port: int
    pages: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str, host: str = "feeds.example") -> str:
        return f"https://{host}:{self.port}{path}"


@pytest.fixture
def web() -> Iterator[Web]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.headers["Host"], self.path))
            site.headers.append({name.lower(): value for name, value in self.headers.items()})
            site.pages[self.path.partition("?")[0]](self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients here hang up on purpose."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        site = Web(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def _answer(
    body: bytes, status: int = 200, **headers: str
) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def _here(**rules: object) -> client._Fetcher:
    """The client, allowed to reach the test server: every name is loopback, its certificate is trusted."""
    given = {
        "resolve": lambda _host, _port: [LOOPBACK],
        "permits": lambda address: address == LOOPBACK,
        "trust": lambda: ssl.create_default_context(cafile=CERTIFICATE),
        **rules,
    }
    return client._Fetcher(**given)  # type: ignore[arg-type]


def test_a_page_is_fetched_with_its_own_name(web: Web) -> None:
    web.pages["/feed"] = _answer(b"<rss/>", Content_Type="application/rss+xml")
    found = _here().fetch(web.url("/feed?key=1"), largest=MEGABYTE)
    assert (found.content, found.content_type) == (b"<rss/>", "application/rss+xml")
    assert web.asked == [(f"feeds.example:{web.port}", "/feed?key=1")]
    assert set(web.headers[0]) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:0a00:0001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
        "fec0::1", "ff02::1", "100::1", "3fff::1",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0/",
        "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/", "https://10.0.0.1:8443/",
    ],
)  # fmt: skip
def test_the_client_as_it_is_used_does_not_reach_inside(url: str) -> None:
    with pytest.raises(FetchRefused, match=r"does not lie in the public internet|cannot be found"):
        fetch(url, largest=MEGABYTE)


def test_the_client_as_it_is_used_does_not_reach_a_server_that_is_there(web: Web) -> None:
    web.pages["/"] = _answer(b"secret")
    for host in ("localhost", "127.0.0.1"):
        with pytest.raises(FetchRefused, match="public internet"):
            fetch(web.url("/", host), largest=MEGABYTE)
    assert web.asked == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://feeds.example/", "must begin with https"),
        ("ftp://feeds.example/", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("https://user:word@feeds.example/", "no log-in"),
        ("https://user@feeds.example/", "no log-in"),
        ("https:///nowhere", "name a host"),
        ("https://feeds.example:port/", "not an address"),
        ("https://[::1/", "not an address"),
        ("https://feeds.example/" + "x" * 3000, "too long"),
        ("https://feeds example/", "name a host"),
        ("//feeds.example/", "must begin with https"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused(url: str, message: str) -> None:
    with pytest.raises(FetchRefused, match=message):
        _here().fetch(url, largest=MEGABYTE)


def test_the_name_is_resolved_once_for_each_connection_and_the_checked_address_is_dialled(web: Web) -> None:
    """A name server that answers something else the second time (DNS rebinding) is not asked a second time."""
    web.pages["/"] = _answer(b"ok")
    answers = [[LOOPBACK], [ipaddress.ip_address("10.0.0.1")]]
    fetcher = _here(resolve=lambda _host, _port: answers.pop(0))
    assert fetcher.fetch(web.url("/"), largest=MEGABYTE).content == b"ok"
    assert len(answers) == 1
    with pytest.raises(FetchRefused, match="public internet"):
        fetcher.fetch(web.url("/"), largest=MEGABYTE)
    assert len(web.asked) == 1


def test_one_closed_address_among_open_ones_closes_the_name(web: Web) -> None:
    mixed: list[Address] = [LOOPBACK, ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(FetchRefused, match="public internet"):
        _here(resolve=lambda _host, _port: mixed).fetch(web.url("/"), largest=MEGABYTE)
    assert web.asked == []


def test_a_name_that_is_not_known_is_said() -> None:
    def unknown(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(FetchRefused, match="name of the address cannot be found"):
        _here(resolve=unknown).fetch("https://feeds.example/", largest=MEGABYTE)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(web: Web, status: int) -> None:
    web.pages["/old"] = _answer(b"", status, Location="/new", Set_Cookie="a=b")
    web.pages["/new"] = _answer(b"here")
    found = _here().fetch(web.url("/old"), largest=MEGABYTE)
    assert (found.content, found.url) == (b"here", web.url("/new"))
    assert found.moved_to == (web.url("/new") if status in (301, 308) else None)
    assert "cookie" not in web.headers[1]


def test_one_redirect_for_now_among_those_for_good_moves_nothing(web: Web) -> None:
    web.pages["/a"] = _answer(b"", 301, Location="/b")
    web.pages["/b"] = _answer(b"", 302, Location="/c")
    web.pages["/c"] = _answer(b"here")
    assert _here().fetch(web.url("/a"), largest=MEGABYTE).moved_to is None
    web.pages["/b"] = _answer(b"", 308, Location="/c")
    assert _here().fetch(web.url("/a"), largest=MEGABYTE).moved_to == web.url("/c")
    assert _here().fetch(web.url("/c"), largest=MEGABYTE).moved_to is None


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("120", 120, 120),
        (3600, 3500, 3600),
        (-3600, 0, 0),
        ("99999999999999", 7 * 86_400, 7 * 86_400),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("²", 0, 0),
    ],
)
def test_what_an_address_asks_to_wait_is_heard(web: Web, told: str | int, least: int, most: int) -> None:
    """Seconds, or a date: a number here is a date so many seconds from now."""
    said = formatdate(time.time() + told, usegmt=True) if isinstance(told, int) else told
    web.pages["/busy"] = _answer(b"", 429, Retry_After=said)
    with pytest.raises(FetchRefused, match="status 429") as refused:
        _here().fetch(web.url("/busy"), largest=MEGABYTE)
    assert least <= refused.value.wait_seconds <= most
    assert not refused.value.is_gone


def test_an_address_that_is_gone_says_so(web: Web) -> None:
    web.pages["/gone"] = _answer(b"", 410)
    with pytest.raises(FetchRefused, match="status 410") as refused:
        _here().fetch(web.url("/gone"), largest=MEGABYTE)
    assert (refused.value.is_gone, refused.value.wait_seconds) == (True, 0)


def test_each_redirect_is_checked_anew(web: Web) -> None:
    where = {"feeds.example": LOOPBACK, "inside.example": ipaddress.ip_address("192.168.0.1")}
    web.pages["/"] = _answer(b"", 302, Location=f"https://inside.example:{web.port}/secret")
    with pytest.raises(FetchRefused, match="public internet"):
        _here(resolve=lambda host, _port: [where[host]]).fetch(web.url("/"), largest=MEGABYTE)
    assert [path for _, path in web.asked] == ["/"]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://feeds.example/", "must begin with https"), ("file:///etc/passwd", "must begin with https"),
        ("https://a@feeds.example/", "no log-in"), ("gopher://feeds.example/", "must begin with https"),
    ],
)  # fmt: skip
def test_a_redirect_to_something_else_than_https_is_refused(web: Web, location: str, message: str) -> None:
    web.pages["/"] = _answer(b"", 302, Location=location)
    with pytest.raises(FetchRefused, match=message):
        _here().fetch(web.url("/"), largest=MEGABYTE)


def test_redirects_end(web: Web) -> None:
    web.pages["/"] = _answer(b"", 302, Location="/")
    with pytest.raises(FetchRefused, match="redirects more than 3 times"):
        _here().fetch(web.url("/"), largest=MEGABYTE)
    assert len(web.asked) == 4


def test_a_redirect_to_another_name_at_the_same_address_has_its_certificate_checked(web: Web) -> None:
    web.pages["/"] = _answer(b"", 302, Location=web.url("/other", "unnamed.example"))
    web.pages["/other"] = _answer(b"not to be had")
    with pytest.raises(FetchRefused, match="no valid certificate"):
        _here().fetch(web.url("/"), largest=MEGABYTE)


def test_a_certificate_of_another_name_or_of_nobody_known_is_refused(web: Web) -> None:
    web.pages["/"] = _answer(b"x")
    with pytest.raises(FetchRefused, match="no valid certificate"):
        _here().fetch(web.url("/", "unnamed.example"), largest=MEGABYTE)
    with pytest.raises(FetchRefused, match="no valid certificate"):
        _here(trust=client._trust).fetch(web.url("/"), largest=MEGABYTE)
    assert web.asked == []


def test_what_is_too_large_is_not_read_to_its_end(web: Web) -> None:
    sent = 0

    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while sent < 200 * MEGABYTE:
            handler.wfile.write(b"x" * MEGABYTE)
            sent += MEGABYTE

    web.pages["/"] = endless
    with pytest.raises(FetchRefused, match="larger than 2 MB"):
        _here().fetch(web.url("/"), largest=2 * MEGABYTE)
    assert sent < 50 * MEGABYTE


def test_a_compressed_answer_is_unpacked_within_the_limit(web: Web) -> None:
    web.pages["/small"] = _answer(gzip.compress(b"<rss/>" * 100), Content_Encoding="gzip")
    web.pages["/bomb"] = _answer(gzip.compress(b"\0" * 100 * MEGABYTE), Content_Encoding="gzip")
    web.pages["/cut"] = _answer(gzip.compress(os.urandom(1000))[:500], Content_Encoding="gzip")
    web.pages["/other"] = _answer(b"?", Content_Encoding="br")
    two = gzip.compress(b"<rss>") + gzip.compress(b"</rss>")
    web.pages["/two"] = _answer(two, Content_Encoding="gzip")
    web.pages["/padded"] = _answer(two + b"\0" * 10, Content_Encoding="gzip")
    web.pages["/two-cut"] = _answer(two[:-9], Content_Encoding="gzip")
    web.pages["/two-bombs"] = _answer(gzip.compress(b"\0" * MEGABYTE) * 2, Content_Encoding="gzip")
    assert _here().fetch(web.url("/small"), largest=MEGABYTE).content == b"<rss/>" * 100
    with pytest.raises(FetchRefused, match="larger than 1 MB"):
        _here().fetch(web.url("/bomb"), largest=MEGABYTE)
    with pytest.raises(FetchRefused, match="damaged"):
        _here().fetch(web.url("/cut"), largest=MEGABYTE)
    with pytest.raises(FetchRefused, match="encoding that was not asked for"):
        _here().fetch(web.url("/other"), largest=MEGABYTE)
    # Servers that pack as they write may send several, one after the other.
    assert _here().fetch(web.url("/two"), largest=MEGABYTE).content == b"<rss></rss>"
    assert _here().fetch(web.url("/padded"), largest=MEGABYTE).content == b"<rss></rss>"
    with pytest.raises(FetchRefused, match="damaged"):
        _here().fetch(web.url("/two-cut"), largest=MEGABYTE)
    with pytest.raises(FetchRefused, match="larger than 1 MB"):
        _here().fetch(web.url("/two-bombs"), largest=MEGABYTE)


def test_one_byte_at_a_time_does_not_outlive_the_deadline(web: Web) -> None:
    stop = threading.Event()

    def drip_headers(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    def drip_body(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    web.pages["/headers"] = drip_headers
    web.pages["/body"] = drip_body
    try:
        for path in ("/headers", "/body"):
            began = time.monotonic()
            with pytest.raises(FetchRefused, match="did not answer in time"):
                _here(whole_seconds=0.6, step_seconds=0.4).fetch(web.url(path), largest=MEGABYTE)
            assert time.monotonic() - began < 2
    finally:
        stop.set()


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(FetchRefused, match="did not answer in time"):
            _here(whole_seconds=5, step_seconds=0.3).fetch(
                f"https://feeds.example:{silent.getsockname()[1]}/", largest=MEGABYTE
            )
        assert time.monotonic() - began < 2


def test_nobody_there_and_no_web_server_are_told_apart(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(FetchRefused, match="cannot be reached"):
        _here().fetch(f"https://feeds.example:{port}/", largest=MEGABYTE)

    def babble(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")
        handler.close_connection = True

    web.pages["/"] = babble
    with pytest.raises(FetchRefused, match="not answer as a web server"):
        _here().fetch(web.url("/"), largest=MEGABYTE)


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500, 503])
def test_any_other_status_is_said(web: Web, status: int) -> None:
    web.pages["/"] = _answer(b"", status)
    with pytest.raises(FetchRefused, match=f"status {status}"):
        _here().fetch(web.url("/"), largest=MEGABYTE)


def test_what_is_known_is_not_sent_again(web: Web) -> None:
    known = Validators('W/"tale"', "Tue, 03 Nov 2026 14:00:00 GMT")

    def page(handler: http.server.BaseHTTPRequestHandler) -> None:
        same = handler.headers["If-None-Match"] == known.etag
        assert not same or handler.headers["If-Modified-Since"] == known.last_modified
        _answer(
            b"" if same else b"<rss/>", 304 if same else 200, ETag='W/"tale"', Last_Modified=known.last_modified or ""
        )(handler)  # fmt: skip

    web.pages["/"] = page
    web.pages["/moved"] = _answer(b"", 302, Location="/")
    first = _here().fetch(web.url("/"), largest=MEGABYTE)
    assert first is not None
    assert (first.content, first.validators) == (b"<rss/>", known)
    for path in ("/", "/moved"):
        assert _here().fetch(web.url(path), largest=MEGABYTE, known=known) is None
    assert _here().fetch(web.url("/"), largest=MEGABYTE, known=Validators('"older"')) is not None


@pytest.mark.parametrize("value", ["x" * 501, "tab\there", "h\xfcbsch", ""])
def test_what_cannot_be_sent_back_as_it_is_is_not_kept(web: Web, value: str) -> None:
    web.pages["/"] = _answer(b"<rss/>", ETag=value)
    fetched = _here().fetch(web.url("/"), largest=MEGABYTE)
    assert fetched is not None
    assert fetched.validators == Validators()


def test_no_proxy_of_the_environment_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/"] = _answer(b"straight")
    assert _here().fetch(web.url("/"), largest=MEGABYTE).content == b"straight"


def test_letters_beyond_ascii_are_written_as_the_web_wants_them(web: Web) -> None:
    web.pages["/f%C3%BCr%20alle"] = _answer(b"ok")
    names: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        names.append(host)
        return [LOOPBACK]

    with pytest.raises(FetchRefused, match="certificate"):
        _here(resolve=resolve).fetch(f"https://münchen.example:{web.port}/", largest=MEGABYTE)
    assert names == ["xn--mnchen-3ya.example"]
    assert _here().fetch(web.url("/für alle"), largest=MEGABYTE).content == b"ok"
