"""What a campaign brought: visits and conversions over time, and which shows and episodes earn the credit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.paths import DEFAULT_WINDOW, WINDOWS
from queries.attribution.rates import (
    is_enough,
    ratio,
)
from queries.campaign_states import (
    CampaignHead,
    campaign_head,
    column_of,
)
from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.metrics import TOO_FEW_CREDITED
from queries.periods import Grain
from queries.results import Answer, Column, partial_from
from queries.statements import ask

ELSEWHERE = "Another show"
"""Shown for credit of a show that carries no ad of the campaign: its name is not the sponsor's to know."""
WEBSITE = "Website"
"""Shown for credit of visits of which no episode is known."""


def conversions_trend(connection: Connection, f: Filters) -> Answer:
    """Visits and conversions of `f.campaign_id` per day, week or month of the period, gaps at 0. Raises: NotFound.

    `is_partial`: the bucket is not over, or the period covers only a part of it; one not begun has no values yet.
    Time: results are kept per tenant day, so an hourly view shows days.
    """
    head = campaign_head(connection, f.campaign_id)
    grain: Grain = "day" if f.grain == "hour" else f.grain
    rows = ask(
        connection,
        "campaigns/conversions_trend",
        campaign_id=head.campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
        grain=grain,
    )
    trend = []
    for row in rows:
        has_begun = max(row["bucket"], f.period.start) <= f.today
        trend.append(
            {
                "bucket": row["bucket"],
                "visits": int(row["visits"]) if has_begun else None,
                "conversions": int(row["conversions"]) if has_begun else None,
                "is_partial": f.is_partial(row["bucket"], grain),
            }
        )
    conversions = sum(row["conversions"] or 0 for row in trend)
    return Answer(
        columns=(
            Column("bucket", grain.capitalize(), "date"),
            column_of("visits"),
            column_of("conversions"),
            Column("is_partial", "Not complete"),
        ),
        rows=trend,
        as_of=head.as_of,
        partial_from=partial_from(trend),
        totals={"visits": sum(row["visits"] or 0 for row in trend), "conversions": conversions},
    )


def attribution_by_podcast(connection: Connection, f: Filters, window_days: int = DEFAULT_WINDOW) -> Answer:
    """Credit of each model per show for the period's conversions. Raises: NotFound, InvalidRequest for another window.

    Shape: `totals` holds conversions, attributed (with a touch in the window) and unattributed; each model's credit
    adds up to attributed. A row without podcast_id is the website: visits of which no episode is known.
    """
    head, rows, totals = _attribution(connection, f, window_days, "podcast")
    for row in rows:
        row["podcast_name"] = WEBSITE if row["podcast_id"] is None else row["podcast_name"] or ELSEWHERE
    return _attribution_answer(
        head, f, rows, totals, (Column("podcast_id", "Show id", in_csv=False), Column("podcast_name", "Show"))
    )


def attribution_by_episode(connection: Connection, f: Filters, window_days: int = DEFAULT_WINDOW) -> Answer:
    """Credit of each model per episode for the period's conversions. Raises: NotFound, InvalidRequest."""
    head, rows, totals = _attribution(connection, f, window_days, "episode")
    for row in rows:
        if row["episode_id"] is None:
            row["title"] = WEBSITE
        elif row["title"] is None:
            row["title"] = row["podcast_name"] = ELSEWHERE
    return _attribution_answer(
        head,
        f,
        rows,
        totals,
        (
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Show"),
            Column("published_at", "Published", "datetime"),
        ),
    )


def _attribution(
    connection: Connection, f: Filters, window_days: int, kind: str
) -> tuple[CampaignHead, list[dict[str, Any]], dict[str, int]]:
    if window_days not in WINDOWS:
        raise InvalidRequest("Credit is kept for windows of 7, 14, 30 and 60 days.", field="window")
    head = campaign_head(connection, f.campaign_id)
    asked = {
        "campaign_id": head.campaign_id,
        "period_start": f.period.start,
        "period_end": f.period.end,
        "window_days": str(window_days),
    }
    totals = {
        key: int(value) for key, value in ask(connection, "campaigns/attribution_totals", **asked)[0].items()
    }
    rows = ask(connection, f"campaigns/attribution_by_{kind}", **asked)
    for row in rows:
        channel = row[f"{kind}_id"]
        row[f"{kind}_id"] = None if channel == "none" else UUID(channel)
        row["linear_share"] = ratio(row["linear_credit"], totals["attributed"])
    return head, rows, {**totals, "window_days": window_days}


def _attribution_answer(
    head: CampaignHead,
    f: Filters,
    rows: list[dict[str, Any]],
    totals: dict[str, int],
    columns: tuple[Column, ...],
) -> Answer:
    is_known = is_enough(totals["attributed"])
    return Answer(
        columns=(
            *columns,
            column_of("first_touch_credit"),
            column_of("last_touch_credit"),
            column_of("linear_credit"),
            column_of("linear_share"),
            Column("note", "Note on the share"),
            Column("window_days", "Window in days", "count"),
            Column("unattributed", "Conversions without a touch, in all", "count"),
        ),
        rows=[
            {
                **row,
                "is_too_little": not is_known,
                "note": "" if is_known else TOO_FEW_CREDITED,
                # The same on each row: credit adds up to the conversions that had a touch within the window.
                "window_days": totals["window_days"],
                "unattributed": totals["unattributed"],
            }
            for row in rows
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        totals=totals,
    )
