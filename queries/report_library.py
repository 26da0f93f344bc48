"""Reports: the library a person sees, asking for one, and what the worker does to make it exactly once."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from queries.campaign_states import opened_view
from queries.errors import InvalidRequest, NotFound
from queries.filters import parse_filters
from queries.periods import tenant_zone
from queries.results import Answer, Column
from queries.session import Actor, system_session, tenant_session
from queries.statements import ask, tell

REPORT_TYPES = {"campaign_performance": "Campaign performance", "podcast_audience": "Podcast audience"}
MOST_WAITING = 20
MOST_ATTEMPTS = 3
LEASE_SECONDS = 60
"""A worker that gives no sign of life for this long has lost its report; a single statement ends after 30 seconds."""

_COLUMNS = (
    Column("report_id", "Id", in_csv=False),
    Column("title", "Title"),
    Column("report_type", "Kind"),
    Column("status", "Status"),
    Column("progress_percent", "Progress", "count", in_csv=False),
    Column("progress_note", "Doing", in_csv=False),
    Column("page_count", "Pages", "count"),
    Column("pdf_bytes", "Bytes", "count"),
    Column("created_by_name", "Asked for by"),
    Column("created_at", "Asked for", "datetime"),
    Column("generated_at", "Made", "datetime"),
    Column("error_message", "Problem"),
)


@dataclass(frozen=True, slots=True)
class ClaimedReport:
    """A report that one worker holds; `attempt` tells its writes from those of a worker that held it before."""

    report_id: UUID
    tenant_id: UUID
    created_by: UUID | None
    report_type: str
    title: str
    parameters: Mapping[str, str]
    attempt: int
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class MadeFor:
    """Whom a report is for and the tenant's brand."""

    full_name: str
    brand_name: str
    primary_color: str | None
    logo_svg: str | None
    zone: ZoneInfo


def report_library(connection: Connection, *, search: str = "", limit: int = 50, offset: int = 0) -> Answer:
    """Reports the person may see, newest first; totals: has_more."""
    rows = ask(
        connection,
        "report_library/report_library",
        search=search.strip()[:100],
        limit=limit + 1,
        offset=offset,
    )
    return Answer(_COLUMNS, rows[:limit], totals={"has_more": len(rows) > limit})


def reports_by_status(connection: Connection) -> dict[str, int]:
    """How many reports the person may see, by status; none of a status that none has."""
    return {row["status"]: int(row["reports"]) for row in ask(connection, "report_library/reports_by_status")}


def report_status(connection: Connection, report_id: UUID) -> dict[str, Any]:
    """One report's row of the library, with the `parameters` it was asked with. Raises NotFound."""
    return _only(ask(connection, "report_library/report_status", report_id=report_id))


def request_report(
    connection: Connection,
    *,
    report_type: str,
    parameters: Mapping[str, str],
    title: str,
    created_by: UUID,
    idempotency_key: str | None = None,
) -> UUID:
    """The id of a report put into the queue; with a key used before, of the report it was used for.

    `parameters` is the view's URL query; the period is fixed to its days now. Needs a writing session of `created_by`.
    Raises InvalidRequest, and NotFound when the campaign or a podcast is not the person's to see.
    """
    if report_type not in REPORT_TYPES:
        raise InvalidRequest("There is no such kind of report.", field="report_type")
    if idempotency_key is not None and not 8 <= len(idempotency_key) <= 200:
        raise InvalidRequest("An idempotency key has 8 to 200 characters.", field="idempotency_key")
    campaign_id, podcast_ids = _subject_ids(report_type, parameters)
    (found,) = ask(
        connection,
        "report_library/subject",
        campaign_id=campaign_id,
        podcast_ids=podcast_ids,
        created_by=created_by,
    )
    if campaign_id is not None and found["campaign_name"] is None:
        raise NotFound("There is no such campaign for you.")
    if campaign_id is None and found["podcasts"] < (len(podcast_ids) or 1):
        raise NotFound("There is no such podcast for you.")
    filters = opened_view(
        connection, parse_filters(parameters, zone=tenant_zone(found["zone"]), now=datetime.now(UTC))
    )
    query = json.dumps(filters.with_absolute_period().to_query(), sort_keys=True)
    if found["waiting"] >= MOST_WAITING and not _used_before(connection, created_by, idempotency_key):
        raise InvalidRequest(
            f"{MOST_WAITING} of your reports are still being made. Please wait for some of them."
        )
    made = ask(
        connection,
        "report_library/request_report",
        report_type=report_type,
        title=(title.strip() or found["campaign_name"] or "")[:300],
        parameters=query,
        campaign_id=campaign_id,
        podcast_ids=podcast_ids,
        created_by=created_by,
        idempotency_key=idempotency_key,
    )
    if made:
        return UUID(str(made[0]["report_id"]))
    (before,) = _used_before(connection, created_by, idempotency_key)
    if (before["report_type"], before["parameters"]) != (report_type, json.loads(query)):
        raise InvalidRequest("This key was used for another report.", field="idempotency_key")
    return UUID(str(before["report_id"]))


def _used_before(connection: Connection, created_by: UUID, key: str | None) -> Sequence[Mapping[str, Any]]:
    if key is None:
        return ()
    return ask(connection, "report_library/requested_before", created_by=created_by, idempotency_key=key)


def _subject_ids(report_type: str, parameters: Mapping[str, str]) -> tuple[UUID | None, list[UUID]]:
    # Zone and now do not touch the ids; the period is read again once the tenant's zone is known.
    filters = parse_filters(parameters, zone=ZoneInfo("UTC"), now=datetime.now(UTC))
    if report_type == "podcast_audience":
        return None, list(filters.podcasts)
    if filters.campaign_id is None:
        raise InvalidRequest("This report needs a campaign.", field="campaign")
    return filters.campaign_id, []


def cancel_report(connection: Connection, report_id: UUID) -> bool:
    """Whether the report was still to be made and is not made now. Raises NotFound. Needs a writing session."""
    if ask(connection, "report_library/cancel_report", report_id=report_id):
        return True
    report_status(connection, report_id)
    return False


def report_pdf(connection: Connection, report_id: UUID) -> tuple[bytes, str]:
    """The PDF and the name to save it under. Raises NotFound while there is none."""
    row = _only(ask(connection, "report_library/report_pdf", report_id=report_id))
    pdf = bytes(row["pdf"])
    if hashlib.sha256(pdf).hexdigest() != row["pdf_sha256"]:
        raise NotFound("This report was damaged and is not handed out; please make it again.")
    return pdf, _file_name(row)


def report_snapshot(connection: Connection, report_id: UUID) -> dict[str, Any]:
    """What the report was made from. Raises NotFound while there is none."""
    data: dict[str, Any] = _only(ask(connection, "report_library/report_snapshot", report_id=report_id))[
        "report_data"
    ]
    return data


def _file_name(row: Mapping[str, Any]) -> str:
    """Like podboard-campaign-performance-spring-sale-2026-10-01-2026-10-31.pdf: letters, digits and hyphens alone."""
    plain = (
        unicodedata.normalize("NFKD", row["subject"].replace("ß", "ss")).encode("ascii", "ignore").decode()
    )
    parts = [
        row["report_type"],
        plain[:60],
        row["parameters"].get("from", ""),
        row["parameters"].get("to", ""),
    ]
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
    return f"podboard-{words}.pdf"


def _only(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        raise NotFound("There is no such report for you.")
    return rows[0]


def unscoped_claim_report(*, lease_seconds: int = LEASE_SECONDS) -> ClaimedReport | None:
    """The next report to make, of any tenant, held for the lease; None when nothing waits.

    The row is found in the queue, which holds ids alone, and taken by a conditional update inside its own tenant.
    """
    while True:
        with system_session("claim report") as connection:
            found = ask(connection, "report_library/unscoped_next_in_queue")
            if not found:
                return None
            report_id = found[0]["report_id"]
            ask(connection, "upkeep/enter", tenant_id=found[0]["tenant_id"], user_id=None)
            rows = ask(
                connection, "report_library/claim_report", report_id=report_id, lease_seconds=lease_seconds
            )
            if not rows:
                tell(connection, "report_library/unscoped_leave_queue", report_id=report_id)
                continue
            claim = ClaimedReport(**rows[0], lease_seconds=lease_seconds)
            if claim.attempt <= MOST_ATTEMPTS:
                return claim
            # A report that takes its worker down with it would do so for ever.
            ask(
                connection,
                "report_library/fail_report",
                report_id=report_id,
                attempt=claim.attempt,
                message=f"This report could not be finished in {MOST_ATTEMPTS} attempts.",
            )


def made_for(connection: Connection, user_id: UUID) -> MadeFor:
    """Name, brand and zone for a report. Raises NotFound for somebody else."""
    rows = ask(connection, "report_library/made_for", user_id=user_id)
    row = _only(rows)
    return MadeFor(
        row["full_name"], row["brand_name"], row["primary_color"], row["logo_svg"], tenant_zone(row["zone"])
    )


def note_progress(claim: ClaimedReport, percent: int, note: str) -> bool:
    """Whether the report is still this worker's to make; notes how far it is, in a short transaction of its own."""
    with tenant_session(Actor(claim.tenant_id), write=True) as connection:
        return bool(
            ask(
                connection,
                "report_library/report_progress",
                report_id=claim.report_id,
                attempt=claim.attempt,
                percent=percent,
                note=note,
                lease_seconds=claim.lease_seconds,
            )
        )


def store_report(
    claim: ClaimedReport,
    *,
    title: str,
    snapshot: Mapping[str, Any],
    podcast_ids: Sequence[UUID],
    pdf: bytes,
    page_count: int,
) -> bool:
    """Whether this attempt's PDF became the report's: never twice, never after a cancellation."""
    with tenant_session(Actor(claim.tenant_id), write=True) as connection:
        return bool(
            ask(
                connection,
                "report_library/store_report",
                report_id=claim.report_id,
                attempt=claim.attempt,
                title=title[:300],
                report_data=json.dumps(snapshot),
                podcast_ids=list(podcast_ids),
                pdf=pdf,
                pdf_sha256=hashlib.sha256(pdf).hexdigest(),
                page_count=page_count,
            )
        )


def fail_report(claim: ClaimedReport, message: str) -> bool:
    """Whether the report is marked as failed with a message for people."""
    with tenant_session(Actor(claim.tenant_id), write=True) as connection:
        return bool(
            ask(
                connection,
                "report_library/fail_report",
                report_id=claim.report_id,
                attempt=claim.attempt,
                message=message[:500],
            )
        )
