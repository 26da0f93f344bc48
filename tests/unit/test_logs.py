"""Access logs: each format into the same request, each broken line into its reason, each packing into its content."""

from __future__ import annotations

import gzip
import io
import struct
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from backports import zstd
from hypothesis import example, given
from hypothesis import strategies as st

from queries.errors import InvalidRequest
from queries.ingest.counting.addresses import cut_address
from queries.ingest.counting.as_numbers import AsNumbers, read_number
from queries.ingest.counting.configured import data_centres
from queries.ingest.counting.countries import Countries, read_place
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.verdicts import Place
from queries.ingest.imports import BrokenOff, ImportRefused
from queries.ingest.logs.episodes import audio_by_itself, episodes_of, told_apart
from queries.ingest.logs.faults import LineFault, RefusedLine
from queries.ingest.logs.formats import MAKERS, LogFormat
from queries.ingest.logs.reader import LogReader
from queries.ingest.packing import first_bytes, unpacked
from tests.unit.mmdb_sample import mmdb

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
AGENT = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
COMBINED = f'192.0.2.1 - - [03/Nov/2026:13:00:05 +0100] "GET /one.mp3?x=1 HTTP/1.1" 206 500 "-" "{AGENT}"'
CLOUDFRONT_HEAD = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query sc-content-len sc-range-start sc-range-end\n"
)
CLOUDFRONT = "\t".join((
    "2026-11-03", "12:00:05", "FRA1-C1", "812", "192.0.2.1", "GET", "d1.cloudfront.example", "/one.mp3", "206", "-",
    # Older logs encode the percent sign of an encoded blank once more.
    "Overcast/3.0%2520(+http://overcast.fm/;%2520iOS%2520podcast%2520app)", "x=1", "500", "0", "499",
))  # fmt: skip
S3 = (
    f"79a5 shows [03/Nov/2026:12:00:05 +0000] 192.0.2.1 - 3E57 REST.GET.OBJECT one.mp3 "
    f'"GET /shows/one.mp3?x=1 HTTP/1.1" 206 - 500 60500 7 6 "-" "{AGENT}" - abc= SigV4 ECDHE - shows.s3.example TLSv1.2'
)


def entries(
    text: str | bytes, log_format: LogFormat | None = None, **values: Any
) -> list[Request | RefusedLine]:
    content = text.encode() if isinstance(text, str) else text
    return list(LogReader(io.BytesIO(content), log_format=log_format, **{"now": NOW, **values}))


def fault(line: str | bytes, log_format: LogFormat = "combined") -> tuple[LineFault, str]:
    content = line.encode() if isinstance(line, str) else line
    (found,) = entries(content + b"\n", log_format)
    assert isinstance(found, RefusedLine), found
    return found.fault, found.detail


def as_json(**values: Any) -> str:
    return orjson.dumps(
        {"remote_addr": "192.0.2.1", "time_iso8601": "2026-11-03T13:00:05+01:00",
         "request": "GET /one.mp3?x=1 HTTP/1.1", "status": 206, "body_bytes_sent": 500,
         "http_user_agent": AGENT, **values}
    ).decode()  # fmt: skip


EXPECTED = Request(
    number=1, occurred_at=datetime(2026, 11, 3, 12, 0, 5, tzinfo=UTC), address="192.0.2.1", method="GET",
    path="/one.mp3", status=206, agent=AGENT, bytes_sent=500,
)  # fmt: skip


def expected(**values: Any) -> Request:
    return Request(**{name: getattr(EXPECTED, name) for name in Request.__slots__} | values)


@pytest.mark.parametrize(
    ("name", "content", "request_"),
    [
        ("combined", COMBINED, expected()),
        ("combined", f'{COMBINED} "bytes=0-499" 0.004', expected(byte_range="bytes=0-499")),
        ("combined", COMBINED.replace(" 500 ", " - "), expected(bytes_sent=0)),
        ("combined", COMBINED.replace(" - - ", " - some body "), expected()),
        ("combined", COMBINED.replace("/one.mp3?x=1", "https://cdn.example/on%65.mp3"), expected()),
        ("combined", COMBINED.replace(AGENT, "-"), expected(agent="")),
        ("combined", COMBINED.replace(AGENT, 'a \\"b\\" \\xe9'), expected(agent='a "b" é')),
        ("combined", COMBINED.replace("192.0.2.1", "2001:db8::1"), expected(address="2001:db8::1")),
        ("s3", S3, expected(object_bytes=60_500)),
        ("s3", S3.replace(" 500 60500 ", " - - "), expected(bytes_sent=0)),
        ("json", as_json(), expected()),
        ("json", as_json(http_range="bytes=0-499"), expected(byte_range="bytes=0-499")),
        ("json", as_json(time_iso8601=None, msec=1_793_707_205.0), expected()),
        ("json", as_json(time_iso8601=None, ts=1_793_707_205_000), expected()),
        ("json", as_json(time_iso8601=None, ts="1793707205.0"), expected()),
        ("json", as_json(time_iso8601=None, ts=1_793_707_205_000_000), expected()),
        # What Cloudflare writes unless it is told otherwise.
        ("json", as_json(time_iso8601=None, EdgeStartTimestamp=1_793_707_205_000_000_000), expected()),
        ("json", as_json(time_iso8601=None, EdgeStartTimestamp="1793707205000000000"), expected()),
        ("json", as_json(time_iso8601=None, time_local="03/Nov/2026:13:00:05 +0100"), expected()),
        ("json", as_json(body_bytes_sent="500", status="206"), expected()),
        ("json", as_json(http_sec_purpose="prefetch"), expected(purpose="prefetch")),
        ("json", as_json(body_bytes_sent=None), expected(bytes_sent=None)),
        ("json", as_json(sent_http_content_range="bytes 0-499/60500"), expected(content_range="bytes 0-499/60500")),
        (
            "json",
            orjson.dumps({
                "ts": 1_793_707_205, "status": 206, "size": 500,
                "request": {"remote_ip": "192.0.2.1", "method": "GET", "uri": "/one.mp3?x=1",
                            "headers": {"User-Agent": [AGENT], "Range": ["bytes=0-499"]}},
                "resp_headers": {"Content-Range": ["bytes 0-499/60500"]},
            }).decode(),
            expected(byte_range="bytes=0-499", content_range="bytes 0-499/60500"),
        ),
        ("cloudfront", CLOUDFRONT_HEAD + CLOUDFRONT, expected(number=3, content_range="bytes 0-499/*")),
        (
            "cloudfront",
            CLOUDFRONT_HEAD + CLOUDFRONT.replace("\t206\t", "\t200\t").replace("\t0\t499", "\t-\t-"),
            expected(number=3, status=200, object_bytes=500),
        ),
        (
            # The listener left: less than was announced.
            "cloudfront",
            CLOUDFRONT_HEAD + CLOUDFRONT.replace("\t812\t", "\t90\t").replace("\t206\t", "\t000\t"),
            expected(number=3, status=0, bytes_sent=90, content_range="bytes 0-499/*"),
        ),
    ],
)  # fmt: skip
def test_every_format_tells_the_same(name: LogFormat, content: str, request_: Request) -> None:
    assert entries(content + "\r\n", name) == [request_]
    # Told by itself it is the same format.
    reader = LogReader(io.BytesIO((content + "\n").encode()), now=NOW)
    assert (reader.format, list(reader)) == (name, [request_])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x" * 70_000, (LineFault.TOO_LONG, "")),
        (COMBINED.encode().replace(b"Overcast", b"\xff\xfe"), (LineFault.NOT_UTF8, "")),
        ("GARBAGE", (LineFault.FORMAT, "")),
        (COMBINED[:-1], (LineFault.FORMAT, "")),
        (COMBINED.replace("192.0.2.1", "host.example"), (LineFault.ADDRESS, "")),
        (COMBINED.replace("192.0.2.1", "192.0.2.999"), (LineFault.ADDRESS, "")),
        (COMBINED.replace("03/Nov", "31/Nov"), (LineFault.TIME, "31/Nov/2026 +0100")),
        (COMBINED.replace("13:00:05", "25:00:05"), (LineFault.TIME, ":25:00:05 ")),
        (COMBINED.replace("+0100", "CET"), (LineFault.TIME, "03/Nov/2026 CET")),
        (COMBINED.replace("2026", "2015"), (LineFault.PAST, "2015-11-03T12:00:05+00:00")),
        (COMBINED.replace("2026", "2036"), (LineFault.FUTURE, "2036-11-03T12:00:05+00:00")),
        (COMBINED.replace("GET /one.mp3?x=1 HTTP/1.1", "\\x16\\x03\\x01"), (LineFault.REQUEST, "")),
        (COMBINED.replace("GET /one.mp3?x=1 HTTP/1.1", "-"), (LineFault.REQUEST, "")),
        (COMBINED.replace(" 206 ", " 999 "), (LineFault.STATUS, "999")),
        (COMBINED.replace(" 206 ", " 192.0.2.1 "), (LineFault.STATUS, "")),
        (COMBINED.replace(" 500 ", " -500 "), (LineFault.BYTES, "-500")),
        (COMBINED.replace(" 500 ", " 99999999999999 "), (LineFault.BYTES, "99999999999999")),
        (COMBINED.replace(" 500 ", " ٣ "), (LineFault.BYTES, "")),
    ],
)  # fmt: skip
def test_a_broken_line_is_refused_with_its_reason(line: str | bytes, found: tuple[LineFault, str]) -> None:
    assert fault(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{", LineFault.FORMAT),
        ("[1]", LineFault.FORMAT),
        (b'{"a": "\xff"}', LineFault.NOT_UTF8),
        (as_json(remote_addr=None), LineFault.ADDRESS),
        (as_json(remote_addr=7), LineFault.ADDRESS),
        (as_json(time_iso8601="soon"), LineFault.TIME),
        (as_json(time_iso8601=True), LineFault.TIME),
        (as_json(time_iso8601=1e300), LineFault.TIME),
        (as_json(time_iso8601="0001-01-01T00:00:00+14:00"), LineFault.TIME),
        (as_json(request=None), LineFault.REQUEST),
        (as_json(status=None), LineFault.STATUS),
        (as_json(body_bytes_sent=-1), LineFault.BYTES),
        (as_json(body_bytes_sent=1.5), LineFault.BYTES),
        (as_json(body_bytes_sent=True), LineFault.BYTES),
    ],
)
def test_a_broken_object_is_refused_with_its_reason(line: str | bytes, found: LineFault) -> None:
    assert fault(line, "json")[0] == found


def test_what_s3_does_by_itself_is_no_request() -> None:
    own = S3.replace("REST.GET.OBJECT", "S3.EXPIRE.OBJECT").replace('"GET /shows/one.mp3?x=1 HTTP/1.1"', "-")
    assert fault(own, "s3") == (LineFault.REQUEST, "")


def test_cloudfront_without_its_head_is_not_guessed() -> None:
    assert fault(CLOUDFRONT, "cloudfront") == (LineFault.FORMAT, "")
    assert fault("#Fields: date time", "cloudfront") == (LineFault.FORMAT, "")


def test_a_broken_line_does_not_hide_the_others() -> None:
    found = entries("\n".join(["???", COMBINED, "", "x" * 70_000, COMBINED]))
    assert [(type(entry).__name__, entry.number) for entry in found] == [
        ("RefusedLine", 1), ("Request", 2), ("RefusedLine", 4), ("Request", 5),
    ]  # fmt: skip


def test_no_refusal_shows_an_address() -> None:
    secret = "198.51.100.23"
    lines = [COMBINED.replace("192.0.2.1", secret)] * 1
    broken = [lines[0][:cut] + "?" + lines[0][cut + 1 :] for cut in range(len(lines[0]))]
    broken += [" ".join(lines[0].split()[skip:]) for skip in range(8)]
    found = entries("\n".join(broken), "combined")
    refused = [entry for entry in found if isinstance(entry, RefusedLine)]
    assert len(refused) > 20
    assert not any(secret[:8] in entry.detail for entry in refused)


def test_a_log_is_moved_by_whole_days_to_where_it_shall_begin() -> None:
    old = COMBINED.replace("2026", "2015")
    later = old.replace("03/Nov", "05/Nov")
    found = entries(f"{old}\n{later}\n", shift_to=date(2026, 11, 1))
    moments = [entry.occurred_at for entry in found if isinstance(entry, Request)]
    assert moments == [
        datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC),
        datetime(2026, 11, 3, 12, 0, 5, tzinfo=UTC),
    ]
    future = entries(f"{old}\n{later}\n", shift_to=date(2026, 11, 27))
    assert [type(entry).__name__ for entry in future] == ["Request", "RefusedLine"]


def test_the_clock_may_be_ten_minutes_ahead_and_ten_years_behind() -> None:
    moment = EXPECTED.occurred_at
    assert isinstance(entries(COMBINED, now=moment - timedelta(minutes=10))[0], Request)
    assert isinstance(entries(COMBINED, now=moment - timedelta(minutes=11))[0], RefusedLine)
    assert isinstance(entries(COMBINED, now=moment + timedelta(days=3653))[0], Request)
    assert isinstance(entries(COMBINED, now=moment + timedelta(days=3654))[0], RefusedLine)


def _with_frame_before(plain: bytes) -> bytes:
    """As pzstd packs: a frame to be passed over tells how long the next one is."""
    frame = zstd.compress(plain)
    return b"\x50\x2a\x4d\x18" + struct.pack("<II", 4, len(frame)) + frame


@pytest.mark.parametrize("pack", [lambda plain: plain, gzip.compress, zstd.compress, _with_frame_before])
def test_packed_logs_are_unpacked(pack: Any) -> None:
    packed = pack(f"{COMBINED}\n".encode() * 3) + pack(f"{COMBINED}\n".encode())
    with unpacked(io.BytesIO(packed)) as plain:
        found = list(LogReader(plain, now=NOW))
    assert [entry.number for entry in found] == [1, 2, 3, 4]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_log_that_is_cut_off_is_said(pack: Any) -> None:
    packed = pack(b"".join(f"{number} {COMBINED}\n".encode() for number in range(5_000)))
    with pytest.raises(ImportRefused, match="broken or cut off"), unpacked(io.BytesIO(packed[:-20])) as plain:
        list(LogReader(plain, now=NOW, log_format="combined"))


@pytest.mark.parametrize("kind", range(0x50, 0x60))
def test_frames_that_are_passed_over_may_stand_anywhere(kind: int) -> None:
    passed_over = bytes([kind]) + b"\x2a\x4d\x18" + struct.pack("<I", 5) + b"PAR1\n"
    packed = passed_over * 2 + zstd.compress(b"first\n") + passed_over + zstd.compress(b"b\n") + passed_over
    with unpacked(io.BytesIO(packed)) as plain:
        assert first_bytes(plain, 4) == b"firs"
        assert plain.read() == b"first\nb\n"


def _wide(plain: bytes) -> bytes:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 28})
    # In pieces: of a text whose length it knows it makes the window no larger than that.
    return packer.compress(plain[:1]) + packer.compress(plain[1:]) + packer.flush()


def _with_dictionary(plain: bytes) -> bytes:
    words = zstd.train_dict([f"{COMBINED} {number}".encode() for number in range(1_000)], 1_000)
    return zstd.compress(plain, zstd_dict=words)


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (_wide, "The file is packed with so large a window"),
        (_with_dictionary, "The file is packed with a dictionary"),
        (lambda plain: zstd.compress(plain)[:-3], "The packed file is broken or cut off."),
        (lambda _: b"\x28\xb5\x2f\xfd\xff\xff\xffnothing", "The packed file is broken or cut off."),
    ],
    ids=["window", "dictionary", "cut", "broken"],
)
@pytest.mark.parametrize("before", [b"", zstd.compress(b"a\n")], ids=["first", "later"])
def test_why_a_packed_file_is_not_read_is_true(pack: Any, said: str, before: bytes) -> None:
    with (
        pytest.raises(BrokenOff) as refused,
        unpacked(io.BytesIO(before + pack(b"some words\n" * 50))) as plain,
    ):
        plain.read()
    assert refused.value.what.startswith(said)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The log is empty."),
        (b"\n \n", "The log is empty."),
        (b"PK\x03\x04zip", "The file is a ZIP archive: plain UTF-8, gzip and zstd can be read."),
        (b"BZh91", "The file is bzip2"),
        ("a,b\n1,2\n".encode("utf-16"), "The file is UTF-16"),
        (b"a,b\n1,2\n", "The first 2 lines are in no format that is known (combined, json, cloudfront, s3)."),
    ],
)
def test_what_is_no_log_is_said(content: bytes, message: str) -> None:
    with pytest.raises(ImportRefused) as refused, unpacked(io.BytesIO(content)) as plain:
        LogReader(plain, now=NOW)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "line",
    ["[" * 65_000, "1 2 " + '[x] "' * 13_000, '1 2 [x] "' + "\\" * 65_000, '1 2 [x] "" ' + "a" * 65_000, '"' * 65_000,
     "1 2 [03/Nov/2026:13:00:05 +0100] " + '"a" ' * 16_000],
)  # fmt: skip
def test_a_line_made_to_be_slow_is_not(line: str) -> None:
    for name, maker in MAKERS.items():
        began = time.process_time()
        with pytest.raises(ValueError, match=r"."):
            maker().read(1, line.encode())
        assert time.process_time() - began < 0.5, name


@given(st.binary(max_size=300), st.sampled_from(list(MAKERS)))
@example(b"\xef\xbb\xbf", "combined")
def test_any_bytes_are_a_request_or_refused(content: bytes, name: LogFormat) -> None:
    try:
        found = entries(content, name)
    except ImportRefused:
        # A byte order mark alone is no line either.
        assert not content.removeprefix(b"\xef\xbb\xbf").strip()
        return
    assert all(isinstance(entry, Request | RefusedLine) for entry in found)


def test_a_mapping_names_episodes() -> None:
    find = episodes_of(
        [
            "path,episode,size_bytes,duration,header_bytes\n",
            "https://cdn.example/shows/on%65.mp3?x=1,one,60500,10:00,500\n",
            "/two.mp3,two,,,\n",
            "/one.aac,one,6050,10:00,\n",
            "/elsewhere/one.mp3,one,60500,10:00,500\n",
        ]
    )
    file, other = find("/shows/one.mp3"), find("/one.aac")
    assert file is not None
    assert other is not None
    assert file == find("/elsewhere/one.mp3") == EpisodeFile("one", 60_500, 600, 500, file.variant)
    assert (file.variant, other.variant > 0) == (0, True), "files of an episode are told apart"
    assert find("/two.mp3") == EpisodeFile("two")
    assert find("/three.mp3") is None


@pytest.mark.parametrize(
    ("sizes", "own", "is_own"),
    [
        # What stands for the own size where it is not known is the largest.
        ((1_000, 400), None, (True, False)),
        ((400, 1_000), None, (False, True)),
        ((400,), None, (True,)),
        # A corrected figure or a tag more is no other file; one that is not told is the episode's own.
        ((950, 1_050, None), 1_000, (True, True, True)),
        ((400, 2_000), 1_000, (False, False)),
    ],
)
def test_files_of_an_episode_are_told_apart_by_their_sizes(
    sizes: tuple[int | None, ...], own: int | None, is_own: tuple[bool, ...]
) -> None:
    files = {f"/{place}.mp3": EpisodeFile("one", size) for place, size in enumerate(sizes)}
    found = list(told_apart(files, {"one": own}).values())
    assert tuple(file.variant == 0 for file in found) == is_own
    others = [file.variant for file in found if file.variant]
    assert len(set(others)) == len(others)
    assert all(0 <= file.variant < 1_000_000 for file in found)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["a,b"],
            "needs the columns path and episode and may have size_bytes, duration, header_bytes; 'a' is not",
        ),
        (["path,episode"], "The mapping names no path."),
        (["path,episode", "/a,"], "Line 2 of the mapping: path and episode are needed"),
        (
            ["path,episode", "/a,b,c"],
            "Line 2 of the mapping: path and episode are needed, and no more values",
        ),
        (["path,episode", "one.mp3,b"], "Line 2 of the mapping: the path begins with / or https://."),
        (["path,episode", "/a,b", "/a,c"], "Line 3 of the mapping: the path stands there twice."),
        (["path,episode,size_bytes", "/a,b,-1"], "Line 2 of the mapping: size_bytes is no number of bytes."),
        (["path,episode,duration", "/a,b,long"], "Line 2 of the mapping: the duration is not understood."),
    ],
)
def test_a_mistake_in_a_mapping_is_named(lines: list[str], message: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        episodes_of([f"{line}\n" for line in lines])
    assert message in str(refused.value)


def test_without_a_mapping_audio_files_are_episodes() -> None:
    assert audio_by_itself("/shows/One.MP3") == EpisodeFile("/shows/One.MP3")
    assert audio_by_itself("/logo.png") is None


def test_countries_come_from_a_database(tmp_path: Path) -> None:
    path = tmp_path / "places.mmdb"
    path.write_bytes(
        mmdb({
            "192.0.2.0/24": {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BE"}]},
            "2001:db8::/32": {"country": {"iso_code": "FR"}},
        })
    )  # fmt: skip
    with Countries(path) as countries:
        assert countries.version == "Test-City of 2026-09-21"
        found = [countries.place(address) for address in ("192.0.2.9", "2001:db8::1", "203.0.113.1")]
    assert found == [Place("DE", "BE"), Place("FR"), Place()]


@pytest.mark.parametrize("ip_version", [4, 6])
def test_a_country_is_looked_up_of_the_address_that_is_counted(tmp_path: Path, ip_version: int) -> None:
    """A file may hold IPv4 only, and need not know by what other names its addresses go."""
    path = tmp_path / "places.mmdb"
    of_ipv6 = {
        "2001:db8::/32": {"country": {"iso_code": "FR"}},
        "2002:c000:200::/40": {"country": {"iso_code": "NL"}},
    }
    networks = {"192.0.2.0/24": {"country": {"iso_code": "DE"}}} | (of_ipv6 if ip_version == 6 else {})
    path.write_bytes(mmdb(networks, ip_version=ip_version))
    with Countries(path) as countries:
        for written in ("192.0.2.9", "::ffff:192.0.2.9", "::FFFF:c000:209", "0:0:0:0:0:ffff:192.0.2.9"):
            assert cut_address(written) == "192.0.2.9"
            assert countries.place(written) == Place("DE")
        # A tunnel's network is one of IPv6, and what begins with nothing but zeros is no IPv4 address.
        others = (
            "2001:db8::1",
            "2002:c000:209::1",
            "::192.0.2.9",
            "::1",
            "64:ff9b::192.0.2.9",
            "no address",
            "",
        )
        found = [countries.place(written).country for written in others]
    assert found == (["FR", "NL"] if ip_version == 6 else [None, None]) + [None] * 5


def test_a_database_that_is_damaged_gives_no_country_and_tells_no_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "places.mmdb"
    whole = mmdb(
        {"192.0.2.0/24": {"country": {"iso_code": "DE"}}, "198.51.100.0/24": {"country": {"iso_code": "FR"}}}
    )
    at = whole.index(b"iso_code") - 3
    path.write_bytes(whole[:at] + b"\xff" * 14 + whole[at + 14 :])
    with Countries(path) as countries:
        found = [countries.place(address) for address in ("192.0.2.9", "198.51.100.7", "192.0.2.10")]
    assert found == [Place(), Place("FR"), Place()]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "192.0.2" not in caplog.text


@pytest.mark.parametrize("ip_version", [4, 6])
def test_as_numbers_come_from_a_database_by_the_address_that_is_counted(
    tmp_path: Path, ip_version: int
) -> None:
    path = tmp_path / "as.mmdb"
    networks = {"192.0.2.0/24": {"autonomous_system_number": 64496}}
    if ip_version == 6:
        networks["2001:db8::/32"] = {"autonomous_system_number": 4_200_000_000}
    path.write_bytes(mmdb(networks, ip_version=ip_version))
    tried = ("192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1", "::192.0.2.9", "203.0.113.1", "no address", "")
    with AsNumbers(path) as numbers:
        found = [numbers.number(address) for address in tried]
        assert found == [64496, 64496, 4_200_000_000 if ip_version == 6 else None, None, None, None, None]
        text = tmp_path / "list.txt"
        text.write_text("AS64496\n2001:db8::/32\n")
        listed = data_centres([text], numbers.number)
        assert [address in listed for address in tried[:5]] == [True, True, True, False, False]


def test_a_damaged_database_of_as_numbers_gives_none_and_tells_no_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "as.mmdb"
    whole = mmdb({
        "192.0.2.0/24": {"autonomous_system_number": 64496}, "198.51.100.0/24": {"autonomous_system_number": 64497},
    })  # fmt: skip
    at = whole.rindex(b"autonomous_system_number") - 1
    path.write_bytes(whole[:at] + b"\xff" * 14 + whole[at + 14 :])
    with AsNumbers(path) as numbers:
        found = [numbers.number(address) for address in ("192.0.2.9", "198.51.100.7", "198.51.100.8")]
    assert found == [64496, None, None]
    assert [record.getMessage() for record in caplog.records] == [
        "the database of AS numbers is damaged: some addresses have no number"
    ]


def test_records_of_as_numbers_of_other_makers() -> None:
    assert (
        read_number({"autonomous_system_number": 64496, "autonomous_system_organization": "Example"}) == 64496
    )
    assert read_number({"asn": "AS64496", "as_name": "Example", "country": "DE"}) == 64496
    wrong = ({"country": "DE"}, None, "AS64496", {"autonomous_system_number": "x"}, {"asn": "x"}, {"asn": 7})
    assert [read_number(record) for record in wrong] == [None] * 6


def test_records_of_other_makers() -> None:
    assert read_place({"country": "DE", "continent": "EU"}) == Place("DE")
    assert read_place({"country": "Germany", "country_code": "DE"}) == Place("DE")
    assert read_place({"registered_country": {"iso_code": "US"}}) == Place("US")
    assert [
        read_place(record) for record in (None, "DE", {}, {"country": 7}, {"country": {"iso_code": "DEU"}})
    ] == [Place()] * 5


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("de", "DE"), ("UK", "GB"), ("XK", "XK"), ("ZZ", None), ("XX", None), ("EU", None), ("A1", None), ("ß", None),
        ("\ufb01", None), ("ßß", None), ("D\0", None), ("\0\0", None), ("", None), (49, None), (True, None),
    ],
)  # fmt: skip
def test_a_country_of_a_database_is_one_of_those_of_files(code: object, country: str | None) -> None:
    region = {"subdivisions": [{"iso_code": "BE"}]}
    for record in (
        {"country": {"iso_code": code}},
        {"country": code},
        {"country": "?", "country_code": code},
    ):
        # A region of nowhere says nothing.
        assert read_place(record | region) == (Place(country, "BE") if country else Place())


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ("BE", "BE"), (" 75 ", "75"), ("", None), (None, None), ({"en": "Berlin"}, None), ("B\0", None), ("B\nE", None),
        ("\ud800", None), ("x" * 81, None), ("192.0.2.9", None), ("2001:db8::1", None), ("joe@mail.example", None),
    ],
)  # fmt: skip
def test_a_region_of_a_database_is_one_that_files_may_tell(told: object, region: str | None) -> None:
    record = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": told}]}
    assert read_place(record) == Place("DE", region)


def test_a_configured_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    text = tmp_path / "list.txt"
    text.write_text("198.51.100.0/24\nnonsense\n")
    with pytest.raises(InvalidRequest, match=r"list\.txt is no database in MaxMind's format"):
        Countries(text)
    with pytest.raises(InvalidRequest, match=r"absent\.mmdb cannot be read: No such file"):
        Countries(tmp_path / "absent.mmdb")
    with pytest.raises(InvalidRequest, match=r"list\.txt cannot be used: line 2: 'nonsense' is no network"):
        data_centres([text])
    with pytest.raises(InvalidRequest, match=r"absent\.txt cannot be used: No such file"):
        data_centres([tmp_path / "absent.txt"])
    with pytest.raises(InvalidRequest, match=r"absent\.mmdb cannot be read: No such file"):
        AsNumbers(tmp_path / "absent.mmdb")
    with pytest.raises(InvalidRequest, match=r"list\.txt is no database in MaxMind's format"):
        AsNumbers(text)
    places = tmp_path / "places.mmdb"
    places.write_bytes(mmdb({"192.0.2.0/24": {"country": {"iso_code": "DE"}}}))
    with pytest.raises(
        InvalidRequest, match=r"places\.mmdb \(Test-City of .*\) is no database of AS numbers, as Geo"
    ):
        AsNumbers(places)
    text.write_text("198.51.100.0/24\nAS64496 # one\n")
    with pytest.raises(
        InvalidRequest,
        match=r"list\.txt cannot be used: line 2: AS64496 is an AS number, and PODBOARD_AS_NUMBERS names no database",
    ):
        data_centres([text])
    text.write_text("198.51.100.0/24\n")
    assert "198.51.100.1" in data_centres([text])
    assert not data_centres([])
