"""How many of a campaign's delivered ads were heard: delivery meets the episodes' consumption curves."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection

from queries.campaign_delivery import UNIT_TYPES
from queries.campaign_states import campaign_head, column_of
from queries.filters import Filters
from queries.listening_plays import consumption_of
from queries.results import Answer, Column
from queries.statements import ask

NO_CURVE = "no plays are known of"


def heard_impressions(connection: Connection, f: Filters) -> Answer:
    """Impressions of `f.campaign_id` in the period per ad, and how many were heard: delivered times the share of the
    episode's plays that got to the ad's second. Raises: NotFound.

    Both are of the same period. Where no play of the episode is known to this reader, or the ad is not known any more,
    a row has no value. Shape: totals heard_impressions, known (of how many impressions that is the sum), impressions.
    """
    head = campaign_head(connection, f.campaign_id)
    units = ask(
        connection, "campaigns/impressions_by_unit",
        campaign_id=head.campaign_id, period_start=f.period.start, period_end=f.period.end,
    )  # fmt: skip
    episode_ids = sorted({unit["episode_id"] for unit in units if unit["episode_id"] is not None})
    curves = consumption_of(connection, f, episode_ids) if episode_ids else {}
    rows = []
    for unit in units:
        curve = curves.get(unit["episode_id"])
        share = None if curve is None else curve.ratio_at(unit["position_seconds"])
        rows.append(
            {
                **unit,
                "unit_type": UNIT_TYPES.get(unit["unit_type"]),
                "plays": None if curve is None else curve.plays,
                "consumption_ratio": share,
                "heard_impressions": None if share is None else unit["impressions"] * share,
                "note": NO_CURVE if share is None else "",
            }
        )
    known = [row for row in rows if row["heard_impressions"] is not None]
    return Answer(
        columns=(
            Column("ad_unit_id", "Ad id", in_csv=False),
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Show"),
            Column("unit_type", "Kind of ad"),
            Column("position_seconds", "Begins at", "seconds"),
            column_of("impressions"),
            column_of("plays"),
            column_of("consumption_ratio", "Still listening at the ad"),
            column_of("heard_impressions"),
            Column("note", "Note"),
        ),
        rows=rows,
        as_of=head.as_of,
        partial_from=f.partial_from,
        totals={
            "heard_impressions": sum((row["heard_impressions"] for row in known), Decimal(0))
            if known
            else None,
            "known": sum(row["impressions"] for row in known),
            "impressions": sum(row["impressions"] for row in rows),
        },
    )
