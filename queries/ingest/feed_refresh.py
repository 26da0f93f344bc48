"""Asks the addresses of feeds again by the clock: what is new is imported, what went wrong is kept and tried later.

A feed that answers "not modified", or the same as before, is no import: only that it was asked is noted. The address is
the podcast's own (`podcasts.rss_feed_url`), so a feed that moved is followed.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from queries.errors import DatabaseUnavailable, NotAvailable
from queries.ingest.feed import import_again, shown
from queries.ingest.feed_reader import LARGEST_FEED
from queries.ingest.http import FetchRefused, Validators, fetch_if_changed
from queries.ingest.imports import ImportBusy, ImportRefused, refuse
from queries.session import Actor, system_session, tenant_session
from queries.statements import ask, tell

_RUN_SECONDS = 240.0
_log = logging.getLogger(__name__)


def refresh_feeds() -> int:
    """Number of feeds that were asked: those that are due, one of each tenant in turn, for some minutes at most."""
    return in_turn(refresh_next_feed)


def in_turn(do_next: Callable[[Actor], bool], *, seconds: float = _RUN_SECONDS) -> int:
    """How often `do_next` found something to do: each tenant has its turn, so that none waits for another's hundred."""
    with system_session("feeds") as connection:
        waiting = [Actor(row["tenant_id"]) for row in ask(connection, "refresh/unscoped_tenants")]
    ends_at, done = time.monotonic() + seconds, 0
    while waiting:
        still: list[Actor] = []
        for actor in waiting:
            if time.monotonic() >= ends_at:
                return done
            if do_next(actor):
                done += 1
                still.append(actor)
        waiting = still
    return done


def refresh_next_feed(actor: Actor) -> bool:
    """Asks the tenant's feed that has been due longest; whether there was one.

    Whatever is wrong with it is noted with it and stops no other. Raises: DatabaseUnavailable, NotAvailable.
    """
    with tenant_session(actor, write=True) as connection:
        due = ask(connection, "ingest/claim_feed")
    if not due:
        return False
    feed = due[0]
    try:
        _refresh(actor, feed)
    except (DatabaseUnavailable, NotAvailable):
        raise
    except ImportBusy:
        note(actor, "ingest/feed_waits", podcast_id=feed["podcast_id"])
    except ImportRefused as refused:
        _failed(actor, feed["podcast_id"], str(refused))
    except Exception as error:  # noqa: BLE001 (the other feeds must not wait for this one's cure)
        _log.exception("feed of podcast %s could not be refreshed", feed["podcast_id"])
        _failed(actor, feed["podcast_id"], f"Stopped by an unexpected error ({type(error).__name__}).")
    return True


def stop_feed(actor: Actor, url: str) -> bool:
    """Whether a feed of this address was asked by the clock: now it is not, until it is imported again."""
    with tenant_session(actor, write=True) as connection:
        return bool(ask(connection, "ingest/stop_feed", url=url))


def _refresh(actor: Actor, feed: dict[str, Any]) -> None:
    began, known = time.monotonic(), Validators(feed["etag"], feed["last_modified"])
    try:
        fetched = fetch_if_changed(feed["url"], largest=LARGEST_FEED, known=known)
    except FetchRefused as refused:
        _failed(actor, feed["podcast_id"], str(refused), refused.wait_seconds, is_gone=refused.is_gone)
        with contextlib.suppress(ImportRefused):
            refuse(actor, "feed", shown(feed["url"]), ImportRefused(str(refused)), began=began)
        return
    moved_to = None if fetched is None else fetched.moved_to
    if moved_to is None and (
        fetched is None or hashlib.sha256(fetched.content).hexdigest() == feed["content_sha256"]
    ):
        told = known if fetched is None else fetched.validators
        note(
            actor, "ingest/feed_unchanged",
            podcast_id=feed["podcast_id"], etag=told.etag, last_modified=told.last_modified,
        )  # fmt: skip
        return
    assert fetched is not None  # noqa: S101 (nothing new was dealt with above; this tells mypy)
    # Where it has moved for good is kept together with what was read there: an address that holds no feed is not.
    import_again(actor, feed["podcast_id"], moved_to or feed["url"], fetched, began=began)


def _failed(
    actor: Actor, podcast_id: UUID, message: str, wait_seconds: int = 0, *, is_gone: bool = False
) -> None:
    note(
        actor, "ingest/feed_failed",
        podcast_id=podcast_id, error_message=message[:1000], wait_seconds=wait_seconds, is_gone=is_gone,
    )  # fmt: skip


def note(actor: Actor, statement: str, **values: Any) -> None:
    """Writes what became of an address down, in a transaction of its own."""
    with tenant_session(actor, write=True) as connection:
        tell(connection, statement, **values)
