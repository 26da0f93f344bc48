"""Campaign questions: what was delivered, whom it reached, what it cost and what it brought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.pacing import target_at_end_of
from queries.attribution.paths import DEFAULT_WINDOW, WINDOWS
from queries.attribution.spend import micros, moment, spend_by_currency, spend_per_day
from queries.campaign_states import (
    TOO_LITTLE,
    TOO_LITTLE_NOTE,
    CampaignHead,
    CampaignResults,
    CampaignState,
    campaign_head,
    campaign_heads,
    campaign_results,
    campaign_states,
    change_ratio,
    oldest,
    other_currency_notes,
    pacing_of,
    ratio,
    return_on_ad_spend,
)
from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.metrics import metric
from queries.periods import Period
from queries.results import Answer, Column
from queries.statements import ask

ELSEWHERE = "Another show"
"""Shown for credit of a show that carries no ad of the campaign: its name is not the sponsor's to know."""
UNKNOWN = "Unknown episode"
WEBSITE = "Website"
"""Shown for credit of visits of which no episode is known."""
_STAGE_ORDER = {
    stage: place
    for place, stage in enumerate(
        ("live", "paused", "booked", "proposed", "prospect", "completed", "cancelled")
    )
}
_UNIT_TYPES = {
    "pre_roll": "pre-roll",
    "mid_roll": "mid-roll",
    "post_roll": "post-roll",
    "host_read": "host-read",
}


def _of(key: str, label: str | None = None) -> Column:
    entry = metric(key)
    return Column(key, label or entry.label, entry.unit, metric=key)


def campaign_cards(connection: Connection, f: Filters) -> Answer:
    """One row per campaign in scope, live ones first: delivery, pacing, spend and conversions of the flight so far."""
    heads = campaign_heads(connection)
    results = campaign_results(connection, heads)
    states = sorted(campaign_states(connection, f, heads), key=_card_order)
    return Answer(
        columns=(
            Column("campaign_id", "Campaign id", in_csv=False),
            Column("name", "Campaign"),
            Column("sponsor_name", "Sponsor"),
            Column("stage", "Stage"),
            Column("start_date", "Starts", "date"),
            Column("end_date", "Ends", "date"),
            _of("booked_impressions"),
            _of("impressions", "Delivered"),
            _of("delivered_ratio"),
            Column("pacing_state", "Pacing"),
            _of("pacing_ratio", "Delivered of target"),
            _of("spend_micros"),
            _of("revenue_micros"),
            _of("return_on_ad_spend"),
            _of("conversions"),
            Column("currency", "Currency"),
        ),
        rows=[_card(state, results[state.head.campaign_id]) for state in states],
        as_of=oldest(heads),
        notes=other_currency_notes(heads),
    )


def campaign(connection: Connection, campaign_id: UUID) -> dict[str, Any]:
    """The campaign's name, sponsor, stage, flight, currency, goal and description. Raises: NotFound."""
    head = campaign_head(connection, campaign_id)
    return {
        "campaign_id": head.campaign_id,
        "name": head.name,
        "sponsor_id": head.sponsor_id,
        "sponsor_name": head.sponsor_name,
        "stage": head.stage,
        "start_date": head.start_date,
        "end_date": head.end_date,
        "currency": head.currency,
        "conversion_type": head.conversion_type,
        "description": head.description,
    }


def campaign_figures(connection: Connection, f: Filters) -> Answer:
    """One row per metric of `f.campaign_id` in the period, with the period compared with. Raises: NotFound."""
    head = campaign_head(connection, f.campaign_id)
    daily = {
        row["day"]: row
        for row in ask(connection, "campaigns/campaign_figures", campaign_id=head.campaign_id, today=f.today)
    }
    compared = f.compared
    reach = {
        (row["span"], row["day"]): row["reach"]
        for row in ask(
            connection,
            "campaigns/reach",
            campaign_id=head.campaign_id,
            period_start=f.period.start,
            period_end=f.period.end,
            compared_start=compared.start if compared else None,
            compared_end=compared.end if compared else None,
        )
    }
    deliveries = [(day, int(row["impressions"])) for day, row in daily.items()]
    now = head.spending_until(f)

    def spent(period: Period) -> dict[str, Fraction]:
        return spend_by_currency(head.sold_bookings, deliveries, period, now)

    def figures(period: Period, span: str) -> dict[str, int | Decimal | None]:
        days = [row for day, row in daily.items() if period.start <= day < period.end]
        impressions = sum(int(row["impressions"]) for row in days)
        conversions = sum(int(row["conversions"]) for row in days)
        spend = spent(period).get(head.currency)
        revenue = sum(int(row["revenue_micros"].get(head.currency, 0)) for row in days)
        reached = reach.get((span, None), 0)
        return {
            "impressions": impressions,
            "reach": reached,
            "frequency": ratio(impressions, reached),
            "visits": sum(int(row["visits"]) for row in days),
            "conversions": conversions,
            "conversion_ratio": ratio(conversions, reached),
            "spend_micros": None if spend is None else micros(spend),
            "cost_per_conversion_micros": ratio(spend, conversions),
            "return_on_ad_spend": return_on_ad_spend(head, revenue, spend),
        }

    values = figures(f.period, "period")
    previous = figures(compared, "compared") if compared else {}
    days = _days(f.period, f.today)
    spark: dict[str, Callable[[date], int | Decimal | None]] = {
        "impressions": lambda day: int(daily[day]["impressions"]) if day in daily else 0,
        "reach": lambda day: reach.get(("period", day), 0),
        "frequency": lambda day: (
            ratio(int(daily[day]["impressions"]), reach.get(("period", day))) if day in daily else None
        ),
        "visits": lambda day: int(daily[day]["visits"]) if day in daily else 0,
        "conversions": lambda day: int(daily[day]["conversions"]) if day in daily else 0,
    }
    spend_days = spend_per_day(head.sold_bookings, deliveries, head.currency, days, now)
    spark["spend_micros"] = lambda day: micros(spend_days[day]) if spend_days else None
    in_period = [row for day, row in daily.items() if f.period.start <= day < f.period.end]
    foreign = sorted({currency for row in in_period for currency in row["revenue_micros"]} - {head.currency})
    others = {
        currency: micros(amount) for currency, amount in spent(f.period).items() if currency != head.currency
    }
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("previous", "Before", "number"),
            Column("change_ratio", "Change", "ratio"),
            Column("spark", "By day", in_csv=False),
            Column("currency", "Currency"),
        ),
        rows=[
            {
                "metric": key,
                "value": value,
                "previous": previous.get(key),
                "change_ratio": change_ratio(value, previous.get(key)),
                "spark": [point for day in days if (point := spark[key](day)) is not None]
                if key in spark
                else [],
                "currency": head.currency,
            }
            for key, value in values.items()
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(
            *((TOO_LITTLE_NOTE,) if (values["conversions"] or 0) < TOO_LITTLE else ()),
            *other_currency_notes([head]),
            *(
                f"Orders in {currency} are not in the revenue: currencies are never added."
                for currency in foreign
            ),
        ),
        totals={
            "other_spend_micros": others,
            "conversion_ratio_denominator": "reach",
            "name": head.name,
            "sponsor_name": head.sponsor_name,
            "stage": head.stage,
            "currency": head.currency,
        },
    )


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
    delivered = 0
    rows = []
    for row in days:
        impressions = None if row["impressions"] is None else int(row["impressions"])
        delivered += impressions or 0
        rows.append(
            {
                "day": row["day"],
                "impressions": impressions,
                "delivered": None if impressions is None else delivered,
                "booked": target_at_end_of(row["day"], head.bookings) if head.bookings else None,
            }
        )
    pace = pacing_of(head, delivered, moment(f.now, f.zone))
    return Answer(
        columns=(
            Column("day", "Day", "date"),
            _of("impressions"),
            Column("delivered", "Delivered so far", "count", "impressions"),
            Column("booked", "Booked by then", "count", "booked_impressions"),
        ),
        rows=rows if head.bookings or delivered else [],
        as_of=head.as_of,
        partial_from=f.today if first <= f.today <= last else None,
        totals={
            "delivered": delivered,
            "booked": pace.booked,
            "pacing_state": pace.state,
            "pacing_ratio": pace.ratio,
            "elapsed_ratio": pace.elapsed_ratio,
            "delivered_ratio": pace.delivered_ratio,
            "forecast": pace.forecast,
            "expected_shortfall": pace.expected_shortfall,
            "start_date": first,
            "end_date": last,
            "stage": head.stage,
            "name": head.name,
        },
    )


def conversions_trend(connection: Connection, f: Filters) -> Answer:
    """Visits and conversions of `f.campaign_id` per day, week or month of the period, gaps at 0. Raises: NotFound.

    Time: results are kept per tenant day, so an hourly view shows days.
    """
    head = campaign_head(connection, f.campaign_id)
    rows = ask(
        connection,
        "campaigns/conversions_trend",
        campaign_id=head.campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
        grain="day" if f.grain == "hour" else f.grain,
    )
    trend = [
        {"bucket": row["bucket"], "visits": int(row["visits"]), "conversions": int(row["conversions"])}
        for row in rows
    ]
    conversions = sum(row["conversions"] for row in trend)
    return Answer(
        columns=(Column("bucket", "From", "date"), _of("visits"), _of("conversions")),
        rows=trend,
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(TOO_LITTLE_NOTE,) if conversions < TOO_LITTLE else (),
        totals={"visits": sum(row["visits"] for row in trend), "conversions": conversions},
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


def delivery_by_episode(connection: Connection, f: Filters) -> Answer:
    """Impressions and reach of `f.campaign_id` per episode in the period, the most first. Raises: NotFound.

    Reach does not add up over episodes: somebody who heard two is in both rows.
    """
    head = campaign_head(connection, f.campaign_id)
    rows = ask(
        connection,
        "campaigns/delivery_by_episode",
        campaign_id=head.campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
    )
    total = sum(int(row["impressions"]) for row in rows)
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Show"),
            Column("published_at", "Published", "datetime"),
            Column("unit_types", "Ads"),
            _of("impressions"),
            Column("share", "Share", "ratio", "impressions"),
            _of("reach"),
        ),
        rows=[
            {
                **row,
                "title": row["title"] or (UNKNOWN if row["episode_id"] is None else ELSEWHERE),
                "unit_types": ", ".join(_UNIT_TYPES[unit] for unit in row["unit_types"]),
                "impressions": int(row["impressions"]),
                "share": ratio(int(row["impressions"]), total),
            }
            for row in rows
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        totals={"impressions": total},
    )


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
            _of("booked_impressions"),
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
    )


def _card_order(state: CampaignState) -> tuple[int, int, str, str]:
    return (
        _STAGE_ORDER[state.head.stage],
        -state.head.end_date.toordinal(),
        state.head.name,
        str(state.head.campaign_id),
    )


def _card(state: CampaignState, results: CampaignResults) -> dict[str, Any]:
    head, pace = state.head, state.pacing
    spend = state.spend().get(head.currency)
    revenue = results.revenue_in().get(head.currency, 0)
    return {
        "campaign_id": head.campaign_id,
        "name": head.name,
        "sponsor_name": head.sponsor_name,
        "stage": head.stage,
        "start_date": head.start_date,
        "end_date": head.end_date,
        "booked_impressions": pace.booked or None,
        "impressions": state.delivered,
        "delivered_ratio": pace.delivered_ratio,
        "pacing_state": pace.state,
        "pacing_ratio": pace.ratio,
        "spend_micros": None if spend is None else micros(spend),
        "revenue_micros": revenue,
        "return_on_ad_spend": return_on_ad_spend(head, revenue, spend),
        "conversions": results.conversions_in(),
        "currency": head.currency,
    }


def _days(period: Period, today: date) -> list[date]:
    """The days of the period up to today."""
    last = min(period.last_day, today)
    return [period.start + timedelta(days=offset) for offset in range((last - period.start).days + 1)]


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
    return Answer(
        columns=(
            *columns,
            _of("first_touch_credit"),
            _of("last_touch_credit"),
            _of("linear_credit"),
            Column("linear_share", "Linear share", "ratio", "linear_credit"),
        ),
        rows=rows,
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(TOO_LITTLE_NOTE,) if totals["conversions"] < TOO_LITTLE else (),
        totals=totals,
    )
