"""Feeds are asked again by the clock: what is new comes in, what goes wrong is kept and tried later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from queries.ingest import feed as feed_module
from queries.ingest import feed_refresh
from queries.ingest.feed import import_feed_from
from queries.ingest.feed_refresh import refresh_feeds, refresh_next_feed, stop_feed
from queries.ingest.http import Fetched, FetchRefused, Validators
from queries.ingest.imports import import_lock
from queries.session import tenant_session
from queries.settings import Settings
from queries.sources import feeds
from queries.statements import tell
from tests.conftest import Database
from tests.queries.test_ingest_feed import ADDRESS, TALES, Shelf
from tests.sponsorship import own_database

UNKNOWN = Validators()
FIRST = Validators('"one"', "Tue, 03 Nov 2026 14:00:00 GMT")
MENDED = TALES.replace(b"<title>Trailer</title>", b"<title>Teaser</title>")


@pytest.fixture(scope="module")
def feed_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_feed_refresh") as made:
        yield made


class Web:
    """What addresses answer: content with its validators, "unchanged" when it is known, or a refusal."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[bytes, Validators] | str | FetchRefused] = {}
        self.moved: dict[str, str] = {}
        self.asked: list[tuple[str, Validators]] = []

    def fetch_if_changed(self, url: str, *, largest: int, known: Validators = UNKNOWN) -> Fetched | None:
        self.asked.append((url, known))
        page = self.pages[url]
        if isinstance(page, str):
            raise FetchRefused(page)
        if isinstance(page, FetchRefused):
            raise page
        content, validators = page
        if known == validators != UNKNOWN:
            return None
        return Fetched(url, content, "application/rss+xml", validators, self.moved.get(url))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    web = Web()
    web.pages[ADDRESS] = (TALES, FIRST)
    monkeypatch.setattr(feed_module, "fetch", web.fetch_if_changed)
    monkeypatch.setattr(feed_refresh, "fetch_if_changed", web.fetch_if_changed)
    return web


class FollowedShelf(Shelf):
    """A tenant whose feed came from an address."""

    def make_due(self) -> None:
        with self.tenant.owner() as owner:
            owner.execute("update podcast_feeds set next_try_at = now() - interval '1 minute'")

    def podcast_id(self) -> UUID:
        return UUID(str(self.rows("select podcast_id from podcast_feeds where tenant_id = %(tenant)s")[0][0]))

    def ask_again(self) -> None:
        self.make_due()
        assert refresh_next_feed(self.actor)

    def feed(self) -> dict[str, Any]:
        with tenant_session(self.actor) as connection:
            return dict(feeds(connection).rows[0])

    def next_in(self) -> float:
        """Minutes to the next try."""
        return self.rows(
            "select extract(epoch from next_try_at - now())::float / 60 from podcast_feeds where tenant_id = %(tenant)s"
        )[0][0]


@pytest.fixture
def alice(feed_database: Database, web: Web) -> FollowedShelf:
    shelf = FollowedShelf(feed_database)
    import_feed_from(shelf.actor, ADDRESS)
    return shelf


def test_a_feed_of_an_address_is_asked_again_after_an_hour_and_not_before(
    alice: FollowedShelf, web: Web
) -> None:
    assert alice.feed()["state"] == "refreshed"
    assert 59 < alice.next_in() <= 60
    assert not refresh_next_feed(alice.actor)
    assert len(web.asked) == 1


def test_what_has_not_changed_is_no_import(alice: FollowedShelf, web: Web) -> None:
    before = alice.feed()["succeeded_at"]
    alice.ask_again()
    assert web.asked[-1] == (ADDRESS, FIRST)
    assert len(alice.ledger()) == 1
    assert alice.feed()["succeeded_at"] > before
    assert 59 < alice.next_in() <= 60
    # An address that knows of no such question answers with the same once more.
    web.pages[ADDRESS] = (TALES, Validators('"other"'))
    alice.ask_again()
    assert len(alice.ledger()) == 1
    alice.ask_again()
    assert web.asked[-1] == (ADDRESS, Validators('"other"'))


def test_what_is_new_comes_in(alice: FollowedShelf, web: Web) -> None:
    web.pages[ADDRESS] = (MENDED, Validators('"two"'))
    alice.ask_again()
    assert [row[1] for row in alice.episodes()] == ["The Lamp | 2", "Behind the Lamp", "Teaser"]
    assert [row[1:5] for row in alice.ledger()] == [("completed", 3, 0, 2), ("completed", 1, 2, 2)]
    alice.ask_again()
    assert web.asked[-1] == (ADDRESS, Validators('"two"'))
    assert len(alice.ledger()) == 2


def test_a_failure_is_kept_and_tried_later_and_later(alice: FollowedShelf, web: Web) -> None:
    good = web.pages[ADDRESS]
    web.pages[ADDRESS] = "The address answered with status 503."
    pauses = []
    for _ in range(8):
        alice.ask_again()
        pauses.append(round(alice.next_in()))
    assert pauses == [30, 60, 120, 240, 480, 960, 1440, 1440]
    found = alice.feed()
    assert (found["state"], found["failures"]) == ("failing", 8)
    assert found["error_message"] == "The address answered with status 503."
    assert alice.ledger()[-1][1:] == ("failed", 0, 0, 0, "The address answered with status 503.")
    web.pages[ADDRESS] = good
    alice.ask_again()
    found = alice.feed()
    assert (found["state"], found["failures"], found["error_message"]) == ("refreshed", 0, None)


def test_an_address_is_left_alone_for_as_long_as_it_asks(alice: FollowedShelf, web: Web) -> None:
    for asked, minutes in ((7200, 120), (60, 60)):
        web.pages[ADDRESS] = FetchRefused("The address answered with status 429.", wait_seconds=asked)
        alice.ask_again()
        assert minutes - 1 < alice.next_in() <= minutes
    assert alice.feed()["failures"] == 2


def test_an_address_that_is_gone_is_asked_no_more_and_shown(alice: FollowedShelf, web: Web) -> None:
    web.pages[ADDRESS] = FetchRefused("The address answered with status 410.", is_gone=True)
    alice.ask_again()
    found = alice.feed()
    assert (found["next_try_at"], found["failures"]) == (None, 1)
    assert found["error_message"] == "The address answered with status 410."
    assert not refresh_next_feed(alice.actor)


def test_a_feed_that_moved_for_good_is_asked_there_once_it_was_read_there(
    alice: FollowedShelf, web: Web
) -> None:
    new = "https://feeds.example/moved"
    web.moved[ADDRESS] = new
    # What stands there is no feed: the old address stays.
    web.pages[ADDRESS] = (b"<html><p>Parked</p></html>", UNKNOWN)
    alice.ask_again()
    address = "select rss_feed_url from podcasts where tenant_id = %(tenant)s"
    assert alice.rows(address) == [(ADDRESS,)]
    # The same content as before is proof enough.
    web.pages[ADDRESS] = (TALES, FIRST)
    alice.make_due()
    with tenant_session(alice.actor, write=True) as connection:
        tell(
            connection, "ingest/feed_unchanged", podcast_id=alice.podcast_id(), etag=None, last_modified=None
        )
    alice.ask_again()
    assert alice.rows(address) == [(new,)]
    web.pages[new] = (TALES, FIRST)
    alice.ask_again()
    assert web.asked[-1] == (new, FIRST)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"<html><p>Gone</p></html>", "web page"),
        (TALES.replace(b"9b024349", b"0b024349"), "feed of another podcast"),
    ],
)
def test_what_is_no_feed_of_this_podcast_changes_nothing(
    alice: FollowedShelf, web: Web, document: bytes, message: str
) -> None:
    before = (alice.podcasts(), alice.episodes())
    web.pages[ADDRESS] = (document, Validators('"two"'))
    alice.ask_again()
    assert message in alice.feed()["error_message"]
    assert (alice.podcasts(), alice.episodes()) == before
    # What it answered is not taken for known: the next try reads it again.
    alice.ask_again()
    assert web.asked[-1] == (ADDRESS, FIRST)


def test_a_feed_that_moved_is_asked_where_it_is_without_what_its_old_address_told(
    alice: FollowedShelf, web: Web
) -> None:
    moved = "https://feeds.example/moved"
    with alice.tenant.owner() as owner:
        owner.execute("update podcasts set rss_feed_url = %s", (moved,))
    web.pages[moved] = (TALES, FIRST)
    alice.ask_again()
    assert web.asked[-1] == (moved, Validators())


def test_an_import_under_way_puts_it_off_and_is_no_failure(alice: FollowedShelf, web: Web) -> None:
    web.pages[ADDRESS] = (MENDED, Validators('"two"'))
    with import_lock(alice.actor):
        alice.ask_again()
    assert (alice.feed()["failures"], round(alice.next_in())) == (0, 5)
    assert len(alice.ledger()) == 1


def test_an_unexpected_error_stops_no_other_feed(
    alice: FollowedShelf, feed_database: Database, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = FollowedShelf(feed_database)
    import_feed_from(other.actor, ADDRESS)
    web.pages[ADDRESS] = (MENDED, Validators('"two"'))
    taken = feed_refresh.import_again

    def break_once(actor: Any, *rest: Any, **told: Any) -> Any:
        if actor == alice.actor:
            raise RuntimeError("secret of a row")
        return taken(actor, *rest, **told)

    monkeypatch.setattr(feed_refresh, "import_again", break_once)
    alice.make_due()
    other.make_due()
    assert refresh_feeds() == 2
    assert alice.feed()["error_message"] == "Stopped by an unexpected error (RuntimeError)."
    assert (other.feed()["failures"], len(other.ledger())) == (0, 2)
    assert refresh_feeds() == 0


def test_who_takes_a_feed_and_dies_leaves_it_for_another(
    alice: FollowedShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(feed_refresh, "_refresh", die)
    alice.make_due()
    with pytest.raises(KeyboardInterrupt):
        refresh_next_feed(alice.actor)
    assert not refresh_next_feed(alice.actor)
    assert 14 < alice.next_in() <= 15


def test_the_time_of_a_run_is_limited(alice: FollowedShelf, web: Web) -> None:
    alice.make_due()
    assert feed_refresh.in_turn(refresh_next_feed, seconds=0) == 0
    assert len(web.asked) == 1


def test_a_feed_may_be_stopped_and_begun_again_or_never_followed(
    alice: FollowedShelf, feed_database: Database
) -> None:
    assert stop_feed(alice.actor, ADDRESS)
    assert not stop_feed(alice.actor, ADDRESS)
    assert (alice.feed()["state"], refresh_next_feed(alice.actor)) == ("stopped", False)
    import_feed_from(alice.actor, ADDRESS)
    assert alice.feed()["state"] == "refreshed"
    once = FollowedShelf(feed_database)
    import_feed_from(once.actor, ADDRESS, follow=False)
    assert once.rows("select count(*) from podcast_feeds where tenant_id = %(tenant)s") == [(0,)]


def test_a_deleted_podcast_is_asked_no_more(alice: FollowedShelf, web: Web) -> None:
    alice.make_due()
    with alice.tenant.owner() as owner:
        owner.execute("update podcasts set deleted_at = now()")
    assert not refresh_next_feed(alice.actor)
    assert len(web.asked) == 1


def test_prefixes_of_measurers_come_off_and_the_enclosure_stays_as_it_was(
    alice: FollowedShelf, web: Web
) -> None:
    named = "https://pdst.fm/e/chtbl.com/track/AB12/cdn.example/tidewater/bonus.m4a"
    web.pages[ADDRESS] = (
        TALES.replace(b"https://cdn.example/tidewater/bonus.m4a", named.encode()), Validators('"two"')
    )  # fmt: skip
    alice.ask_again()
    bonus = (
        "select audio_url, enclosure_url from episodes where tenant_id = %(tenant)s and guid like '%%bonus'"
    )
    assert alice.rows(bonus) == [("https://cdn.example/tidewater/bonus.m4a", named)]
    # podboard's own prefix, with nothing behind it, leads on to what is known.
    ours = f"https://podboard.example/e/{alice.tenant.tenant_id}/bonus.m4a"
    web.pages[ADDRESS] = (
        TALES.replace(b"https://cdn.example/tidewater/bonus.m4a", ours.encode()), Validators('"three"')
    )  # fmt: skip
    alice.ask_again()
    assert alice.rows(bonus) == [("https://cdn.example/tidewater/bonus.m4a", ours)]
    assert alice.feed()["next_try_at"] - alice.feed()["succeeded_at"] == timedelta(hours=1)
