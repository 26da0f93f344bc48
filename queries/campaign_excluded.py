"""Requests that brought a campaign nothing, and why: those at its links, and those for episodes that carry its ads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from queries.campaign_states import campaign_heads
from queries.filters import Filters
from queries.ingest.counting.reasons import words_of_reason
from queries.listening_excluded import excluded_by_reason
from queries.periods import Period
from queries.results import Answer, Column
from queries.statements import ask

_KINDS = {"pixel": "Pixel", "vanity_url": "Vanity URL"}


def excluded_of_shows(connection: Connection, f: Filters, campaigns: Collection[UUID] = ()) -> Answer | None:
    """Requests for shows that carry any of these campaigns, which were no downloads and so brought no ads.

    None where no show does. Without ids the campaign of the view, else all in scope. Of all episodes of these shows (of
    those the view is filtered by) that the reader may see, each request once, however many of the campaigns its show
    carries. Totals and columns: as `excluded_by_reason`.
    """
    asked = list(campaigns) or ([f.campaign_id] if f.campaign_id else [])
    ids = [head.campaign_id for head in campaign_heads(connection, asked)]
    shows = ask(connection, "campaigns/podcasts_of_campaigns", campaign_ids=ids)
    if not shows:
        return None
    carrying = tuple(row["podcast_id"] for row in shows if not f.podcasts or row["podcast_id"] in f.podcasts)
    return excluded_by_reason(connection, replace(f, podcasts=carrying)) if carrying else None


def excluded_visits(connection: Connection, f: Filters, covered: Period | None = None) -> Answer:
    """Refused requests at the pixels and vanity URLs of `f.campaign_id`, else of all campaigns, by reason, most first.

    `covered`: the days; None for as long as they are kept. Totals: requests. Columns: kind (words for people), words,
    rule_version, requests; rows carry reason, the word in the database.
    """
    rows = ask(
        connection, "campaigns/excluded_visits",
        campaign_ids=[f.campaign_id] if f.campaign_id else [], time_zone=f.zone.key,
        period_start=covered and covered.start, period_end=covered and covered.end,
    )  # fmt: skip
    return Answer(
        (
            Column("kind", "Link"),
            Column("words", "Reason"),
            Column("rule_version", "Rules"),
            Column("requests", "Requests", "count"),
        ),
        [{**row, "kind": _KINDS[row["kind"]], "words": words_of_reason(row["reason"])} for row in rows],
        as_of=None,
        covers=covered,
        totals={"requests": sum(row["requests"] for row in rows)},
    )
