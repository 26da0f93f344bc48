"""Asks the addresses of transcripts that feeds name, by the clock: as feeds themselves are asked."""

from __future__ import annotations

import hashlib
import logging
from time import monotonic
from typing import Any

from queries.errors import DatabaseUnavailable, NotAvailable
from queries.ingest.feed import shown
from queries.ingest.feed_refresh import in_turn, note
from queries.ingest.http import FetchRefused, Validators, fetch_if_changed
from queries.ingest.imports import ImportBusy, ImportRefused, refuse
from queries.ingest.transcripts.reader import LARGEST_TRANSCRIPT
from queries.ingest.transcripts.store import store_transcript
from queries.session import Actor, tenant_session
from queries.statements import ask

_ACCEPT = "text/vtt, application/x-subrip, application/srt, application/json, */*;q=0.1"
_log = logging.getLogger(__name__)


def fetch_transcripts() -> int:
    """Number of addresses that were asked: those that are due, one of each tenant in turn, for some minutes at most."""
    return in_turn(fetch_next_transcript)


def fetch_next_transcript(actor: Actor) -> bool:
    """Asks the tenant's address that has been due longest; whether there was one.

    Whatever is wrong with it is noted with it and stops no other. Raises: DatabaseUnavailable, NotAvailable.
    """
    with tenant_session(actor, write=True) as connection:
        due = ask(connection, "ingest/claim_transcript")
    if not due:
        return False
    link = due[0]
    try:
        _fetch(actor, link)
    except (DatabaseUnavailable, NotAvailable):
        raise
    except ImportBusy:
        note(actor, "ingest/transcript_waits", episode_id=link["episode_id"])
    except ImportRefused as refused:
        _failed(actor, link, str(refused))
    except Exception as error:  # noqa: BLE001 (the other transcripts must not wait for this one's cure)
        _log.exception("transcript of episode %s could not be fetched", link["episode_id"])
        _failed(actor, link, f"Stopped by an unexpected error ({type(error).__name__}).")
    return True


def _fetch(actor: Actor, link: dict[str, Any]) -> None:
    began, known = monotonic(), Validators(link["etag"], link["last_modified"])
    try:
        fetched = fetch_if_changed(link["url"], largest=LARGEST_TRANSCRIPT, known=known, accept=_ACCEPT)
    except FetchRefused as refused:
        refuse(actor, "transcripts", shown(link["url"]), ImportRefused(str(refused)), began=began)
    sha256 = link["content_sha256"] if fetched is None else hashlib.sha256(fetched.content).hexdigest()
    if fetched is not None and sha256 != link["content_sha256"]:
        # Feeds are often wrong about the format: the content tells it.
        store_transcript(
            actor, fetched.content, name=shown(link["url"]), episode=str(link["episode_id"]), language=link["language"],
            file_format=None, origin="feed", began=began,
        )  # fmt: skip
    told = known if fetched is None else fetched.validators
    note(
        actor, "ingest/transcript_fetched",
        episode_id=link["episode_id"], url=link["url"], etag=told.etag, last_modified=told.last_modified,
        content_sha256=sha256,
    )  # fmt: skip


def _failed(actor: Actor, link: dict[str, Any], message: str) -> None:
    note(
        actor, "ingest/transcript_failed",
        episode_id=link["episode_id"], url=link["url"], error_message=message[:1000],
    )  # fmt: skip
