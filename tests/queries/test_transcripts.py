"""Transcripts come in from files and from the addresses that feeds name, and are found by their words."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from queries.ingest import feed as feed_module
from queries.ingest.feed import import_feed_from
from queries.ingest.http import Fetched, FetchRefused, Validators
from queries.ingest.imports import ImportRefused, ImportResult, import_lock
from queries.ingest.transcripts import links
from queries.ingest.transcripts.links import fetch_next_transcript, fetch_transcripts
from queries.ingest.transcripts.store import import_transcript
from queries.session import tenant_session
from queries.settings import Settings
from queries.sources import feeds
from tests.conftest import Database
from tests.queries.test_ingest_feed import ADDRESS, TALES, Shelf
from tests.sponsorship import own_database

LAMP, BONUS = "gid://tidewater/2", "gid://tidewater/bonus"
AT = "https://cdn.example/tidewater/2.vtt?key=secret"
VTT = (
    b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Who lit the lamp?\n\nlost\n\n"
    b"00:03.000 --> 00:04.000\n<v Bo>A keeper.\n"
)
NAMED = TALES.replace(
    b"<itunes:season>2</itunes:season>",
    b'<podcast:transcript url="https://cdn.example/2.html" type="text/html"/>'
    b'<podcast:transcript url="' + AT.encode() + b'" type="text/vtt" language="en"/>'
    b"<itunes:season>2</itunes:season>",
)  # fmt: skip


@pytest.fixture(scope="module")
def transcript_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_transcripts") as made:
        yield made


class Reader(Shelf):
    """A tenant with a feed's episodes, and a look at their transcripts."""

    def read(self, document: bytes = VTT, episode: str = LAMP, **options: Any) -> ImportResult:
        return import_transcript(
            self.actor, io.BytesIO(document), name="lamp.vtt", episode=episode, **options
        )

    def transcripts(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select e.guid, t.content, t.language, t.cues, t.source"
            " from transcripts t join episodes e on e.id = t.episode_id"
            " where t.tenant_id = %(tenant)s order by e.guid"
        )

    def link(self) -> tuple[Any, ...]:
        return self.rows(
            "select url, failures, error_message, succeeded_at is not null,"
            " round(extract(epoch from next_try_at - now()) / 3600)::integer"
            " from transcript_links where tenant_id = %(tenant)s"
        )[0]

    def ask_again(self) -> None:
        with self.tenant.owner() as owner:
            owner.execute("update transcript_links set next_try_at = now() - interval '1 minute'")
        assert fetch_next_transcript(self.actor)

    def fetch(self) -> int:
        """Number of addresses that were due and asked."""
        asked = 0
        while fetch_next_transcript(self.actor):
            asked += 1
        return asked

    def found(self, words: str) -> int:
        with self.tenant.owner() as owner:
            return len(owner.execute("select * from search_transcripts(%s)", (words,)).fetchall())


@pytest.fixture
def alice(transcript_database: Database) -> Reader:
    reader = Reader(transcript_database)
    reader.take(TALES)
    return reader


def _told(content: bytes) -> Validators:
    return Validators(f'"{hashlib.sha256(content).hexdigest()}"')


class Web:
    """Answers one address, remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: bytes | str = VTT
        self.asked: list[tuple[str, Validators]] = []

    def fetch(self, url: str, *, largest: int, known: Validators, accept: str) -> Fetched | None:
        assert accept.startswith("text/vtt")
        self.asked.append((url, known))
        if isinstance(self.answer, str):
            raise FetchRefused(self.answer)
        told = _told(self.answer)
        return None if known == told else Fetched(url, self.answer, "text/vtt", told)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    web = Web()
    monkeypatch.setattr(links, "fetch_if_changed", web.fetch)
    return web


@pytest.fixture
def bob(transcript_database: Database, web: Web) -> Reader:
    """A tenant whose feed names a transcript."""
    reader = Reader(transcript_database)
    reader.take(NAMED)
    return reader


def test_a_file_becomes_the_transcript_of_its_episode(alice: Reader) -> None:
    done = alice.read()
    assert (done.imported, done.updated, done.duplicate, done.refused) == (2, 0, 0, 1)
    assert alice.transcripts() == [
        (
            LAMP,
            "Ann: Who lit the lamp?\n\nBo: A keeper.",
            "en-gb",
            [{"s": 1.0, "at": 0}, {"s": 3.0, "at": 24}],
            "file",
        )
    ]
    assert alice.rows("select line_number, reason from import_refusals where import_id = "
                      f"'{done.import_id}'") == [(6, "This is no cue: it has no times.")]  # fmt: skip
    assert alice.ledger()[-1] == ("lamp.vtt", "completed", 2, 0, 1, None)
    assert (alice.found('"a keeper"'), alice.found("miller")) == (1, 0)


def test_the_same_file_again_changes_nothing_and_another_takes_its_place(alice: Reader) -> None:
    alice.read()
    before = alice.rows("select id, updated_at, xmin::text from transcripts where tenant_id = %(tenant)s")
    again = alice.read(gzip.compress(VTT))
    assert (again.imported, again.updated, again.duplicate) == (0, 0, 2)
    assert (
        alice.rows("select id, updated_at, xmin::text from transcripts where tenant_id = %(tenant)s")
        == before
    )
    other = alice.read(VTT.replace(b"keeper", b"miller"), language="de-CH")
    assert (other.imported, other.updated) == (0, 2)
    assert [row[2] for row in alice.transcripts()] == ["de-CH"]
    assert (alice.found("keeper"), alice.found("miller")) == (0, 1)


@pytest.mark.parametrize(
    ("document", "options", "message"),
    [
        (VTT, {"episode": "gid://nobody"}, "The episode is not known: gid://nobody."),
        (VTT, {"language": "plain english"}, "IETF tag"),
        (b"<html>", {}, "This is no transcript"),
        (VTT, {"file_format": "json"}, "not valid JSON"),
        (gzip.compress(VTT, mtime=0)[:40], {}, "broken or cut off"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_leaves_nothing_but_its_record(
    alice: Reader, document: bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ImportRefused, match=message):
        alice.read(document, **options)
    assert alice.transcripts() == []
    assert alice.ledger()[-1][1] == "failed"


def test_cues_far_beyond_the_episodes_end_are_refused(alice: Reader) -> None:
    with alice.tenant.owner() as owner:
        owner.execute(
            "update episodes set duration_seconds = 60, audio_bytes = null where guid = %s", (LAMP,)
        )
    late = b"\n11:00.500 --> 11:02.000\n<v Bo>Of another episode.\n"
    done = alice.read(VTT + late)
    assert (done.imported, done.refused) == (2, 2)
    assert [(one.line_number, one.reason, one.detail) for one in done.first_refusals][1:] == [
        (
            11,
            "The position lies far beyond the end of the episode.",
            "begins at: 660.5, taken up to 660",
        )
    ]
    assert "another episode" not in alice.transcripts()[0][1]
    with pytest.raises(ImportRefused, match="Every cue lies far beyond the end of the episode"):
        alice.read(b"WEBVTT\n" + late)
    assert len(alice.transcripts()) == 1


def test_another_tenants_episode_is_not_known(alice: Reader, bob: Reader) -> None:
    (episode,) = alice.rows("select id from episodes where tenant_id = %(tenant)s order by guid limit 1")[0]
    with pytest.raises(ImportRefused, match="The episode is not known"):
        bob.read(episode=str(episode))
    assert (alice.transcripts(), bob.transcripts()) == ([], [])


def test_what_a_feed_names_is_fetched_once_and_asked_again_in_a_week(bob: Reader, web: Web) -> None:
    assert bob.fetch() == 1
    assert [row[1:3] + row[4:] for row in bob.transcripts()] == [
        ("Ann: Who lit the lamp?\n\nBo: A keeper.", "en", "feed")
    ]
    assert bob.link() == (AT, 0, None, True, 168)
    # The key in the address stays out of the record of imports.
    assert bob.ledger()[-1][:2] == ("https://cdn.example/tidewater/2.vtt", "completed")
    assert bob.fetch() == 0
    bob.ask_again()
    assert web.asked[-1] == (AT, _told(VTT))
    assert len(bob.ledger()) == 2
    web.answer = VTT.replace(b"keeper", b"miller")
    bob.ask_again()
    assert bob.found("miller") == 1
    assert len(bob.ledger()) == 3


def test_a_failure_is_kept_and_tried_later_and_later(bob: Reader, web: Web) -> None:
    web.answer = "The address answered with status 404."
    pauses = []
    for _ in range(9):
        bob.ask_again()
        pauses.append(bob.link()[4])
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 168]
    assert bob.link()[1:4] == (9, "The address answered with status 404.", False)
    web.answer = b"no transcript"
    bob.ask_again()
    assert "no transcript" in bob.link()[2]
    web.answer = VTT
    with import_lock(bob.actor):
        bob.ask_again()
    assert bob.link()[1] == 10
    bob.ask_again()
    assert bob.link()[1:4] == (0, None, True)


def test_what_a_person_imported_stands_before_what_a_feed_names(bob: Reader) -> None:
    bob.read(VTT.replace(b"keeper", b"hand"))
    assert bob.fetch() == 1
    assert bob.found("hand") == 1
    assert bob.ledger()[-1][1:4] == ("completed", 0, 2)


def test_an_address_that_changes_is_due_at_once_and_one_that_is_gone_is_forgotten(
    bob: Reader, web: Web
) -> None:
    assert fetch_transcripts() >= 1
    bob.take(NAMED)
    assert bob.fetch() == 0
    bob.take(NAMED.replace(b"/2.vtt", b"/two.vtt"))
    assert bob.fetch() == 1
    assert web.asked[-1] == (AT.replace("/2.vtt", "/two.vtt"), Validators())
    bob.take(TALES)
    assert bob.rows("select url from transcript_links where tenant_id = %(tenant)s") == []
    assert len(bob.transcripts()) == 1


def test_how_transcripts_of_a_feed_are_doing_stands_beside_the_feed(
    transcript_database: Database, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(transcript_database)
    monkeypatch.setattr(feed_module, "fetch", lambda url, **_: Fetched(url, NAMED, "application/rss+xml"))
    import_feed_from(reader.actor, ADDRESS)
    for answer, counted in ((VTT, (1, 0)), ("The address answered with status 500.", (1, 1))):
        web.answer = answer
        reader.ask_again()
        with tenant_session(reader.actor) as connection:
            (row,) = feeds(connection).rows
        assert (row["transcripts"], row["transcripts_failing"]) == counted
