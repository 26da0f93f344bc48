"""Imports a podcast feed into podcasts and episodes; imported again it updates and adds nothing twice."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from time import monotonic
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.apart import read_apart
from queries.ingest.events import DryRun
from queries.ingest.feed_reader import LARGEST_FEED, VALUES_LEFT_OUT, Feed, FeedPodcast, read_feed, too_large
from queries.ingest.http import Fetched, FetchRefused, fetch
from queries.ingest.imports import ImportRefused, ImportResult, importing, refuse, result, taken_back
from queries.ingest.plausible import (
    LEAST_BYTES,
    LONGEST_SECONDS,
    MAYBE_MINUTES,
    MOST_BYTES,
    MOST_BYTES_OF_MINUTES,
)
from queries.ingest.tally import LISTED_REFUSALS, Tally
from queries.session import Actor
from queries.statements import ask, tell

_BATCH_EPISODES = 500


def import_feed(actor: Actor, source: BinaryIO, *, name: str) -> ImportResult:
    """What became of the feed in an open file; `name` is what the import is called afterwards.

    The podcast is found by its guid, else by its address, else by website and name. Raises: ImportRefused when this
    is no feed that can be taken; then nothing of it stands.
    """
    began = monotonic()
    document = source.read(LARGEST_FEED + 1)
    if len(document) > LARGEST_FEED:
        refuse(actor, "feed", name, ImportRefused(too_large()), began=began)
    return _import(actor, document, began, name=name, feed_url=None)


def import_feed_from(actor: Actor, url: str, *, follow: bool = True) -> ImportResult:
    """What became of the feed at an https address, which the worker asks again from then on if we `follow` it.

    Raises: ImportRefused as `import_feed`, and when the address cannot be fetched.
    """
    began = monotonic()
    try:
        fetched = fetch(url, largest=LARGEST_FEED)
    except FetchRefused as refused:
        refuse(actor, "feed", shown(url), ImportRefused(str(refused)), began=began)
    return _import(
        actor, fetched.content, began, name=shown(url), feed_url=url, followed=fetched if follow else None
    )


def check_feed(actor: Actor, source: BinaryIO) -> DryRun:
    """What an import of the feed in an open file would make of it. Raises: ImportRefused, as an import would."""
    return _tried(actor, source.read(LARGEST_FEED + 1), None)


def check_feed_from(actor: Actor, url: str) -> DryRun:
    """The same of the feed at an https address, which is fetched. Raises: ImportRefused."""
    try:
        fetched = fetch(url, largest=LARGEST_FEED)
    except FetchRefused as refused:
        raise ImportRefused(str(refused)) from None
    return _tried(actor, fetched.content, url)


def import_again(actor: Actor, podcast_id: UUID, url: str, fetched: Fetched, *, began: float) -> ImportResult:
    """What became of a feed that the podcast has already been made from; `began`: `monotonic` before it was fetched.

    Raises: ImportRefused as `import_feed`, and when it is the feed of another podcast by now.
    """
    return _import(
        actor, fetched.content, began, name=shown(url), feed_url=url, followed=fetched, podcast_id=podcast_id
    )


def _import(
    actor: Actor, document: bytes, began: float, *, name: str, feed_url: str | None,
    followed: Fetched | None = None, podcast_id: UUID | None = None,
) -> ImportResult:  # fmt: skip
    sha256 = hashlib.sha256(document).hexdigest()
    try:
        feed = read_apart(read_feed, document)
    except ImportRefused as refused:
        refuse(actor, "feed", name, refused, began=began, sha256=sha256)
    with importing(actor, "feed", name, began=began) as (connection, import_id, tally):
        tally.source_sha256 = sha256
        taken = _podcast(connection, feed.podcast, feed_url, podcast_id)
        _take(connection, tally, feed, taken)
        tally.refuse(connection, import_id, list(feed.refusals))
        if followed is not None:
            tell(
                connection, "ingest/follow_feed",
                podcast_id=taken, asked_url=feed_url, etag=followed.validators.etag,
                last_modified=followed.validators.last_modified, content_sha256=sha256,
            )  # fmt: skip
    return result(import_id, "feed", tally)


def _tried(actor: Actor, document: bytes, feed_url: str | None) -> DryRun:
    feed, tally = read_apart(read_feed, document), Tally()
    with taken_back(actor) as connection:
        _take(connection, tally, feed, _podcast(connection, feed.podcast, feed_url, None))
    return DryRun(
        tally.imported + tally.updated + tally.duplicate, len(feed.refusals), feed.refusals[:LISTED_REFUSALS],
        tally.duplicate, feed.notes, sum(refusal.reason in VALUES_LEFT_OUT for refusal in feed.refusals),
    )  # fmt: skip


def _take(connection: Connection, tally: Tally, feed: Feed, podcast_id: UUID) -> None:
    for start in range(0, len(feed.episodes), _BATCH_EPISODES):
        batch = feed.episodes[start : start + _BATCH_EPISODES]
        document = orjson.dumps([asdict(episode) for episode in batch]).decode()
        written = ask(
            connection, "ingest/put_episodes",
            podcast_id=podcast_id, episodes=document, least_bytes=LEAST_BYTES, most_bytes=MOST_BYTES,
            most_bytes_of_minutes=MOST_BYTES_OF_MINUTES, maybe_minutes=MAYBE_MINUTES, longest_seconds=LONGEST_SECONDS,
        )  # fmt: skip
        tell(connection, "ingest/put_transcript_links", podcast_id=podcast_id, episodes=document)
        added = sum(1 for row in written if row["is_new"])
        tally.imported += added
        tally.updated += len(written) - added
        tally.duplicate += len(batch) - len(written)
    tally.notes.extend(feed.notes)


def _podcast(connection: Connection, podcast: FeedPodcast, feed_url: str | None, known: UUID | None) -> UUID:
    """The podcast of this feed, made or brought up to date. Raises: ImportRefused when it is not the `known` one."""
    addresses = [url for url in (feed_url, podcast.feed_url) if url]
    found = ask(connection, "ingest/podcast_of_feed", podcast_id=known, feed_guid=podcast.feed_guid) if known else ask(
        connection, "ingest/find_podcast",
        feed_guid=podcast.feed_guid, feed_urls=addresses, website_url=podcast.website_url, podcast_name=podcast.name,
    )  # fmt: skip
    if known and not found:
        raise ImportRefused("The address holds the feed of another podcast by now: its guid has changed.")
    values = asdict(podcast)
    values["podcast_name"] = values.pop("name")
    values["rss_feed_url"] = addresses[0] if addresses else None
    del values["feed_url"]
    if found:
        podcast_id: UUID = found[0]["id"]
        ask(connection, "ingest/update_podcast", podcast_id=podcast_id, **values)
        return podcast_id
    made: UUID = ask(connection, "ingest/add_podcast", **values)[0]["id"]
    return made


def shown(url: str) -> str:
    """The address without what may be secret in it: private feeds carry a key in their query or user part."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
