"""Requests at prefixes, pixels and vanity URLs, which are answered once they are kept: counted by the worker.

What a prefix let pass is counted in its window; of the rest it is known already what became of it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.reasons import Unreadable
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rules import Filtered
from queries.ingest.counting.verdicts import Fetch, Place
from queries.ingest.imports import ImportType, as_document
from queries.ingest.logs.rulings import judge_fetches
from queries.ingest.logs.tenant import tenant_rules
from queries.ingest.origins import LINKS, PREFIX
from queries.ingest.tally import Tally
from queries.statements import ask, tell

_AT_ONCE = 10_000
_HOURS = UUID("8d0c5a7e-4b1f-5c3e-9a62-1f7b3d9e6c05")


def count_requests(connection: Connection, tenant_id: UUID) -> int:
    """How many requests of the tenant, the session's, are counted now, the oldest first, and taken off in its
    transaction.

    Each keeps the id it came under, so a crash repeats the work and counts nothing twice. What was counted is one
    import an hour of each source, as what API keys send is.
    """
    # Imports wait for their turn in the same way: what is claimed is not claimed by two.
    ask(connection, "ingest/before_events", downloads=True)
    requests = ask(connection, "refresh/claim_requests", most=_AT_ONCE)
    outcomes: dict[str, list[Mapping[str, Any]]] = {}
    for outcome in ask(connection, "refresh/claim_outcomes", most=_AT_ONCE):
        outcomes.setdefault(outcome["source"], []).append(outcome)
    now: datetime = ask(connection, "ingest/clock")[0]["now"]
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    refused = outcomes.pop("prefix", [])
    if requests or refused:
        _count_prefix(connection, uuid5(_HOURS, f"{tenant_id} {hour.isoformat()}"), requests, refused)
    for kind, of_kind in outcomes.items():
        _count_visits(connection, uuid5(_HOURS, f"{tenant_id} {kind} {hour.isoformat()}"), kind, of_kind)
    return len(requests) + len(refused) + sum(map(len, outcomes.values()))


def _count_prefix(
    connection: Connection, import_id: UUID, requests: list[dict[str, Any]], outcomes: list[Mapping[str, Any]]
) -> None:
    """Counts in their windows what single rules let pass, and keeps what they refused."""
    started = time.perf_counter()
    # What is refused names the import it came with, which has to be there before.
    _note(connection, import_id, "listener_events", PREFIX, Tally(), started)
    tally = Tally()
    refused = Counter[str](outcome["refused_for"] for outcome in outcomes)
    for version in sorted({outcome["rule_version"] for outcome in outcomes}):
        excluded = [
            {"id": o["id"], "episode_id": o["subject_id"], "reason": o["refused_for"], "occurred_at": o["occurred_at"]}
            for o in outcomes
            if o["rule_version"] == version
        ]  # fmt: skip
        tell(
            connection, "ingest/add_excluded",
            import_id=import_id, rule_version=version, requests=orjson.dumps(excluded).decode(),
        )  # fmt: skip
    if requests:
        rules, _ = tenant_rules(connection, lambda _: None, redirects=True)
        # Of what was filtered otherwise each download says so; they come in order of time all the same.
        for told, rows in groupby(requests, itemgetter("data_centres")):
            filtered = Filtered(told or Filtered.UNKNOWN)
            found = judge_fetches(
                connection, rules, _fetches(rows), source="prefix", import_id=import_id, filtered=filtered
            )
            tally.imported += found.downloads
            tally.deliver(found.impressions)
            refused += found.refused
            for change in found.otherwise:
                tally.rule_otherwise(change.before, change.reason)
    # What a rule refused came all the same: the prefix has data as far as that.
    for request in (*requests, *outcomes):
        tally.reach("listener_events", request["occurred_at"])
    tally.brought = {str(request["episode_id"]) for request in requests}
    tally.brought |= {str(outcome["subject_id"]) for outcome in outcomes}
    tally.refused, tally.by_reason = refused.total(), dict(refused)
    _note(connection, import_id, "listener_events", PREFIX, tally, started)
    tally.note_podcasts(connection, import_id)


def _count_visits(
    connection: Connection, import_id: UUID, kind: str, outcomes: list[Mapping[str, Any]]
) -> None:
    """Counts what links of campaigns took and refused; what they took stands already."""
    started = time.perf_counter()
    refused = [outcome for outcome in outcomes if outcome["refused_for"] is not None]
    known = sum(outcome["is_known"] for outcome in outcomes)
    tally = Tally(
        imported=len(outcomes) - len(refused) - known, duplicate=known, refused=len(refused),
        by_reason=dict(Counter(outcome["refused_for"] for outcome in refused)),
    )  # fmt: skip
    for outcome in outcomes:
        # What is known or a robot's was read well, and tells that until then nothing else came.
        if outcome["refused_for"] not in list(Unreadable):
            tally.reach("conversions", outcome["occurred_at"])
    _note(connection, import_id, "attribution_events", LINKS[kind], tally, started)
    if refused:
        visits = [
            {
                "id": o["id"], "campaign_id": o["subject_id"], "kind": kind, "reason": o["refused_for"],
                "rule_version": o["rule_version"], "occurred_at": o["occurred_at"],
                "order_id": o["order_id"],
            }
            for o in refused
        ]  # fmt: skip
        tell(
            connection,
            "collector/add_refused_visits",
            import_id=import_id,
            visits=orjson.dumps(visits).decode(),
        )


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


def _note(
    connection: Connection,
    import_id: UUID,
    import_type: ImportType,
    source: str,
    tally: Tally,
    started: float,
) -> None:
    """Adds to the row of the hour; of work what there was since `started`, once anything came of it."""
    worked = math.ceil((time.perf_counter() - started) * 1000) if tally != Tally() else 0
    ask(
        connection, "collector/note_batch",
        id=import_id, import_type=import_type, source=source, records_imported=tally.imported,
        records_duplicate=tally.duplicate, records_refused=tally.refused, impressions=tally.impressions,
        taken_back=tally.taken_back, counted_late=tally.counted_late,
        by_reason=as_document(tally.by_reason), reached=as_document(tally.reached), worked_ms=worked,
    )  # fmt: skip
