"""A feed becomes a podcast and its episodes; imported again it updates and adds nothing twice. As the runtime role."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from queries.ingest import feed as feed_module
from queries.ingest.feed import import_feed, import_feed_from
from queries.ingest.http import Fetched, FetchRefused
from queries.ingest.imports import ImportRefused, ImportResult
from queries.ingest.refused import refusals_csv
from queries.session import Actor
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import Tenant, own_database

TALES = (Path(__file__).parent.parent / "data" / "feeds" / "tidewater_tales.xml").read_bytes()
WITHOUT_IDENTITY = re.sub(rb"<podcast:guid>.*?</podcast:guid>|<atom:link[^>]*>", b"", TALES)
ADDRESS = "https://feeds.example/tidewater"


@pytest.fixture(scope="module")
def feed_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_feeds") as made:
        yield made


class Shelf:
    """A tenant without podcasts, and a look at what truly stands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenant = Tenant(database)
        self.actor = Actor(self.tenant.tenant_id)

    def take(self, document: bytes, name: str = "tales.xml") -> ImportResult:
        return import_feed(self.actor, io.BytesIO(document), name=name)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.superuser_dsn) as connection:
            return connection.execute(query, {"tenant": self.tenant.tenant_id}).fetchall()

    def podcasts(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select name, rss_feed_url, website_url, feed_guid from podcasts where tenant_id = %(tenant)s order by name"
        )

    def episodes(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select guid, title, season_number, episode_number, episode_type, published_at, duration_seconds,"
            " audio_url, audio_bytes from episodes where tenant_id = %(tenant)s order by guid"
        )

    def ledger(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select source, status, records_imported, records_duplicate, records_refused, error_message"
            " from etl_imports where tenant_id = %(tenant)s order by started_at"
        )


@pytest.fixture
def alice(feed_database: Database) -> Shelf:
    return Shelf(feed_database)


@pytest.fixture
def charlie(feed_database: Database) -> Shelf:
    return Shelf(feed_database)


def _counts(done: ImportResult) -> tuple[int, int, int, int]:
    return done.imported, done.updated, done.duplicate, done.refused


def test_a_feed_becomes_a_podcast_with_its_episodes(alice: Shelf) -> None:
    done = alice.take(TALES)
    assert _counts(done) == (3, 0, 0, 2)
    assert alice.rows(
        "select name, description, rss_feed_url, website_url, cover_image_url, language, category, author, feed_guid"
        " from podcasts where tenant_id = %(tenant)s"
    ) == [(
        "Tidewater Tales", "Stories from the coast.\n\nNew each week & free.", ADDRESS, "https://tidewater.example/",
        "https://cdn.example/tidewater.jpg", "en-gb", "History", "Harbour Audio",
        "9b024349-ccf0-5f69-a609-6b82873eab3c",
    )]  # fmt: skip
    assert alice.episodes() == [
        ("gid://tidewater/2", "The Lamp | 2", 2, 2, "full", datetime(2026, 11, 3, 14, tzinfo=UTC), 3723,
         "https://track.example/redirect.mp3/cdn.example/tidewater/2.mp3?key=a&s=1", 29784000),
        ("gid://tidewater/bonus", "Behind the Lamp", 2, None, "bonus", datetime(2026, 10, 28, 7, 30, tzinfo=UTC), 1385,
         "https://cdn.example/tidewater/bonus.m4a", None),
        ("https://tidewater.example/trailer", "Trailer", None, None, "trailer",
         datetime(2026, 10, 26, 7, 30, tzinfo=UTC), 64, "https://cdn.example/tidewater/trailer.mp3", None),
    ]  # fmt: skip
    assert alice.ledger() == [("tales.xml", "completed", 3, 0, 2, None)]
    assert alice.rows(
        "select line_number, reason, detail from import_refusals where tenant_id = %(tenant)s order by 1"
    ) == [
        (54, "The item has no audio.", ""),
        (58, "Another item of this feed has the same guid.", "first on line 20"),
    ]
    assert alice.rows("select resource_id from audit_logs where tenant_id = %(tenant)s") == [
        (done.import_id,)
    ]


def test_values_that_cannot_be_are_listed_and_their_episodes_stand_without_them(alice: Shelf) -> None:
    wrong = TALES.replace(
        b"<itunes:duration>1385</itunes:duration>", b"<itunes:duration>-1385</itunes:duration>"
    )
    wrong = re.sub(rb"<pubDate>Tue, 03 Nov 2026[^<]*", b"<pubDate>Mon, 03 Nov 2036 14:00:00 GMT", wrong)
    done = alice.take(wrong)
    assert _counts(done) == (3, 0, 0, 4)
    assert [(row[0], row[5] is None, row[6]) for row in alice.episodes()] == [
        ("gid://tidewater/2", True, 3723),
        ("gid://tidewater/bonus", False, None),
        ("https://tidewater.example/trailer", False, 64),
    ]
    listed = "".join(refusals_csv(alice.actor, done.import_id))
    assert [line for line in listed.splitlines() if "stands without" in line] == [
        '20,"The episode stands without its publication date, which lies more than a year ahead.",'
        '"guid: gid://tidewater/2, pubDate: Mon, 03 Nov 2036 14:00:00 GMT"',
        '33,"The episode stands without its duration, which is negative.",'
        '"guid: gid://tidewater/bonus, itunes:duration: -1385"',
    ]
    # A date that was taken while nobody looked at it does not outlive the refusal.
    with alice.tenant.owner() as owner:
        owner.execute("update episodes set published_at = '2036-11-03' where guid = 'gid://tidewater/2'")
    assert _counts(alice.take(wrong)) == (0, 1, 2, 4)
    assert alice.episodes()[0][5] is None
    assert _counts(alice.take(TALES)) == (0, 2, 1, 2)
    assert alice.episodes()[0][5] == datetime(2026, 11, 3, 14, tzinfo=UTC)


@pytest.mark.parametrize("stored", [5, 3_722_999, 1_116_900_001])
@pytest.mark.parametrize(
    ("told", "size", "counts"),
    [("5", None, (0, 1, 2, 3)), ("0", None, (0, 1, 2, 2)), ("29784000", 29_784_000, (0, 1, 2, 2))],
)
def test_a_size_that_cannot_be_does_not_outlive_the_next_import(
    alice: Shelf, stored: int, told: str, size: int | None, counts: tuple[int, ...]
) -> None:
    alice.take(TALES)
    with alice.tenant.owner() as owner:
        owner.execute("update episodes set audio_bytes = %s where guid = 'gid://tidewater/2'", [stored])
    again = TALES.replace(b'length="29784000"', f'length="{told}"'.encode())
    assert _counts(alice.take(again)) == counts
    assert alice.episodes()[0][-1] == size


def test_a_size_that_may_be_outlives_one_that_cannot(alice: Shelf) -> None:
    alice.take(TALES)
    done = alice.take(TALES.replace(b'length="29784000"', b'length="5"'))
    assert _counts(done) == (0, 0, 3, 3)
    assert alice.episodes()[0][-1] == 29_784_000
    assert "guid: gid://tidewater/2, length: 5" in "".join(refusals_csv(alice.actor, done.import_id))


def test_an_address_with_a_log_in_is_not_stored_and_takes_what_stood_with_it(alice: Shelf) -> None:
    alice.take(TALES)
    stands = (
        "select guid, audio_url is null, enclosure_url is null from episodes"
        " where tenant_id = %(tenant)s order by guid"
    )
    wrong = TALES.replace(
        b"https://cdn.example/tidewater/bonus", b"https://joe:secret@cdn.example/tidewater/bonus"
    )
    with alice.tenant.owner() as owner:
        owner.execute(
            "update episodes set audio_url = 'https://joe:secret@cdn.example/1', enclosure_url = audio_url"
            " where guid = 'gid://tidewater/bonus'"
        )
    assert _counts(alice.take(wrong)) == (0, 1, 2, 3)
    assert [row for row in alice.rows(stands) if any(row[1:])] == [("gid://tidewater/bonus", True, True)]
    assert "secret" not in str(alice.rows("select detail from import_refusals where tenant_id = %(tenant)s"))
    assert _counts(alice.take(wrong)) == (0, 0, 3, 3)
    assert _counts(alice.take(TALES)) == (0, 1, 2, 2)
    assert not any(any(row[1:]) for row in alice.rows(stands))


def test_the_same_feed_again_changes_nothing(alice: Shelf) -> None:
    alice.take(TALES)
    seen = "select id, updated_at, xmin::text from {} where tenant_id = %(tenant)s order by id"
    before = [alice.rows(seen.format(table)) for table in ("podcasts", "episodes")]
    assert _counts(alice.take(TALES)) == (0, 0, 3, 2)
    assert [alice.rows(seen.format(table)) for table in ("podcasts", "episodes")] == before


def test_what_changed_in_the_feed_is_updated_and_what_it_no_longer_says_stays(alice: Shelf) -> None:
    alice.take(TALES)
    ids = alice.rows("select id from episodes where tenant_id = %(tenant)s order by guid")
    changed = TALES.replace(b"<title>The Lamp | 2</title>", b"<title>The Lamp, mended</title>")
    changed = changed.replace(b"<itunes:duration>1385</itunes:duration>", b"")
    changed = changed.replace(b"<title>Tidewater Tales</title>", b"<title>Tidewater Stories</title>", 1)
    changed = changed.replace(b"<language>en-gb</language>", b"")
    assert _counts(alice.take(changed)) == (0, 1, 2, 2)
    assert [(row[1], row[6]) for row in alice.episodes()] == [
        ("The Lamp, mended", 3723), ("Behind the Lamp", 1385), ("Trailer", 64),
    ]  # fmt: skip
    assert alice.rows("select name, language from podcasts where tenant_id = %(tenant)s") == [
        ("Tidewater Stories", "en-gb")
    ]
    assert alice.rows("select id from episodes where tenant_id = %(tenant)s order by guid") == ids


def test_an_episode_that_left_the_feed_stays_and_one_deleted_here_stays_deleted(alice: Shelf) -> None:
    alice.take(TALES)
    with alice.tenant.owner() as owner:
        owner.execute(
            "update episodes set deleted_at = now(), title = 'gone' where guid = 'gid://tidewater/bonus'"
        )
    fewer = re.sub(rb"<item>\s*<title>Trailer.*?</item>", b"", TALES, flags=re.DOTALL)
    assert _counts(alice.take(fewer)) == (0, 0, 2, 2)
    assert [row[1] for row in alice.episodes()] == ["The Lamp | 2", "gone", "Trailer"]


def test_a_podcast_is_found_by_guid_then_address_then_name_and_website(alice: Shelf) -> None:
    alice.take(WITHOUT_IDENTITY)
    assert [row[1:] for row in alice.podcasts()] == [(None, "https://tidewater.example/", None)]
    with_address = re.sub(rb"<podcast:guid>.*?</podcast:guid>", b"", TALES)
    assert alice.take(with_address).duplicate == 3
    assert [row[1:] for row in alice.podcasts()] == [(ADDRESS, "https://tidewater.example/", None)]
    # From here on its name may change: the address, and then the guid, says what it is.
    renamed = TALES.replace(b"<title>Tidewater Tales</title>", b"<title>New name</title>", 1)
    assert alice.take(renamed).duplicate == 3
    moved = renamed.replace(b"https://feeds.example/tidewater", b"https://feeds.example/moved")
    assert alice.take(moved).duplicate == 3
    assert alice.podcasts() == [
        (
            "New name",
            "https://feeds.example/moved",
            "https://tidewater.example/",
            "9b024349-ccf0-5f69-a609-6b82873eab3c",
        )
    ]
    # A file without either is still known by name and website.
    nameless = re.sub(rb"<podcast:guid>.*?</podcast:guid>|<atom:link[^>]*>", b"", renamed)
    assert alice.take(nameless).duplicate == 3
    assert len(alice.podcasts()) == 1


def test_two_feeds_of_one_show_are_two_podcasts(alice: Shelf) -> None:
    """An open and a paid feed have name and website in common, but neither address nor guid."""
    alice.take(TALES)
    paid = TALES.replace(b"feeds.example/tidewater", b"feeds.example/paid").replace(b"9b024349", b"0b024349")
    assert _counts(alice.take(paid)) == (3, 0, 0, 2)
    assert sorted(row[1] for row in alice.podcasts()) == ["https://feeds.example/paid", ADDRESS]


def test_an_address_that_another_podcast_has_is_not_taken_from_it(alice: Shelf) -> None:
    alice.take(TALES)
    other = TALES.replace(b"feeds.example/tidewater", b"feeds.example/other").replace(
        b"9b024349", b"0b024349"
    )
    alice.take(other)
    # The second feed claims the first one's address: its guid finds it, and the address stays where it is.
    assert alice.take(other.replace(b"feeds.example/other", b"feeds.example/tidewater")).duplicate == 3
    assert sorted(row[1] for row in alice.podcasts()) == ["https://feeds.example/other", ADDRESS]


def test_a_deleted_podcast_is_not_brought_back(alice: Shelf) -> None:
    alice.take(TALES)
    with alice.tenant.owner() as owner:
        owner.execute("update podcasts set deleted_at = now()")
    assert _counts(alice.take(TALES)) == (3, 0, 0, 2)
    assert alice.rows("select count(*), count(deleted_at) from podcasts where tenant_id = %(tenant)s") == [
        (2, 1)
    ]


def test_the_same_feed_in_two_tenants_is_two_podcasts(alice: Shelf, charlie: Shelf) -> None:
    alice.take(TALES)
    before = (alice.podcasts(), alice.episodes(), alice.ledger())
    assert _counts(charlie.take(TALES.replace(b"The Lamp", b"His lamp"))) == (3, 0, 0, 2)
    assert before == (alice.podcasts(), alice.episodes(), alice.ledger())
    mixed = charlie.rows(
        "select count(*) from episodes e join podcasts p on p.id = e.podcast_id"
        " where e.tenant_id = %(tenant)s and p.tenant_id <> e.tenant_id"
    )
    assert mixed == [(0,)]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "The feed is empty."),
        (b"<html><body>Not found</body></html>", "web page"),
        (TALES[: len(TALES) // 2], "not valid XML"),
        (b"<rss><channel><title>T</title></channel></rss>", "no episodes"),
        (
            b"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + TALES.partition(b"\n")[2],
            "entities of its own",
        ),
        (TALES + b" " * 50_000_000, "larger than 20 MB"),
    ],
    ids=["empty", "page", "cut", "no items", "entity", "50 MB"],
)
def test_what_is_no_feed_leaves_nothing_but_its_record(alice: Shelf, document: bytes, message: str) -> None:
    with pytest.raises(ImportRefused, match=message) as refused:
        alice.take(document)
    assert (alice.podcasts(), alice.episodes()) == ([], [])
    assert alice.ledger() == [("tales.xml", "failed", 0, 0, 0, str(refused.value))]


def test_an_error_in_the_middle_leaves_no_podcast(alice: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_BATCH_EPISODES", 1)
    asked = feed_module.ask

    def fail_at_the_second(connection: Any, name: str, **parameters: Any) -> list[dict[str, Any]]:
        if name == "ingest/put_episodes" and b"bonus" in parameters["episodes"].encode():
            raise RuntimeError("in the middle")
        return asked(connection, name, **parameters)

    monkeypatch.setattr(feed_module, "ask", fail_at_the_second)
    with pytest.raises(RuntimeError):
        alice.take(TALES)
    assert (alice.podcasts(), alice.episodes()) == ([], [])
    assert [row[1] for row in alice.ledger()] == ["failed"]


def test_a_feed_of_many_episodes_is_taken_in_batches(alice: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_BATCH_EPISODES", 2)
    assert _counts(alice.take(TALES)) == (3, 0, 0, 2)
    assert _counts(alice.take(TALES.replace(b"<title>Trailer</title>", b"<title>Teaser</title>"))) == (
        0,
        1,
        2,
        2,
    )


def test_a_feed_is_fetched_from_its_address(alice: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://feeds.example/private/tidewater?token=secret"
    asked: list[tuple[str, int]] = []

    def answer(url: str, *, largest: int) -> Fetched:
        asked.append((url, largest))
        return Fetched(url, TALES, "application/rss+xml")

    monkeypatch.setattr(feed_module, "fetch", answer)
    assert _counts(import_feed_from(alice.actor, url)) == (3, 0, 0, 2)
    assert asked == [(url, 20 * 1024 * 1024)]
    # The address that was given is the podcast's; what is secret in it stays out of the record of imports.
    assert [row[1] for row in alice.podcasts()] == [url]
    assert [row[0] for row in alice.ledger()] == ["https://feeds.example/private/tidewater"]
    logged = alice.rows("select changes::text from audit_logs where tenant_id = %(tenant)s")
    assert "secret" not in str(logged)


def test_a_feed_that_cannot_be_fetched_is_recorded(alice: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, *, largest: int) -> Fetched:
        raise FetchRefused("The address answered with status 404.")

    monkeypatch.setattr(feed_module, "fetch", refuse)
    with pytest.raises(ImportRefused, match="status 404"):
        import_feed_from(alice.actor, "https://user:word@feeds.example/x?key=1")
    assert alice.ledger() == [
        ("https://feeds.example/x", "failed", 0, 0, 0, "The address answered with status 404.")
    ]


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/feed", "https://169.254.169.254/latest/meta-data/", "http://feeds.example/"]
)
def test_an_address_inside_is_not_fetched(alice: Shelf, url: str) -> None:
    with pytest.raises(ImportRefused, match=r"public internet|must begin with https"):
        import_feed_from(alice.actor, url)
    assert (alice.podcasts(), [row[1] for row in alice.ledger()]) == ([], ["failed"])
