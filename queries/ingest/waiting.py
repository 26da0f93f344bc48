"""Requests at prefixes, which are answered once they are kept: counted in their windows by the worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rules import Filtered
from queries.ingest.counting.verdicts import Fetch, Place
from queries.ingest.imports import Tally, as_document
from queries.ingest.logs.rulings import judge_fetches
from queries.ingest.logs.tenant import tenant_rules
from queries.ingest.origins import PREFIX
from queries.statements import ask

_AT_ONCE = 10_000
_HOURS = UUID("8d0c5a7e-4b1f-5c3e-9a62-1f7b3d9e6c05")


def count_requests(connection: Connection, tenant_id: UUID) -> int:
    """How many requests of the tenant, the session's, are counted now, the oldest first, and taken off in its
    transaction.

    Each keeps the id it came under, so a crash repeats the work and counts nothing twice. What was counted is one
    import an hour, as what API keys send is.
    """
    # Imports wait for their turn in the same way: what is claimed is not claimed by two.
    ask(connection, "ingest/before_events", downloads=True)
    claimed = ask(connection, "refresh/claim_requests", most=_AT_ONCE)
    if not claimed:
        return 0
    now: datetime = ask(connection, "ingest/clock")[0]["now"]
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    import_id = uuid5(_HOURS, f"{tenant_id} {hour.isoformat()}")
    # What is refused names the import it came with, which has to be there before.
    _note(connection, import_id, Tally())
    rules, _ = tenant_rules(connection, lambda _: None, redirects=True)
    tally, refused = Tally(), Counter[str]()
    # Of what was filtered otherwise each download says so; they come in order of time all the same.
    for told, rows in groupby(claimed, itemgetter("data_centres")):
        filtered = Filtered(told or Filtered.UNKNOWN)
        found = judge_fetches(
            connection, rules, _fetches(rows), source="prefix", import_id=import_id, filtered=filtered
        )
        tally.imported += found.downloads
        tally.impressions += found.impressions
        refused += found.refused
    tally.refused, tally.by_reason = refused.total(), dict(refused)
    tally.reach("listener_events", max(row["occurred_at"] for row in claimed))
    _note(connection, import_id, tally)
    return len(claimed)


def _fetches(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, Fetch]:
    """The requests by their ids."""
    found: dict[UUID, Fetch] = {}
    for number, row in enumerate(rows, 1):
        duration = row["duration_seconds"]
        found[row["id"]] = Fetch(
            number=number, occurred_at=row["occurred_at"], listener_id=row["listener_id"],
            file=EpisodeFile(str(row["episode_id"]), row["audio_bytes"], float(duration) if duration else None),
            agent=Agent(row["app"], row["device"], row["os"], is_bot=False),
            place=Place(row["country"], row["region"]), bytes_sent=None, piece=None, told_bytes=None,
        )  # fmt: skip
    return found


def _note(connection: Connection, import_id: UUID, tally: Tally) -> None:
    ask(
        connection, "collector/note_batch",
        id=import_id, import_type="listener_events", source=PREFIX, records_imported=tally.imported,
        records_duplicate=0, records_refused=tally.refused, impressions=tally.impressions,
        by_reason=as_document(tally.by_reason), reached=as_document(tally.reached),
    )  # fmt: skip
