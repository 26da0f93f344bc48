"""Which requests did not count as downloads, and why."""

from __future__ import annotations

from sqlalchemy import Connection

from queries.filters import Filters
from queries.ingest.counting.reasons import words_of_reason
from queries.listening_scope import catalogue_of, limits_of
from queries.results import Answer, Column
from queries.statements import ask


def excluded_by_reason(connection: Connection, f: Filters) -> Answer:
    """Requests of the period that were not counted, by reason and rule version, most first.

    Totals: requests. Filters by app, country and device do not apply: of what was refused only time, episode and reason
    are kept. Columns: reason (the word in the database), words, rule_version, requests.
    """
    rows = ask(
        connection, "listening/excluded_by_reason",
        period_start=f.period.start, period_end=f.period.end, time_zone=f.zone.key, **catalogue_of(f),
    )  # fmt: skip
    return Answer(
        (
            Column("words", "Reason"),
            Column("rule_version", "Rules"),
            Column("requests", "Requests", "count", "excluded_requests"),
        ),
        [{**row, "words": words_of_reason(row["reason"])} for row in rows],
        as_of=limits_of(connection, f).rollups,
        totals={"requests": sum(row["requests"] for row in rows)},
    )
