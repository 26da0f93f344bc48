"""Requests at prefixes, which are answered once they are kept: counted in their windows by the worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rules import Filtered
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
    claimed = ask(connection, "refresh/claim_requests", most=_AT_ONCE)
    if claimed:
        rules, _ = tenant_rules(connection, lambda _: None, redirects=True)
        # Of what was filtered otherwise each download says so; they come in order of time all the same.
        for told, rows in groupby(claimed, itemgetter("data_centres")):
            filtered = Filtered(told or Filtered.UNKNOWN)
            judge_fetches(connection, rules, _fetches(rows), source="prefix", filtered=filtered)
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
