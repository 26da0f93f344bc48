"""Reads a podcast feed (RSS with the iTunes and podcast namespaces, Atom) into values the catalogue can take."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

import feedparser

from queries.ingest.columns import printable
from queries.ingest.enclosures import enclosure, holds_log_in, is_public_audio
from queries.ingest.imports import ImportRefused, Refusal
from queries.ingest.personal import HIDDEN
from queries.ingest.plain_text import one_line, plain_text
from queries.ingest.plausible import LONGEST_SECONDS, size_limits
from queries.ingest.transcripts.formats import LANGUAGE, TranscriptLink, best_link

LARGEST_FEED = 20 * 1024 * 1024
"""Bytes; a feed with several thousand episodes has a tenth of it."""

_DESCRIPTION_LIMIT = 20_000
_URL_LIMIT = 2_000
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_BIGINT = 2**63 - 1
_FIRST_YEAR = 1990
_LAST_YEAR = 2100
_AHEAD = timedelta(days=366)
"""Episodes are announced some weeks ahead; what lies beyond a year is a clock or a typing error."""

_NEGATIVE = "The episode stands without its duration, which is negative."
_TOO_LONG = "The episode stands without its duration, which is longer than seven days."
_NO_DURATION = "The episode stands without its duration, which cannot be read."
_TOO_EARLY = f"The episode stands without its publication date, which lies before {_FIRST_YEAR}."
_TOO_LATE = "The episode stands without its publication date, which lies more than a year ahead."
_NO_DATE = "The episode stands without its publication date, which cannot be read."
_NEGATIVE_SIZE = "The episode stands without its size, which is negative."
_NO_SIZE = "The episode stands without its size, which cannot be read."
_TOO_SMALL = "The episode stands without its size, which gives less than 8 kbit a second."
_TOO_LARGE = "The episode stands without its size, which gives more than 2.4 Mbit a second."
_LOG_IN = "The episode stands without the address of its audio, in which a name and password stand."
_NOT_PUBLIC = (
    "The episode stands without the address of its audio, which does not lie in the public internet."
)
VALUES_LEFT_OUT = frozenset({
    _NEGATIVE, _TOO_LONG, _NO_DURATION, _TOO_EARLY, _TOO_LATE, _NO_DATE, _NEGATIVE_SIZE, _NO_SIZE, _TOO_SMALL,
    _TOO_LARGE, _LOG_IN, _NOT_PUBLIC,
})  # fmt: skip
"""Reasons that refuse a value of an item and not the item."""

_SHOWN_GUID = 300
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"'][^>]*\?>")
_SIGN = re.compile(r"\S")
_ANY_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_WEB_PAGE = re.compile(rb"^\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?", re.ASCII)
_USER = re.compile(r"(/)[^/?#]*@")
_MINUS = re.compile(r"[-\u2212]\s*[0-9]")
_PLAIN_SECONDS = re.compile(r"(\d+)(?:\.\d+)?", re.ASCII)
_SPELLED = re.compile(
    r"(?:p(?:(\d+)d)?t?)?\s*(?:(\d+)\s*h(?:(?:ou)?rs?)?)?[\s,]*(?:(\d+)\s*m(?:in(?:ute)?s?)?)?[\s,]*"
    r"(?:(\d+)(?:\.\d+)?\s*s(?:ec(?:ond)?s?)?)?\.?",
    re.IGNORECASE,
)
_ROOTS = ("rss", "feed", "rdf")
_IS_WEB_PAGE = "This is a web page, not a podcast feed: look for its RSS address."


@dataclass(frozen=True, slots=True)
class FeedEpisode:
    """One item of a feed; `line_number` is where it begins in the document.

    `enclosure_url` is the address as the feed names it, `audio_url` the same without prefixes of measurers: None where
    a prefix of ours says nothing of what follows it. Both are None where nobody can be sent there.
    """

    line_number: int
    guid: str
    title: str
    description: str
    season_number: int | None
    episode_number: int | None
    episode_type: str
    published_at: datetime | None
    duration_seconds: int | None
    audio_url: str | None
    enclosure_url: str | None
    audio_bytes: int | None
    transcript: TranscriptLink | None = None


@dataclass(frozen=True, slots=True)
class FeedPodcast:
    """What a feed says of the podcast itself."""

    name: str
    description: str
    feed_guid: str | None
    feed_url: str | None
    website_url: str | None
    cover_image_url: str | None
    language: str | None
    category: str | None
    author: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it can be taken: the podcast, its episodes, the items that are none, and what was noticed.

    `refusals` are those items, and values that episodes stand without.
    """

    podcast: FeedPodcast
    episodes: tuple[FeedEpisode, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


def read_feed(document: bytes, *, now: datetime | None = None) -> Feed:
    """The feed in `document`, as of `now`. Raises: ImportRefused with one line that says why it is none."""
    moment = now or datetime.now(UTC)
    if len(document) > LARGEST_FEED:
        raise ImportRefused(too_large())
    if not document.strip():
        raise ImportRefused("The feed is empty.")
    if document.startswith(b"\x1f\x8b"):
        raise ImportRefused("The feed is compressed: unpack it.")
    if _WEB_PAGE.match(document):
        raise ImportRefused(_IS_WEB_PAGE)
    text = _decoded(document)
    outline = _Outline(text)
    if not outline.has_channel:
        raise ImportRefused("The feed has no channel: it describes no podcast.")
    if not outline.item_lines:
        raise ImportRefused("The feed has no episodes.")
    parsed: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(text.encode("utf-8")), response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False, resolve_relative_uris=False,
    )  # fmt: skip
    entries: list[Mapping[str, Any]] = parsed["entries"]
    if len(entries) != len(outline.item_lines):
        raise ImportRefused("The feed cannot be read: its items are not where they should be.")
    podcast = _podcast(parsed["feed"], outline)
    episodes: list[FeedEpisode] = []
    refusals: list[Refusal] = []
    without_zone = without_date = 0
    seen: dict[str, int] = {}
    for line_number, offered, entry in zip(outline.item_lines, outline.transcripts, entries, strict=True):
        found = _episode(entry, line_number, best_link(offered, podcast.language), moment)
        if isinstance(found, Refusal):
            refusals.append(found)
            continue
        if found.guid in seen:
            refusals.append(
                Refusal(
                    line_number,
                    "Another item of this feed has the same guid.",
                    f"first on line {seen[found.guid]}",
                )
            )
            continue
        seen[found.guid] = line_number
        without_date += found.published_at is None
        without_zone += found.published_at is not None and not _has_zone(str(entry.get("published") or ""))
        episodes.append(found)
        refusals += _left_out(entry, found, moment)
    if not episodes:
        raise ImportRefused("The feed has no episodes with audio.")
    notes = []
    if without_date:
        notes.append(f"{without_date} episodes have no publication date that can be read.")
    if without_zone:
        notes.append(f"{without_zone} publication dates name no time zone: they were taken as UTC.")
    return Feed(podcast, tuple(episodes), tuple(refusals), tuple(notes))


def too_large() -> str:
    """What is said of a feed that is too large."""
    return f"The feed is larger than {LARGEST_FEED // (1024 * 1024)} MB."


def duration_seconds(spelled: str) -> int | None:
    """Seconds of a duration in any of its spellings (4385, 73:05, 1:13:05, 1h 13m 5s, PT1H13M5S, 73 min); else None."""
    seconds = _seconds(spelled)
    return seconds if seconds and seconds <= LONGEST_SECONDS else None


def published_moment(spelled: str, *, now: datetime | None = None) -> datetime | None:
    """The UTC moment of an RFC 2822 or ISO 8601 date; without a zone it is taken as UTC. None for none."""
    read = _date(spelled)
    return None if read is None or _date_fault(read, now or datetime.now(UTC)) else _in_utc(read)


def _seconds(spelled: str) -> int | None:
    spelled = spelled.strip()[:40]
    if match := _PLAIN_SECONDS.fullmatch(spelled):
        return int(match[1])
    if match := _CLOCK.fullmatch(spelled):
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + rest
    if (match := _SPELLED.fullmatch(spelled)) and any(match.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + rest
    return None


def _duration_fault(spelled: str) -> str | None:
    """Why there is no duration although one is told; None of zero, by which feeds say that they do not know it."""
    spelled = spelled.strip()
    seconds = _seconds(spelled)
    if seconds is not None:
        return _TOO_LONG if seconds > LONGEST_SECONDS else None
    if spelled.startswith(("-", "\u2212")) and _seconds(spelled[1:]) is not None:
        return _NEGATIVE
    return _NO_DURATION if spelled else None


def _date(spelled: str) -> datetime | None:
    spelled = spelled.strip()[:80]
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(spelled)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _date_fault(read: datetime, now: datetime) -> str | None:
    if read.year < _FIRST_YEAR:
        return _TOO_EARLY
    # Beyond it a zone might lead out of the calendar.
    return _TOO_LATE if read.year > _LAST_YEAR or _in_utc(read) > now + _AHEAD else None


def _in_utc(read: datetime) -> datetime:
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _left_out(entry: Mapping[str, Any], episode: FeedEpisode, now: datetime) -> list[Refusal]:
    """The values of an item that were told, and that its episode stands without."""
    published = str(entry.get("published") or "").strip()
    read = _date(published)
    date_fault = _date_fault(read, now) if read is not None else _NO_DATE if published else None
    duration = str(entry.get("itunes_duration") or "").strip()
    enclosed = _enclosure(entry) or _Enclosed("", "", False)
    unsafe = enclosed.address_fault
    return [
        Refusal(episode.line_number, fault, f"guid: {episode.guid[:_SHOWN_GUID]}, {name}: {printable(told)}")
        for name, told, fault in (
            ("pubDate", published, date_fault),
            ("itunes:duration", duration, _duration_fault(duration)),
            ("enclosure", HIDDEN if unsafe == _LOG_IN else enclosed.url, unsafe),
            ("length", enclosed.length, enclosed.fault(episode.duration_seconds)),
        )
        if fault
    ]


def _has_zone(spelled: str) -> bool:
    return bool(re.search(r"(Z|[+-]\d\d:?\d\d|\b[A-Z]{2,5})\s*(\(.*\))?$", spelled.strip()))


def _decoded(document: bytes) -> str:
    """The document as text without its XML declaration, which the parsers would otherwise believe again."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if document.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARATION.match(document[:1024])
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        text = document.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, errors="ignore")
        where = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        raise ImportRefused(f"The feed is not written in {encoding}, as it should be: {where}.") from None
    except (LookupError, UnicodeError):
        raise ImportRefused(f"The feed is not written in {encoding}, as it should be.") from None
    # Blanks in its place, so that places in what is left are those in the document.
    return _ANY_DECLARATION.sub(lambda found: _SIGN.sub(" ", found[0]), text.lstrip("\ufeff"), count=1)


class _Outline:
    """What a strict reading of the document finds: root, channel, the lines of the items; entities are never expanded.

    Category, author and transcripts too: feedparser mixes a channel's keywords with its categories and all its authors
    into one, and keeps of an item's transcripts the last.
    """

    def __init__(self, text: str) -> None:
        """Reads the document. Raises: ImportRefused."""
        self.has_channel = False
        self.item_lines: list[int] = []
        self.transcripts: list[list[tuple[str, str, str]]] = []
        self.category = ""
        self.author = ""
        self._in_author = False
        self._path: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._entity
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            what = expat.errors.messages.get(error.code, "syntax error")
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise ImportRefused(f"The feed is not valid XML: {what} on {where}.") from None

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        local = local.lower()
        parent = self._path[-1] if self._path else ""
        if not self._path:
            if local == "html":
                raise ImportRefused(_IS_WEB_PAGE)
            if local not in _ROOTS:
                raise ImportRefused(f"This is not a podcast feed: its outermost element is <{local[:40]}>.")
            self.has_channel = local == "feed"
        elif local == "channel" and len(self._path) == 1:
            self.has_channel = True
        elif local in ("item", "entry") and parent in ("channel", *_ROOTS):
            self.item_lines.append(self._parser.CurrentLineNumber)
            self.transcripts.append([])
        elif local == "transcript" and parent in ("item", "entry") and "podcast" in namespace.lower():
            if self.transcripts and (url := _url(attributes.get("url"))):
                told = url, attributes.get("type", ""), attributes.get("language", "")
                self.transcripts[-1].append(told)
        elif parent == "channel" and "itunes" in namespace.lower():
            self._in_author = local == "author" and not self.author
            if local == "category":
                self.category = self.category or attributes.get("text", "")
        self._path.append(local)
        if len(self._path) > 100:
            raise ImportRefused("This is not a podcast feed: its elements are nested too deeply.")

    def _end(self, _name: str) -> None:
        self._path.pop()
        self._in_author = False

    def _characters(self, text: str) -> None:
        if self._in_author:
            self.author += text

    def _entity(self, *_declaration: Any) -> None:
        raise ImportRefused("The feed declares entities of its own: that is not accepted.")


def _podcast(feed: Mapping[str, Any], outline: _Outline) -> FeedPodcast:
    name = one_line(str(feed.get("title") or ""), 400)
    if not name:
        raise ImportRefused("The feed has no title.")
    language = str(feed.get("language") or "").strip()
    image = feed.get("image") or {}
    itself = next((link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self"), None)
    return FeedPodcast(
        name=name,
        description=plain_text(_longest(feed.get("summary"), feed.get("subtitle")), _DESCRIPTION_LIMIT),
        feed_guid=one_line(str(feed.get("podcast_guid") or ""), 200) or None,
        feed_url=_url(feed.get("itunes_new-feed-url")) or _url(itself),
        website_url=_url(feed.get("link")),
        cover_image_url=_url(image.get("href")),
        language=language if LANGUAGE.fullmatch(language) else None,
        category=one_line(outline.category, 200) or None,
        author=one_line(outline.author, 400) or None,
    )


def _episode(
    entry: Mapping[str, Any], line_number: int, transcript: TranscriptLink | None, now: datetime
) -> FeedEpisode | Refusal:
    enclosed = _enclosure(entry)
    if enclosed is None:
        return Refusal(line_number, "The item has no audio.")
    title = one_line(str(entry.get("title") or entry.get("itunes_title") or ""), 1000)
    if not title:
        return Refusal(line_number, "The item has no title.")
    unsafe = enclosed.address_fault
    seconds = duration_seconds(str(entry.get("itunes_duration") or ""))
    content = next((part.get("value") for part in entry.get("content", ()) if part.get("value")), "")
    kind = str(entry.get("itunes_episodetype") or "").strip().lower()
    return FeedEpisode(
        line_number=line_number,
        guid=one_line(str(entry.get("id") or ""), _URL_LIMIT) or enclosed.name,
        title=title,
        description=plain_text(str(entry.get("summary") or content or ""), _DESCRIPTION_LIMIT),
        season_number=_whole(entry.get("itunes_season") or entry.get("podcast_season"), _LARGEST_INTEGER),
        episode_number=_whole(entry.get("itunes_episode") or entry.get("podcast_episode"), _LARGEST_INTEGER),
        episode_type=kind if kind in ("trailer", "bonus") else "full",
        published_at=published_moment(str(entry.get("published") or ""), now=now),
        duration_seconds=seconds,
        audio_url=None if unsafe else enclosure(enclosed.url).audio_url,
        enclosure_url=None if unsafe else enclosed.url,
        audio_bytes=None if enclosed.fault(seconds) else enclosed.size,
        transcript=transcript,
    )


@dataclass(frozen=True, slots=True)
class _Enclosed:
    """The file of an item: its address, and its size as the feed tells it."""

    url: str
    length: str
    is_video: bool

    @property
    def name(self) -> str:
        """The address as what an item without a guid is known by."""
        return _USER.sub(r"\1", self.url)

    @property
    def address_fault(self) -> str | None:
        """Why the address is not kept: whoever asks for the episode is sent there, and told of it."""
        if holds_log_in(self.url):
            return _LOG_IN
        # podboard itself may stand in a closed network, and in front of an address that does not.
        leads_to = enclosure(self.url).audio_url
        return None if leads_to is None or is_public_audio(leads_to) else _NOT_PUBLIC

    @property
    def size(self) -> int | None:
        return _whole(self.length, _LARGEST_BIGINT) or None

    def fault(self, seconds: int | None) -> str | None:
        """Why its size is not believed although one is told; None of zero, by which feeds say that nobody knows it."""
        size = _whole(self.length, _LARGEST_BIGINT)
        if size is None:
            return _NEGATIVE_SIZE if _MINUS.match(self.length) else _NO_SIZE if self.length else None
        least, most = size_limits(seconds)
        if 0 < size < least:
            return _TOO_SMALL
        # Pictures have no end of bits.
        return _TOO_LARGE if size > most and not self.is_video else None


def _enclosure(entry: Mapping[str, Any]) -> _Enclosed | None:
    """The audio of an item (or, for want of one, what else is enclosed)."""
    enclosed = [
        (str(link.get("type") or ""), link, url)
        for link in entry.get("links", ())
        if link.get("rel") == "enclosure" and (url := _url(link.get("href")))
    ]
    enclosed.sort(key=lambda found: not found[0].startswith("audio/"))
    if not enclosed:
        return None
    kind, link, url = enclosed[0]
    return _Enclosed(url, str(link.get("length") or "").strip(), kind.startswith("video/"))


def _longest(*texts: Any) -> str:
    return max((str(text or "") for text in texts), key=len)


def _whole(value: Any, largest: int) -> int | None:
    text = str(value if value is not None else "").strip()
    if not re.fullmatch(r"[0-9]{1,19}(\.0+)?", text):
        return None
    number = int(text.partition(".")[0])
    return number if number <= largest else None


def _url(value: Any) -> str | None:
    """An http address that can be shown as a link; else None."""
    text = str(value or "").strip()
    if not text or len(text) > _URL_LIMIT or re.search(r"[\s\x00-\x1f<>\"]", text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and host else None
