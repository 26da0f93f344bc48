"""Makes queued reports: claims one, reads it with the rights of the person it is for, draws it and stores it once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from queries.data_centres import data_centres
from queries.errors import AccessRefused, DatabaseUnavailable, NotFound, PodboardError
from queries.filters import parse_filters
from queries.listening_counted import counted_by
from queries.listening_unmeasured import unmeasured_downloads
from queries.metrics import RULE_VERSION
from queries.report_library import (
    LEASE_SECONDS,
    ClaimedReport,
    fail_report,
    made_for,
    note_progress,
    store_report,
    unscoped_claim_report,
)
from queries.session import Actor, tenant_session
from queries.settings import current_settings
from reports.documents import document
from reports.documents.words import counted_words, data_centres_words, titled, unmeasured_words
from reports.figures.tokens import colour
from reports.render import RenderedPdf, RenderStopped, render
from reports.snapshot import Brand, Snapshot

log = logging.getLogger("podboard.reports")

_READING = (10, 50)
_STAGES = {"drawing": (60, "Drawing the charts"), "typesetting": (80, "Setting the pages")}
_ALIVE_EVERY_SECONDS = 1.0

Renderer = Callable[..., RenderedPdf]


class _Lost(Exception):
    """The report was cancelled or taken over: whatever this worker still does with it has no effect."""


@dataclass(slots=True)
class _Progress:
    """How far a report is, told to the database, which answers whether it is still ours."""

    claim: ClaimedReport
    percent: int = 5
    note: str = "Starting"
    told_at: float = 0.0

    def tell(self, percent: int, note: str) -> None:
        self.percent, self.note = percent, note
        self.told_at = time.monotonic()
        if not note_progress(self.claim, percent, note):
            raise _Lost

    def is_lost(self) -> bool:
        """Whether to stop, asked at most once a second; keeps the lease alive."""
        if time.monotonic() - self.told_at < _ALIVE_EVERY_SECONDS:
            return False
        self.told_at = time.monotonic()
        return not note_progress(self.claim, self.percent, self.note)


def make_next_report(*, renderer: Renderer = render, lease_seconds: int = LEASE_SECONDS) -> UUID | None:
    """The id of the report that was worked on, whatever became of it; None when nothing waits."""
    claim = unscoped_claim_report(lease_seconds=lease_seconds)
    if claim is None:
        return None
    began = time.monotonic()
    try:
        outcome = _make(claim, renderer)
    except (_Lost, RenderStopped):
        outcome = "dropped"
    except DatabaseUnavailable:
        raise  # nothing can be written now; the lease runs out and the report is made again
    except PodboardError as error:
        fail_report(claim, _words(error))
        outcome = "failed"
    except Exception as error:
        log.exception("report failed", extra={"report": str(claim.report_id), "kind": type(error).__name__})
        fail_report(claim, "Something went wrong while this report was made. Please try again.")
        outcome = "failed"
    log.info(
        "report",
        extra={
            "report": str(claim.report_id),
            "tenant": str(claim.tenant_id),
            "kind": claim.report_type,
            "outcome": outcome,
            "attempt": claim.attempt,
            "seconds": round(time.monotonic() - began, 2),
        },
    )
    return claim.report_id


def _make(claim: ClaimedReport, renderer: Renderer) -> str:
    progress = _Progress(claim)
    snapshot, title, podcast_ids = _read(claim, progress)
    data = snapshot.to_json()
    done = renderer(
        data,
        on_stage=lambda stage: progress.tell(*_STAGES[stage]),
        should_stop=progress.is_lost,
    )
    progress.tell(95, "Storing")
    stored = store_report(
        claim, title=title, snapshot=data, podcast_ids=podcast_ids, pdf=done.pdf, page_count=done.page_count
    )
    return "ready" if stored else "dropped"


def _read(claim: ClaimedReport, progress: _Progress) -> tuple[Snapshot, str, list[UUID]]:
    """Everything the report shows, read at one moment in a transaction of the person: never as the owner."""
    if claim.created_by is None:
        raise AccessRefused("A report is made for a person.")
    kind = document(claim.report_type)
    first, last = _READING

    def step(note: str) -> None:
        progress.tell(min(last, max(first, progress.percent + 5)), note)

    with tenant_session(Actor(claim.tenant_id, claim.created_by)) as connection:
        person = made_for(connection, claim.created_by)
        filters = parse_filters(
            claim.parameters, zone=person.zone, now=datetime.now(UTC)
        ).with_absolute_period()
        draft = kind.read(connection, filters, step)
        filtered = data_centres_words(data_centres(connection), when="when this report was made")
        counted = counted_by(connection, filters)
        ways = [*counted_words(counted, filters.zone), *counted.notes]
        if draft.campaign_id is None:
            # A campaign's paper is its sponsor's too, who is told of no requests for episodes.
            ways += filter(None, [unmeasured_words(unmeasured_downloads(connection, filters))])
    snapshot = Snapshot(
        report_type=claim.report_type,
        title=draft.title,
        sentence=draft.sentence,
        brand=Brand(person.brand_name, person.primary_color or colour("accent"), person.logo_svg),
        filters=filters,
        link=current_settings().public_url + kind.address(filters),
        made_for=person.full_name,
        rule_version=RULE_VERSION,
        data_centres=filtered,
        counted=ways,
        facts=draft.facts,
        answers=draft.answers,
    )
    return snapshot, titled(draft.title, filters), list(draft.podcast_ids)


def _words(error: PodboardError) -> str:
    if isinstance(error, AccessRefused):
        return "The person this report was for has no access any more."
    if isinstance(error, NotFound):
        return "What this report is about is not there for you any more."
    return str(error)
