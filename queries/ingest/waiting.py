"""Requests at prefixes, which are answered once they are kept: counted in their windows by the worker."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Fetch, Place
from queries.ingest.logs.rulings import judge_fetches
from queries.ingest.logs.tenant import tenant_rules
from queries.statements import ask

_AT_ONCE = 10_000


def count_requests(connection: Connection) -> int:
    """How many requests of the session's tenant are counted now, the oldest first, and taken off in its transaction.

    Each keeps the id it came under, so a crash repeats the work and counts nothing twice.
    """
    # Imports wait for their turn in the same way: what is claimed is not claimed by two.
    ask(connection, "ingest/before_events", downloads=True)
    fetches: dict[UUID, Fetch] = {}
    for number, row in enumerate(ask(connection, "refresh/claim_requests", most=_AT_ONCE), 1):
        duration = row["duration_seconds"]
        fetches[row["id"]] = Fetch(
            number=number, occurred_at=row["occurred_at"], listener_id=row["listener_id"],
            file=EpisodeFile(str(row["episode_id"]), row["audio_bytes"], float(duration) if duration else None),
            agent=Agent(row["app"], row["device"], row["os"], is_bot=False),
            place=Place(row["country"], row["region"]), bytes_sent=None, piece=None, told_bytes=None,
        )  # fmt: skip
    if fetches:
        rules, _ = tenant_rules(connection, lambda _: None, redirects=True)
        judge_fetches(connection, rules, fetches, source="prefix")
    return len(fetches)
