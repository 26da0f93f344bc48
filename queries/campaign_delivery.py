"""What a campaign delivered: by day against its bookings, by episode, and the bookings themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.pacing import targets_at_end_of
from queries.attribution.rates import (
    ratio,
)
from queries.attribution.spend import micros
from queries.campaign_conversions import ELSEWHERE
from queries.campaign_reach_rows import reach_of_rows
from queries.campaign_states import (
    campaign_head,
    column_of,
    pacing_of,
)
from queries.filters import Filters
from queries.listening_scope import catalogue_of, is_by_dimension
from queries.periods import Period
from queries.results import Answer, Column
from queries.statements import ask

UNKNOWN = "Unknown episode"
UNIT_TYPES = {
    "pre_roll": "pre-roll",
    "mid_roll": "mid-roll",
    "post_roll": "post-roll",
    "host_read": "host-read",
}
KINDS_OF_ALL = "Kinds of ad are those of the episode, whatever app, country or device."


def delivery(connection: Connection, f: Filters) -> Answer:
    """One row per day of the whole flight: impressions, delivered so far and the target. Raises: NotFound.

    Time: days after today have a target and no delivery.
    """
    head = campaign_head(connection, f.campaign_id)
    first, last = head.flight
    days = ask(
        connection,
        "campaigns/delivery",
        campaign_id=head.campaign_id,
        first_day=first,
        last_day=last,
        today=f.today,
    )
    targets: list[int | None] = [None] * len(days)
    if head.bookings:
        targets[:] = targets_at_end_of((row["day"] for row in days), head.bookings)
    delivered = 0
    rows = []
    for row, target in zip(days, targets, strict=True):
        impressions = row["impressions"]
        delivered += impressions or 0
        rows.append(
            {
                "day": row["day"],
                "impressions": impressions,
                "delivered": None if impressions is None else delivered,
                "booked": target,
            }
        )
    pace = pacing_of(head, delivered, f)
    return Answer(
        columns=(
            Column("day", "Day", "date"),
            column_of("impressions"),
            Column("delivered", "Delivered so far", "count", "impressions"),
            Column("booked", "Booked by then", "count", "booked_impressions"),
        ),
        rows=rows if head.bookings or delivered else [],
        as_of=head.as_of,
        partial_from=f.today if first <= f.today <= last else None,
        covers=Period(first, last + timedelta(days=1)),
        totals={
            "delivered": delivered,
            "booked": pace.booked,
            "pacing_state": pace.state,
            "pacing_ratio": pace.ratio,
            "elapsed_ratio": pace.elapsed_ratio,
            "expected_by": head.pacing_clock(f),
            "delivered_ratio": pace.delivered_ratio,
            "forecast": pace.forecast,
            "expected_shortfall": pace.expected_shortfall,
            "start_date": first,
            "end_date": last,
            "stage": head.stage,
            "name": head.name,
        },
    )


def delivery_by_episode(connection: Connection, f: Filters) -> Answer:
    """Impressions, reach and frequency of `f.campaign_id` per episode in the period, the most first. Raises: NotFound.

    Reach does not add up over episodes: somebody who heard two is in both rows. Under a filter by app, country or
    device impressions, reach and frequency are of it, and what would tell of few people is text.
    """
    head = campaign_head(connection, f.campaign_id)
    rows = ask(
        connection,
        "campaigns/delivery_by_episode",
        campaign_id=head.campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
        **catalogue_of(f),
    )
    figures = _figures(connection, f, head.campaign_id, rows, by_show=False)
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Show"),
            Column("published_at", "Published", "datetime"),
            Column("unit_types", "Kinds of ad"),
            column_of("impressions"),
            Column("share", "Share", "ratio"),
            column_of("reach"),
            column_of("frequency"),
        ),
        rows=[
            {
                **row,
                "title": row["title"] or (UNKNOWN if row["episode_id"] is None else ELSEWHERE),
                "unit_types": ", ".join(UNIT_TYPES[unit] for unit in row["unit_types"]),
                **counted,
            }
            for row, counted in figures.rows
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(*figures.notes, *((KINDS_OF_ALL,) if figures.rows and is_by_dimension(f) else ())),
        totals={"impressions": figures.impressions},
    )


def delivery_by_podcast(connection: Connection, f: Filters) -> Answer:
    """Impressions, reach and frequency of `f.campaign_id` per show in the period, the most first. Raises: NotFound.

    Reach does not add up over shows, nor is that of a show the sum of its episodes': whoever heard two counts once.
    Filters by app, country and device as in `delivery_by_episode`.
    """
    head = campaign_head(connection, f.campaign_id)
    rows = ask(
        connection,
        "campaigns/delivery_by_podcast",
        campaign_id=head.campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
        **catalogue_of(f),
    )
    figures = _figures(connection, f, head.campaign_id, rows, by_show=True)
    return Answer(
        columns=(
            Column("podcast_id", "Show id", in_csv=False),
            Column("podcast_name", "Show"),
            column_of("impressions"),
            Column("share", "Share", "ratio"),
            column_of("reach"),
            column_of("frequency"),
        ),
        rows=[
            {
                "podcast_id": row["podcast_id"],
                "podcast_name": row["podcast_name"] or (UNKNOWN if row["is_unknown"] else ELSEWHERE),
                **counted,
            }
            for row, counted in figures.rows
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=figures.notes,
        totals={"impressions": figures.impressions},
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """Rows in order, each with its figures; `impressions` of all of them, None where they are not told."""

    rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
    impressions: int | None
    notes: tuple[str, ...] = ()


def _figures(
    connection: Connection, f: Filters, campaign_id: UUID, rows: Sequence[Mapping[str, Any]], *, by_show: bool
) -> _Figures:
    """Impressions, share, reach and frequency of shows or episodes; `rows` are of all apps and places."""
    if not is_by_dimension(f):
        total = sum(int(row["impressions"]) for row in rows)
        return _Figures([(row, _of_all(row, total)) for row in rows], total)
    keys = [
        (row["podcast_id"], row["is_unknown"]) if by_show else (row["episode_id"], row["episode_id"] is None)
        for row in rows
    ]
    reached = reach_of_rows(connection, f, campaign_id, keys, "show" if by_show else "episode")
    if reached.impressions is None:
        return _Figures([], None, reached.notes)
    name = "podcast_name" if by_show else "title"
    places = sorted(range(len(rows)), key=lambda place: reached.place(keys[place], rows[place][name] or ""))
    return _Figures(
        [(rows[place], reached.figures(keys[place])) for place in places], reached.impressions, reached.notes
    )


def _of_all(row: Mapping[str, Any], total: int) -> dict[str, Any]:
    impressions = int(row["impressions"])
    return {
        "impressions": impressions,
        "share": ratio(impressions, total),
        "reach": row["reach"],
        "frequency": ratio(impressions, row["reach"]),
    }


def shows(connection: Connection, f: Filters) -> dict[UUID, str]:
    """The shows that carry ads of `f.campaign_id`, by id: what its delivery may be filtered by. Raises: NotFound."""
    head = campaign_head(connection, f.campaign_id)
    rows = ask(connection, "campaigns/podcasts_of_campaigns", campaign_ids=[head.campaign_id])
    return {row["podcast_id"]: row["podcast_name"] for row in rows}


def chosen(connection: Connection, f: Filters) -> dict[str, list[str]]:
    """The shows and episodes that the view of `f.campaign_id` is filtered by, by name. Raises: NotFound.

    One that carries no ad of the campaign has no name here, and is said to be chosen all the same.
    """
    named = shows(connection, f) if f.podcasts else {}
    titles = (
        ask(connection, "campaigns/episodes_of_campaign", campaign_id=f.campaign_id, ids=list(f.episodes))
        if f.episodes
        else []
    )
    found = {
        "Podcasts": [named.get(podcast, ELSEWHERE) for podcast in f.podcasts],
        "Episodes": [row["title"] for row in titles] + [UNKNOWN] * (len(f.episodes) - len(titles)),
    }
    return {label: names for label, names in found.items() if names}


def bookings(connection: Connection, f: Filters) -> Answer:
    """The insertion orders of `f.campaign_id` in the order of their flights. Raises: NotFound."""
    head = campaign_head(connection, f.campaign_id)
    keys = (
        "booking_date",
        "promo_code",
        "vanity_url",
        "pricing_model",
        "booked_impressions",
        "rate_micros",
        "starts_on",
        "ends_on",
    )
    return Answer(
        columns=(
            Column("booking_date", "Booked on", "date"),
            Column("promo_code", "Promo code"),
            Column("vanity_url", "Address"),
            Column("pricing_model", "Priced by"),
            column_of("booked_impressions"),
            Column("rate_micros", "Rate", "money"),
            Column("currency", "Currency"),
            Column("starts_on", "Starts", "date"),
            Column("ends_on", "Ends", "date"),
            Column("cost_micros", "Cost", "money"),
        ),
        rows=[
            {
                **{key: row[key] for key in keys},
                "currency": booking.currency,
                "cost_micros": micros(booking.cost_micros),
            }
            for row, booking in zip(head.booking_rows, head.bookings, strict=True)
        ],
        as_of=head.as_of,
        covers=None,
    )
