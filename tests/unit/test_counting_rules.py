"""What one request tells: why it is refused, how much it delivered, who it stands for."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import itertools
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.counting.addresses import (
    NetworkListError,
    Networks,
    cut_address,
    is_address,
    listener_id,
)
from queries.ingest.counting.content import covers, needed_bytes, put_together, total_bytes
from queries.ingest.counting.counter import Counter
from queries.ingest.counting.filters import is_malformed
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Fetch, Place, Verdict
from queries.ingest.counting.windows import Window
from tests.unit.counting_samples import MINUTE, NOON, PHONE, SECRET, reasons, request, rules, verdicts

WATCH = "atc/1.0 watchOS/10.1 model/Watch6,2 hwp/t8301 build/21S67 (6; dt:239)"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        ({"path": "/logo.png"}, Reason.NO_EPISODE),
        ({"method": "HEAD"}, Reason.HEAD),
        ({"method": "POST"}, Reason.METHOD),
        ({"status": 304, "bytes_sent": 0}, Reason.NOT_MODIFIED),
        ({"status": 302}, Reason.STATUS),
        ({"status": 404}, Reason.STATUS),
        ({"status": 416}, Reason.STATUS),
        ({"status": 500}, Reason.STATUS),
        ({"status": 206, "byte_range": "bytes=0-1", "bytes_sent": 2}, Reason.PROBE),
        ({"status": 200, "byte_range": "bytes=0-1"}, Reason.PROBE),
        ({"status": 206, "bytes_sent": 2}, Reason.PROBE),
        ({"status": 206, "byte_range": "bytes=0-", "bytes_sent": 60_500}, None),
        ({"purpose": "prefetch"}, Reason.PRELOAD),
        ({"purpose": "prefetch;prerender"}, Reason.PRELOAD),
        ({"purpose": "navigate"}, None),
        ({"agent": ""}, Reason.EMPTY_AGENT),
        ({"agent": "-"}, Reason.EMPTY_AGENT),
        ({"agent": " "}, Reason.EMPTY_AGENT),
        ({"agent": WATCH}, Reason.APPLE_WATCH),
        ({"agent": "(null)/(null) watchOS/5.0 model/Watch4,1 build/16R364"}, Reason.APPLE_WATCH),
        # A watch that plays by itself fetches what no phone does: only those two are its phone's doubles.
        ({"agent": "Overcast (+http://overcast.fm/; Apple Watch podcast app)"}, None),
        ({"agent": "(null)/(null)"}, Reason.MALFORMED_AGENT),
        ({"agent": "x" * 1025}, Reason.MALFORMED_AGENT),
        ({"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, Reason.BOT),
        ({"agent": "curl/8.0"}, Reason.BOT),
        ({"agent": "My own little podcast bot"}, Reason.BOT),
        ({"address": "198.51.100.7"}, Reason.DATA_CENTRE),
        ({"address": "::ffff:198.51.100.7"}, Reason.DATA_CENTRE),
        ({"address": "2001:db8:99::1"}, Reason.DATA_CENTRE),
        ({"bytes_sent": MINUTE - 1}, Reason.UNDER_A_MINUTE),
        ({"bytes_sent": MINUTE}, None),
        ({"bytes_sent": 0}, Reason.UNDER_A_MINUTE),
        # Nobody knows how long /two.mp3 is: all of its 9,000 bytes.
        ({"path": "/two.mp3", "bytes_sent": 8_999}, Reason.UNDER_A_MINUTE),
        ({"path": "/two.mp3", "bytes_sent": 9_000}, None),
        ({"path": "/three.mp3", "bytes_sent": 9_000}, Reason.SIZE_UNKNOWN),
        ({"path": "/three.mp3", "bytes_sent": 9_000, "object_bytes": 9_001}, Reason.UNDER_A_MINUTE),
        ({"path": "/three.mp3", "bytes_sent": 9_001, "object_bytes": 9_001}, None),
        ({"path": "/three.mp3", "status": 206, "bytes_sent": 50, "content_range": "bytes 0-49/50"}, None),
    ],
)  # fmt: skip
def test_every_refused_request_keeps_one_reason(values: dict[str, Any], reason: Reason | None) -> None:
    files = {
        "/one.mp3": rules().episode_of("/one.mp3"),
        "/two.mp3": EpisodeFile("two", size_bytes=9_000),
        "/three.mp3": EpisodeFile("three"),
    }
    data_centres = Networks(["198.51.100.0/24", "2001:db8:99::/48"])
    (verdict,) = verdicts([request(**values)], episode_of=files.get, data_centres=data_centres).values()
    assert verdict.reason == reason
    assert (verdict.download is not None) == (reason is None)


def test_every_reason_has_words_of_its_own() -> None:
    assert all(reason.words.endswith(".") for reason in Reason)
    assert len({reason.words for reason in Reason}) == len(Reason)


def test_of_several_reasons_the_first_in_the_list_is_kept() -> None:
    wrong: dict[str, Any] = {"method": "HEAD", "status": 304, "agent": "", "bytes_sent": 0}
    assert reasons([request(**wrong)]) == ["head"]
    assert reasons([request(**{**wrong, "method": "GET"})]) == ["not_modified"]
    assert reasons([request(**{**wrong, "method": "GET", "status": 200})]) == ["empty_agent"]
    assert reasons([request(bytes_sent=0)]) == ["too_short"]


def test_without_a_list_of_data_centres_that_filter_is_off_and_the_version_says_so() -> None:
    assert "without a list of data centres" in rules().version
    listed = rules(Window.ROLLING_LAST_TOUCH, "Europe/Berlin", data_centres=Networks(["198.51.100.0/24"]))
    assert listed.version.startswith(
        "IAB 2.3, rules 4; once per 24 hours from the last request (Europe/Berlin); with a list of data centres; "
        "apps 4, crawler-user-agents "
    )


def test_a_redirect_counts_and_is_labelled() -> None:
    sent = [
        request(1, status=302, bytes_sent=0),
        request(2, status=302, occurred_at=NOON + timedelta(hours=1)),
    ]
    first, again = verdicts(sent, redirects=True).values()
    assert (first.reason is None, first.is_unmeasured, again.reason) == (True, True, Reason.REPEAT)
    assert reasons([request(status=304)], redirects=True) == ["not_modified"]
    assert reasons([request(status=302, byte_range="bytes=0-1")], redirects=True) == ["range_probe"]


def test_unknown_bytes_count_and_are_labelled_known_ones_are_not() -> None:
    (unknown,) = verdicts([request(bytes_sent=None)]).values()
    (known,) = verdicts([request()]).values()
    assert (unknown.reason is None, unknown.is_unmeasured) == (True, True)
    assert (known.reason is None, known.is_unmeasured) == (True, False)


@pytest.mark.parametrize(
    ("pieces", "counts"),
    [
        # The same half twice is half; both halves are a minute, whatever their order.
        ([("bytes=0-3249", 3_250), ("bytes=0-3249", 3_250)], False),
        ([("bytes=0-3249", 3_250), ("bytes=3250-6499", 3_250)], True),
        ([("bytes=3250-", 3_250), ("bytes=0-", 3_250)], True),
        # A gap of one byte.
        ([("bytes=0-3249", 3_250), ("bytes=3251-6499", 3_249)], False),
        # What was sent beyond the range asked for is header or noise.
        ([("bytes=0-3249", 9_999)], False),
        # The last bytes of the file.
        ([("bytes=-3250", 3_250), ("bytes=0-3249", 3_250)], True),
        ([("bytes=-3250", 3_250), ("bytes=57250-", 3_250)], False),
        # Where these lie is not known, so they may be the same ones; one that is enough by itself counts.
        ([(None, 3_250), (None, 3_250)], False),
        ([("bytes=0-1,9-4000", 3_250), ("bytes=0-3249", 3_250)], False),
        ([(None, 6_500)], True),
        ([("lines=1-2", 6_499)], False),
    ],
)
def test_pieces_are_put_together(pieces: list[tuple[str | None, int]], counts: bool) -> None:
    requests = [
        request(number, status=206, byte_range=byte_range, bytes_sent=sent)
        for number, (byte_range, sent) in enumerate(pieces)
    ]
    assert any(verdict.reason is None for verdict in verdicts(requests).values()) == counts


@pytest.mark.parametrize(
    ("file", "told", "needed"),
    [
        (EpisodeFile("e", 60_500, 600, 500), None, 6_500),
        (EpisodeFile("e", 60_500, 600), None, 6_050),
        (EpisodeFile("e", 601, 61), None, 592),
        (EpisodeFile("e", 600, 60), None, 600),
        (EpisodeFile("e", 300, 30, 100), None, 300),
        (EpisodeFile("e", 300, None, 100), None, 300),
        (EpisodeFile("e", None, 600), None, None),
        (EpisodeFile("e", None, 600), 60_000, 6_000),
        (EpisodeFile("e", 60_000, 600), 1, 6_000),
        (EpisodeFile("e", 100, 600, 5_000), None, 100),
        (EpisodeFile("e", 0, 600), None, None),
    ],
)
def test_a_download_needs_a_minute_and_the_header(
    file: EpisodeFile, told: int | None, needed: int | None
) -> None:
    assert needed_bytes(file, told) == needed


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
def test_pieces_put_together_are_the_set_of_their_bytes(spans: list[tuple[int, int]]) -> None:
    pieces: tuple[tuple[int, int], ...] = ()
    had: set[int] = set()
    for span in spans:
        pieces = put_together(pieces, span)
        had |= set(range(*span))
    assert total_bytes(pieces) == len(had)
    assert [byte for start, end in pieces for byte in range(start, end)] == sorted(had)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(pieces))
    assert all(
        covers(pieces, (start, start + 5)) == had.issuperset(range(start, start + 5)) for start in range(60)
    )


def test_a_listener_is_address_and_agent_keyed_by_the_tenant() -> None:
    assert cut_address("2001:db8:1:2:3:4:5:6") == cut_address("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert cut_address("2001:db8:1:3::9") != cut_address("2001:db8:1:2::9")
    assert cut_address("::ffff:192.0.2.1") == cut_address("192.0.2.1") == "192.0.2.1"
    expected = hmac.new(SECRET, f"192.0.2.1|{PHONE}".encode(), hashlib.sha256).hexdigest()[:32]
    assert listener_id(SECRET, "192.0.2.1", PHONE) == expected
    assert listener_id(b"the secret of another tenant, long", "192.0.2.1", PHONE) != expected
    with pytest.raises(ValueError, match="fewer than 32 bytes"):
        listener_id(b"short", "192.0.2.1", PHONE)
    one, two = verdicts([request(1), request(2, path="/two.mp3")]).values()
    assert one.download
    assert two.download
    assert one.download.listener_id == two.download.listener_id == expected


def test_nothing_that_comes_out_holds_an_address() -> None:
    counter = Counter(rules(reorder=0, place_of=lambda _: Place("DE", "BE")))
    asked = [request(1, address="203.0.113.77"), request(2, address="203.0.113.77", bytes_sent=5)]
    found = [outcome for one in asked for outcome in counter.judge(one)]
    assert "203.0.113" not in repr(found) + repr(counter.suspend()) + repr(rules())
    assert SECRET.decode() not in repr(rules())
    assert "address" not in {field.name for kind in (Fetch, Verdict) for field in fields(kind)}
    assert isinstance(found[0], Verdict)
    assert found[0].download is not None
    assert found[0].download.place == Place("DE", "BE")


def _network(kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], width: int) -> st.SearchStrategy[str]:
    return st.builds(
        lambda at, bits: f"{kind(at)}/{bits}", st.integers(0, 2**width - 1), st.integers(4, width)
    )


_networks = st.one_of(_network(ipaddress.IPv4Address, 32), _network(ipaddress.IPv6Address, 128))


@given(st.ip_addresses())
def test_an_address_is_cut_as_the_library_would(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    network = ipaddress.ip_network((plain, 32 if plain.version == 4 else 64), strict=False)
    assert cut_address(str(address)) == str(network.network_address)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.999", "1.2.3.4 ", "g::", "::1\0", "\ud800"]
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match=r"."):
        cut_address(text)


@given(st.lists(_networks, max_size=20), st.data())
def test_a_list_of_networks_holds_what_its_networks_hold(networks: list[str], data: st.DataObject) -> None:
    parsed = [ipaddress.ip_network(network, strict=False) for network in networks]
    edges = [edge for network in parsed for edge in (network[0], network[-1])]
    tried = [
        *edges,
        *[type(edge)(max(0, int(edge) - 1)) for edge in edges],
        *[type(edge)(min(int(edge) + 1, 2**edge.max_prefixlen - 1)) for edge in edges],
        data.draw(st.ip_addresses()),
    ]
    listed = Networks(networks)
    for address in tried:
        plain = getattr(address, "ipv4_mapped", None) or address
        assert (str(address) in listed) == any(
            plain in network or (network.prefixlen >= 96 and address in network) for network in parsed
        )
    assert bool(listed) == bool(networks)


def test_a_list_of_networks_is_read_with_comments_and_a_wrong_line_is_named() -> None:
    lines = ["# cloud", "", "198.51.100.0/24  # one", "2001:db8::/32 ; two", "203.0.113.9"]
    listed = Networks.from_lines(lines)
    assert [address in listed for address in ("198.51.100.255", "2001:db8::1", "203.0.113.9", "203.0.113.8")] == [
        True, True, True, False,
    ]  # fmt: skip
    # Both ways of writing IPv4 are one, for addresses and for networks.
    listed = Networks.from_lines(["::ffff:198.51.100.0/120", "203.0.113.0/24"])
    assert [address in listed for address in ("198.51.100.9", "::ffff:198.51.100.9", "::ffff:203.0.113.9", "::9")] == [
        True, True, True, False,
    ]  # fmt: skip
    with pytest.raises(NetworkListError, match=r"^line 2: '198\.51\.100\.0/33' is no network"):
        Networks.from_lines(["# x", "198.51.100.0/33"])


def test_a_list_may_name_autonomous_systems_by_their_numbers() -> None:
    asked: list[str] = []

    def number(address: str) -> int | None:
        asked.append(address)
        return {"192.0.2.1": 64496, "2001:db8::1": 64497, "192.0.2.2": 64499}.get(address)

    lines = ["AS64496 # one", "as64497;two", "As4294967295", "198.51.100.0/24"]
    listed = Networks.from_lines(lines, number)
    tried = ["192.0.2.1", "2001:db8::1", "192.0.2.2", "203.0.113.9", "198.51.100.9"]
    assert [address in listed for address in tried] == [True, True, False, False, True]
    # What lies in a network is not looked up.
    assert asked == tried[:-1]
    assert Networks.from_lines(["AS64496"], number)
    with pytest.raises(
        NetworkListError, match=r"^line 2: as64497 is an AS number, and PODBOARD_AS_NUMBERS names no"
    ):
        Networks.from_lines(["198.51.100.0/24", "as64497 # two"])
    asked.clear()
    assert "192.0.2.1" not in Networks.from_lines(["198.51.100.0/24"], number)
    assert not asked
    with pytest.raises(ValueError, match="need somebody who looks them up"):
        Networks(as_numbers=[64496])


@pytest.mark.parametrize(
    "line", ["AS", "AS0", "AS4294967296", "AS64496 Example", "AS1.10", "64496", "AS-1", "AS٣", "AS 64496", "ASN64496"],
)  # fmt: skip
def test_what_is_no_number_of_an_autonomous_system_is_named(line: str) -> None:
    with pytest.raises(
        NetworkListError, match=r"^line 1: '.*' is no network like .* and no AS number like AS64496"
    ):
        Networks.from_lines([line], lambda _: None)


@pytest.mark.parametrize(
    "agent",
    ["null", "Unknown", "%{User-Agent}i", "$http_user_agent", "${jndi:ldap://x}", "() { :; }; /bin/x", "12345", "!!",
     "<script>alert(1)</script>", "User-Agent: Overcast/3.0", "Over\x00cast", "Over\tcast", "1' UNION SELECT 1"],
)  # fmt: skip
def test_malformed_agents(agent: str) -> None:
    assert is_malformed(agent)


@pytest.mark.parametrize(
    "agent",
    [PHONE, "Подкасты/1545.1 CFNetwork/1335", "VLC/3.0.16 LibVLC/3.0.16", "stagefright/1.2", "iTunes"],
)
def test_agents_of_apps_are_well_formed(agent: str) -> None:
    assert not is_malformed(agent)
