"""Reads a podcast feed (RSS with the iTunes and podcast namespaces, Atom) into values the catalogue can take."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from queries.ingest.cells import printable
from queries.ingest.enclosures import enclosure, holds_log_in, is_public_audio
from queries.ingest.feed_dates import (
    DATES_LEFT_OUT,
    NO_DATE,
    date_fault,
    date_told,
    duration_fault,
    duration_seconds,
    has_zone,
    published_moment,
)
from queries.ingest.feed_outline import IS_WEB_PAGE, URL_LIMIT, Outline, decoded, link_url
from queries.ingest.imports import ImportRefused
from queries.ingest.personal import HIDDEN
from queries.ingest.plain_text import one_line, plain_text
from queries.ingest.plausible import size_limits
from queries.ingest.tally import Refusal
from queries.ingest.transcripts.formats import LANGUAGE, TranscriptLink, best_link

LARGEST_FEED = 20 * 1024 * 1024
"""Bytes; a feed with several thousand episodes has a tenth of it."""

_DESCRIPTION_LIMIT = 20_000
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_BIGINT = 2**63 - 1
_NEGATIVE_SIZE = "The episode stands without its size, which is negative."
_NO_SIZE = "The episode stands without its size, which cannot be read."
_TOO_SMALL = "The episode stands without its size, which gives less than 8 kbit a second."
_TOO_LARGE = "The episode stands without its size, which gives more than 2.4 Mbit a second."
_LOG_IN = "The episode stands without the address of its audio, in which a name and password stand."
_NOT_PUBLIC = (
    "The episode stands without the address of its audio, which does not lie in the public internet."
)
VALUES_LEFT_OUT = DATES_LEFT_OUT | {_NEGATIVE_SIZE, _NO_SIZE, _TOO_SMALL, _TOO_LARGE, _LOG_IN, _NOT_PUBLIC}
"""Reasons that refuse a value of an item and not the item."""

_SHOWN_GUID = 300
# Each comment ends where it ends: with a choice it would take twice as long for each one more.
_WEB_PAGE = re.compile(rb"^\s*(?>(?:<!--.*?-->\s*)*)<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_USER = re.compile(r"(/)[^/?#]*@")
_MINUS = re.compile(r"[-\u2212]\s*[0-9]")


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
        raise ImportRefused(IS_WEB_PAGE)
    text = decoded(document)
    outline = Outline(text)
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
        without_zone += found.published_at is not None and not has_zone(str(entry.get("published") or ""))
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


def _left_out(entry: Mapping[str, Any], episode: FeedEpisode, now: datetime) -> list[Refusal]:
    """The values of an item that were told, and that its episode stands without."""
    published = str(entry.get("published") or "").strip()
    read = date_told(published)
    doubt = date_fault(read, now) if read is not None else NO_DATE if published else None
    duration = str(entry.get("itunes_duration") or "").strip()
    enclosed = _enclosure(entry) or _Enclosed("", "", False)
    unsafe = enclosed.address_fault
    return [
        Refusal(episode.line_number, fault, f"guid: {episode.guid[:_SHOWN_GUID]}, {name}: {printable(told)}")
        for name, told, fault in (
            ("pubDate", published, doubt),
            ("itunes:duration", duration, duration_fault(duration)),
            ("enclosure", HIDDEN if unsafe == _LOG_IN else enclosed.url, unsafe),
            ("length", enclosed.length, enclosed.fault(episode.duration_seconds)),
        )
        if fault
    ]


def _podcast(feed: Mapping[str, Any], outline: Outline) -> FeedPodcast:
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
        feed_url=link_url(feed.get("itunes_new-feed-url")) or link_url(itself),
        website_url=link_url(feed.get("link")),
        cover_image_url=link_url(image.get("href")),
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
        guid=one_line(str(entry.get("id") or ""), URL_LIMIT) or enclosed.name,
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
        if link.get("rel") == "enclosure" and (url := link_url(link.get("href")))
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
