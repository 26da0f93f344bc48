"""Campaign questions: what was delivered, whom it reached, what it cost and what it brought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.pacing import targets_at_end_of
from queries.attribution.paths import DEFAULT_WINDOW, WINDOWS
from queries.attribution.rates import (
    Rate,
    conversion_rate,
    cost_per_conversion,
    is_enough,
    ratio,
    return_on_ad_spend,
)
from queries.attribution.spend import micros, moment, spend_by_currency, spend_per_day
from queries.campaign_states import (
    CampaignHead,
    CampaignResults,
    CampaignState,
    add_orders,
    campaign_head,
    campaign_heads,
    campaign_results,
    campaign_states,
    change_ratio,
    known_revenue,
    oldest,
    other_currency_notes,
    pacing_of,
)
from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.metrics import TOO_FEW_CREDITED, metric
from queries.periods import Grain, Period
from queries.results import Answer, Column, partial_from
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
    add_orders(connection, f, results)
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
            _of("impressions", "Delivered in the flight"),
            _of("delivered_ratio"),
            Column("pacing_state", "Pacing"),
            _of("pacing_ratio", "Delivered of target"),
            _of("spend_micros"),
            _of("revenue_micros"),
            _of("return_on_ad_spend"),
            Column("low", "Return, low (95 %)", "times", "return_on_ad_spend"),
            Column("high", "Return, high (95 %)", "times", "return_on_ad_spend"),
            _of("conversions"),
            Column("note", "Note on the return"),
            Column("currency", "Currency"),
        ),
        rows=[_card(state, results[state.head.campaign_id]) for state in states],
        as_of=oldest(heads),
        covers=None,
        notes=other_currency_notes(heads),
    )


def campaign(connection: Connection, campaign_id: UUID) -> dict[str, Any]:
    """The campaign's name, sponsor, stage, flight, currency, goal and description. Raises: NotFound.

    `flight` holds its first and last day together with its bookings; start_date and end_date are its own.
    """
    head = campaign_head(connection, campaign_id)
    return {
        "campaign_id": head.campaign_id,
        "name": head.name,
        "sponsor_id": head.sponsor_id,
        "sponsor_name": head.sponsor_name,
        "stage": head.stage,
        "start_date": head.start_date,
        "end_date": head.end_date,
        "flight": head.flight,
        "currency": head.currency,
        "conversion_type": head.conversion_type,
        "description": head.description,
    }


def campaign_figures(connection: Connection, f: Filters) -> Answer:
    """One row per metric of `f.campaign_id` in the period, with the period compared with. Raises: NotFound.

    `compared_value` is the value of the days that are over: they alone are compared, with as many whole days.
    """
    head = campaign_head(connection, f.campaign_id)
    daily = {
        row["day"]: row
        for row in ask(connection, "campaigns/campaign_figures", campaign_id=head.campaign_id, today=f.today)
    }
    whole = f.whole if f.compared else None
    # Before the campaign's first day nothing was missing: there was no campaign to compare with.
    has_earlier = f.compared is not None and any(day <= f.compared.start for day in daily)
    compared = f.compared if has_earlier else None
    reach = {
        (row["span"], row["day"]): row["reach"]
        for row in ask(
            connection,
            "campaigns/reach",
            campaign_id=head.campaign_id,
            period_start=f.period.start,
            period_end=f.period.end,
            whole_end=whole.end if whole and whole != f.period else None,
            compared_start=compared.start if compared else None,
            compared_end=compared.end if compared else None,
        )
    }
    deliveries = [(day, int(row["impressions"])) for day, row in daily.items()]
    now = head.spending_until(f)

    def spent(period: Period) -> dict[str, Fraction]:
        return spend_by_currency(head.sold_bookings, deliveries, period, now)

    results = {head.campaign_id: CampaignResults()}
    add_orders(connection, f, results, [period for period in (f.period, whole, compared) if period])

    def figures(period: Period, span: str) -> dict[str, int | Rate | Decimal | None]:
        days = [row for day, row in daily.items() if period.start <= day < period.end]
        impressions = sum(int(row["impressions"]) for row in days)
        conversions = sum(int(row["conversions"]) for row in days)
        spend = spent(period).get(head.currency)
        revenue = sum(int(row["revenue_micros"].get(head.currency, 0)) for row in days)
        orders = results[head.campaign_id].orders_in(head.currency, period)
        reached = reach.get((span, None), 0)
        return {
            "impressions": impressions,
            "reach": reached,
            "frequency": ratio(impressions, reached),
            "visits": sum(int(row["visits"]) for row in days),
            "conversions": conversions,
            "conversion_ratio": conversion_rate(conversions, reached),
            "spend_micros": None if spend is None else micros(spend),
            "cost_per_conversion_micros": cost_per_conversion(spend, conversions),
            "return_on_ad_spend": return_on_ad_spend(
                known_revenue(head, revenue), spend, conversions, *orders
            ),
        }

    values = figures(f.period, "period")
    of_whole = {} if whole is None else values if whole == f.period else figures(whole, "whole")
    previous = figures(compared, "compared") if compared else {}
    no_past = "no earlier data" if f.compared and not compared else ""
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
            Column("compared_value", "Value of whole days", "number"),
            Column("previous", "Before", "number"),
            Column("change_ratio", "Change", "ratio"),
            Column("low", "Low (95 %)", "number"),
            Column("high", "High (95 %)", "number"),
            Column("note", "Note"),
            Column("spark", "By day", in_csv=False),
            Column("currency", "Currency"),
        ),
        rows=[
            {
                **_figure(key, value, of_whole.get(key), previous.get(key), no_past),
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
    targets: list[int | None] = [None] * len(days)
    if head.bookings:
        targets[:] = targets_at_end_of((row["day"] for row in days), head.bookings)
    delivered = 0
    rows = []
    for row, target in zip(days, targets, strict=True):
        impressions = None if row["impressions"] is None else int(row["impressions"])
        delivered += impressions or 0
        rows.append(
            {
                "day": row["day"],
                "impressions": impressions,
                "delivered": None if impressions is None else delivered,
                "booked": target,
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
        covers=Period(first, last + timedelta(days=1)),
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
            Column("bucket", "From", "date"),
            _of("visits"),
            _of("conversions"),
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
        covers=None,
    )


def _card_order(state: CampaignState) -> tuple[int, int, str, str]:
    return (
        _STAGE_ORDER[state.head.stage],
        -state.head.end_date.toordinal(),
        state.head.name,
        str(state.head.campaign_id),
    )


def _figure(
    key: str,
    value: int | Decimal | Rate | None,
    of_whole: int | Decimal | Rate | None,
    previous: int | Decimal | Rate | None,
    no_past: str,
) -> dict[str, Any]:
    """One key figure: value, change of the days that are over and, for a rate, its interval or why it is not told."""
    if isinstance(value, Rate):
        before = previous if isinstance(previous, Rate) else Rate(None)
        now = of_whole if isinstance(of_whole, Rate) else Rate(None)
        is_told = not now.is_too_little and not before.is_too_little
        return {
            "metric": key,
            "value": value.value,
            "compared_value": None if now.is_too_little else now.value,
            "previous": before.value,
            "change_ratio": change_ratio(now.value, before.value, is_enough=is_told),
            "low": value.low,
            "high": value.high,
            "is_too_little": value.is_too_little,
            "was_too_little": before.is_too_little,
            "note": value.note or (f"{before.note} before" if before.note else no_past),
        }
    known = None if isinstance(previous, Rate) else previous
    over = None if isinstance(of_whole, Rate) else of_whole
    is_told = key != "conversions" or is_enough(int(min(over or 0, known or 0)))
    return {
        "metric": key,
        "value": value,
        "compared_value": over,
        "previous": known,
        "change_ratio": change_ratio(over, known, is_enough=is_told),
        "note": no_past,
    }


def _card(state: CampaignState, results: CampaignResults) -> dict[str, Any]:
    head, pace = state.head, state.pacing
    spend = state.spend().get(head.currency)
    revenue = results.revenue_in().get(head.currency, 0)
    conversions = results.conversions_in()
    returned = return_on_ad_spend(
        known_revenue(head, revenue), spend, conversions, *results.orders_in(head.currency)
    )
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
        "return_on_ad_spend": returned.value,
        "low": returned.low,
        "high": returned.high,
        "is_too_little": returned.is_too_little,
        "conversions": conversions,
        "note": returned.note,
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
    is_known = is_enough(totals["attributed"])
    return Answer(
        columns=(
            *columns,
            _of("first_touch_credit"),
            _of("last_touch_credit"),
            _of("linear_credit"),
            _of("linear_share"),
            Column("note", "Note on the share"),
        ),
        rows=[
            {**row, "is_too_little": not is_known, "note": "" if is_known else TOO_FEW_CREDITED}
            for row in rows
        ],
        as_of=head.as_of,
        partial_from=f.partial_from,
        totals=totals,
    )
