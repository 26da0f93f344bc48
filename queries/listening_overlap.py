"""Which podcasts share their listeners."""

from __future__ import annotations

from sqlalchemy import Connection

from queries.errors import NotAvailable
from queries.filters import Filters
from queries.listening_scope import column_of, limits_of, ratio
from queries.results import Answer, Column
from queries.statements import ask


def podcast_overlap(connection: Connection, f: Filters) -> Answer:
    """For each pair of podcasts of the view the listeners of one who also downloaded the other in the period.

    Shape: a pair stands in both orders, for its share is of the listeners of the first. Episodes, apps, countries and
    devices are not asked for. Raises: NotAvailable where the period begins before listeners are kept.
    """
    limits = limits_of(connection, f)
    kept_from = limits.listeners_from(f.today)
    if f.period.start < kept_from:
        raise NotAvailable(f"Listeners are kept since {kept_from.isoformat()}; this period begins before it.")
    pairs = ask(
        connection, "listening/podcast_overlap",
        period_start=f.period.start, period_end=f.period.end, podcast_ids=list(f.podcasts),
    )  # fmt: skip
    listeners = {row["podcast_id"]: row["listeners"] for row in pairs if row["podcast_id"] == row["other_id"]}
    return Answer(
        columns=(
            Column("podcast_id", "Podcast id", in_csv=False),
            Column("podcast_name", "Podcast"),
            column_of("unique_listeners"),
            Column("other_id", "Other id", in_csv=False),
            Column("other_name", "Also downloaded"),
            column_of("shared_listeners"),
            column_of("overlap_ratio"),
        ),
        rows=[
            {
                "podcast_id": row["podcast_id"],
                "podcast_name": row["podcast_name"],
                "unique_listeners": listeners[row["podcast_id"]],
                "other_id": row["other_id"],
                "other_name": row["other_name"],
                "shared_listeners": row["listeners"],
                "overlap_ratio": ratio(row["listeners"], listeners[row["podcast_id"]]),
            }
            for row in pairs
            if row["podcast_id"] != row["other_id"]
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
    )
