"""Documents of strangers are read in a process of its own, which ends at a limit; what comes back is what was read."""

from __future__ import annotations

import os
import time
from html import escape
from itertools import pairwise

import pytest

from queries.ingest.apart import Limits, read_apart
from queries.ingest.feed_dates import has_zone
from queries.ingest.feed_reader import read_feed
from queries.ingest.imports import ImportRefused
from queries.ingest.transcripts.reader import read_transcript

LONG = b"x" * 10_000
_NONE = b"""<html>"""


def _feed(title: str = "Title", items: int = 40) -> bytes:
    entries = "".join(
        f"<item><title>{escape(title)}</title><guid>g{n}</guid><pubDate>Mon, 01 Jan 2024 00:00:00 +0000</pubDate>"
        f"<description>{'All about it. ' * 20}</description>"
        '<podcast:transcript url="https://a.example/t.vtt" type="text/vtt"/>'
        f'<enclosure url="https://a.example/{n}.mp3" type="audio/mpeg" length="{"x" if n % 2 else "50000000"}"/></item>'
        for n in range(items)
    )
    return (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Show</title>'
        f"{entries}</channel></rss>"
    ).encode()


def _where(_document: bytes) -> int:
    return os.getpid()


def _environment(_document: bytes) -> dict[str, str]:
    return dict(os.environ)


def _broken(_document: bytes) -> None:
    raise LookupError("the secret word")


def _hungry(_document: bytes) -> int:
    return len(bytearray(1_000_000_000))


def _waits(_document: bytes) -> None:
    time.sleep(60)


def _tries(_document: bytes) -> None:
    while True:
        pass


def test_what_is_read_apart_is_what_is_read() -> None:
    document = _feed()
    feed = read_apart(read_feed, document)
    assert feed == read_feed(document)
    assert (len(feed.episodes), len(feed.refusals)) == (40, 20)
    cues = [
        f"00:{n:02}.000 --> 00:{n + 1:02}.000\n<v Ada>{'So it is. ' * 40}\n" for n, _ in pairwise(range(50))
    ]
    spoken = "\n".join(["WEBVTT\n", *cues]).encode()
    assert read_apart(read_transcript, spoken, "vtt") == read_transcript(spoken)


def test_a_document_that_is_none_is_refused_in_the_same_words() -> None:
    for document in (_NONE, _NONE * 2_000):
        with pytest.raises(ImportRefused, match="This is a web page"):
            read_apart(read_feed, document)


def test_it_is_another_process_without_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODBOARD_SECRET", "of ours")
    assert read_apart(_where, LONG) != os.getpid()
    assert read_apart(_where, b"short") == os.getpid(), "what cannot take long needs none"
    assert "of ours" not in read_apart(_environment, LONG).values()


def test_tags_that_never_end_end() -> None:
    """The parser below takes an hour for some hundred of such titles."""
    with pytest.raises(ImportRefused, match="takes too long to read"):
        read_apart(read_feed, _feed("<a " * 40_000, items=4), limits=Limits(processor_seconds=1))


def test_comments_before_a_feed_cost_no_more_than_they_are_long() -> None:
    """With each one more it took twice as long: these would take for ever, and they are read in the process itself."""
    comments = b"<!-- a -->\n" * 100
    assert len(read_apart(read_feed, comments + _feed(items=1)).episodes) == 1
    with pytest.raises(ImportRefused, match="This is a web page"):
        read_apart(read_feed, comments + b"<!DOCTYPE html><p>")


@pytest.mark.parametrize(
    ("read", "limits", "words"),
    [
        (_tries, Limits(processor_seconds=1), "takes too long to read"),
        (_waits, Limits(seconds=1), "takes too long to read"),
        (_hungry, Limits(memory_bytes=500_000_000), "takes too much memory to read"),
    ],
)
def test_limits(read: object, limits: Limits, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        read_apart(read, LONG, limits=limits)  # type: ignore[arg-type] # of different results


def test_an_error_of_ours_is_logged_and_kindly_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ImportRefused, match=r"^The document cannot be read\.$"):
        read_apart(_broken, LONG)
    assert [record.complaint for record in caplog.records] == ["LookupError"]  # type: ignore[attr-defined]


def test_a_date_is_looked_at_no_further_than_a_date_is_long() -> None:
    """By the square of its length this one would take an hour."""
    assert has_zone("Mon, 01 Jan 2024 00:00:00 +0000")
    assert not has_zone("Mon, 01 Jan 2024 00:00:00 " + " " * 100 + "Z(" * 2_000_000)
