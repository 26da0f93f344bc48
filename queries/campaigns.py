"""Campaigns in figures: what each was sold for and has delivered, and the key figures of one in a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.rates import (
    Rate,
    conversion_rate,
    cost_per_conversion,
    is_enough,
    return_on_ad_spend,
)
from queries.attribution.spend import micros, spend_by_currency, spend_per_day
from queries.campaign_reach import KEYS, CampaignReach, Span, campaign_reach, is_narrowed
from queries.campaign_states import (
    CampaignHead,
    CampaignResults,
    CampaignState,
    add_orders,
    campaign_head,
    campaign_heads,
    campaign_results,
    campaign_states,
    column_of,
    known_revenue,
    oldest,
    other_currency_notes,
)
from queries.changes import CHANGE_COLUMNS, NO_EARLIER, change_of
from queries.filters import Filters
from queries.listening_scope import catalogue_of
from queries.periods import Period
from queries.results import Answer, Column, reaches_of
from queries.statements import ask

NOT_KNOWN = "not known by this filter"
_NOT_KNOWN = (
    "Visits, conversions, spend and their rates are not known by show, episode, app, country or device."
)
_OF_ALL_OF_IT = (
    "visits", "conversions", "conversion_ratio", "spend_micros", "cost_per_conversion_micros", "return_on_ad_spend",
)  # fmt: skip
_FIGURE_COLUMNS = (
    Column("metric", "Metric"),
    Column("value", "Value", "number"),
    Column("compared_value", "Value of whole days", "number"),
    Column("previous", "Before", "number"),
    *CHANGE_COLUMNS,
    Column("low", "Low (95 %)", "number"),
    Column("high", "High (95 %)", "number"),
    Column("note", "Note"),
    Column("spark", "By day", in_csv=False),
    Column("currency", "Currency"),
)
_STAGE_ORDER = {
    stage: place
    for place, stage in enumerate(
        ("live", "paused", "booked", "proposed", "prospect", "completed", "cancelled")
    )
}


def campaign_cards(connection: Connection, f: Filters) -> Answer:
    """One row per campaign in scope, live ones first: delivery, pacing and spend of the flight so far.

    Conversions, revenue and return are to date: an order after the flight still came from the campaign. A campaign's
    own page counts those of its period.
    """
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
            column_of("booked_impressions"),
            column_of("impressions", "Delivered in the flight"),
            column_of("delivered_ratio"),
            Column("pacing_state", "Pacing state"),
            column_of("pacing_ratio"),
            column_of("spend_micros"),
            column_of("revenue_micros", "Revenue to date"),
            column_of("return_on_ad_spend", "Return on ad spend to date"),
            Column("low", "Return, low (95 %)", "times", "return_on_ad_spend"),
            Column("high", "Return, high (95 %)", "times", "return_on_ad_spend"),
            column_of("conversions", "Conversions to date"),
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
        for row in ask(
            connection,
            "campaigns/campaign_figures",
            campaign_id=head.campaign_id,
            today=f.today,
            **catalogue_of(f),
        )
    }
    whole = f.whole if f.compared else None
    # Before the first day of the campaign, or of its shows and episodes in view, nothing was missing: there was nothing
    # to compare with.
    has_earlier = f.compared is not None and any(
        row["impressions"] or not is_narrowed(f) for day, row in daily.items() if day <= f.compared.start
    )
    compared = f.compared if has_earlier else None
    no_past = NO_EARLIER if f.compared and not compared else ""
    impressions = {day: int(row["impressions"]) for day, row in daily.items()}
    reached = campaign_reach(connection, f, head.campaign_id, impressions, compared)
    days = _days(f.period, f.today)
    if is_narrowed(f):
        return _narrowed_figures(f, head, reached, impressions, no_past)
    deliveries = list(impressions.items())
    now = head.spending_until(f)

    def spent(period: Period) -> dict[str, Fraction]:
        return spend_by_currency(head.sold_bookings, deliveries, period, now)

    results = {head.campaign_id: CampaignResults()}
    add_orders(connection, f, results, [period for period in (f.period, whole, compared) if period])

    def figures(period: Period, span: Span) -> dict[str, int | Rate | Decimal | None]:
        days = [row for day, row in daily.items() if period.start <= day < period.end]
        conversions = sum(int(row["conversions"]) for row in days)
        spend = spent(period).get(head.currency)
        revenue = sum(int(row["revenue_micros"].get(head.currency, 0)) for row in days)
        orders = results[head.campaign_id].orders_in(head.currency, period)
        delivered = reached.spans.get(span)
        return {
            **{key: reached.of(key, span) for key in KEYS},
            "visits": sum(int(row["visits"]) for row in days),
            "conversions": conversions,
            "conversion_ratio": conversion_rate(conversions, delivered.reach if delivered else 0),
            "spend_micros": None if spend is None else micros(spend),
            "cost_per_conversion_micros": cost_per_conversion(spend, conversions),
            "return_on_ad_spend": return_on_ad_spend(
                known_revenue(head, revenue), spend, conversions, *orders
            ),
        }

    values = figures(f.period, "period")
    of_whole = {} if whole is None else values if whole == f.period else figures(whole, "whole")
    previous = figures(compared, "compared") if compared else {}
    spark: dict[str, Callable[[date], int | Decimal | None]] = {
        "visits": lambda day: int(daily[day]["visits"]) if day in daily else 0,
        "conversions": lambda day: int(daily[day]["conversions"]) if day in daily else 0,
    }
    spend_days = spend_per_day(head.sold_bookings, deliveries, head.currency, days, now)
    spark["spend_micros"] = lambda day: micros(spend_days[day]) if spend_days else None
    sparks: dict[str, list[int | Decimal]] = {
        **{key: reached.spark(key, impressions, days) for key in KEYS},
        **{key: [point for day in days if (point := at(day)) is not None] for key, at in spark.items()},
    }
    returned = values["return_on_ad_spend"]
    untold = (
        {"return_on_ad_spend": {"note": _untold(values["spend_micros"], None, "in this period")}}
        if isinstance(returned, Rate) and returned.value is None and not returned.note
        else {}
    )
    in_period = [row for day, row in daily.items() if f.period.start <= day < f.period.end]
    foreign = sorted({currency for row in in_period for currency in row["revenue_micros"]} - {head.currency})
    others = {
        currency: micros(amount) for currency, amount in spent(f.period).items() if currency != head.currency
    }
    return Answer(
        columns=_FIGURE_COLUMNS,
        rows=[
            {
                **_figure(key, value, of_whole.get(key), previous.get(key), no_past),
                "spark": sparks.get(key, []),
                "currency": head.currency,
                **untold.get(key, {}),
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
        reaches=reaches_of(
            f.period,
            {
                "Impressions": (day for day, row in daily.items() if row["impressions"]),
                "Visits and conversions": (
                    day for day, row in daily.items() if row["visits"] or row["conversions"]
                ),
            },
        ),
        totals={
            "other_spend_micros": others,
            "conversion_ratio_denominator": "reach",
            **_named(head),
        },
    )


def _narrowed_figures(
    f: Filters, head: CampaignHead, reached: CampaignReach, impressions: Mapping[date, int], no_past: str
) -> Answer:
    """The figures of a part of the campaign: of its delivery alone something is known."""
    note = reached.note or reached.before or no_past
    days = _days(f.period, f.today)
    rows = [
        {
            **_figure(
                key, reached.of(key, "period"), reached.of(key, "whole"), reached.of(key, "compared"), note
            ),
            "spark": reached.spark(key, impressions, days),
            "currency": head.currency,
        }
        for key in KEYS
    ]
    rows += [
        {**_figure(key, None, None, None, NOT_KNOWN), "spark": [], "currency": head.currency}
        for key in _OF_ALL_OF_IT
    ]
    # Days of what is narrowed by app, country or device are cells, and not told one by one.
    delivered_on = (day for day, count in impressions.items() if count) if reached.tells_days else ()
    return Answer(
        columns=_FIGURE_COLUMNS,
        rows=rows,
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(_NOT_KNOWN, *reached.notes),
        reaches=reaches_of(f.period, {"Impressions": delivered_on}),
        totals={"other_spend_micros": {}, "conversion_ratio_denominator": "reach", **_named(head)},
    )


def _named(head: CampaignHead) -> dict[str, str]:
    return {
        "name": head.name,
        "sponsor_name": head.sponsor_name,
        "stage": head.stage,
        "currency": head.currency,
    }


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
            **change_of(key, now.value, before.value, is_enough=is_told),
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
        **change_of(key, over, known, is_enough=is_told),
        "note": no_past,
    }


def _card(state: CampaignState, results: CampaignResults) -> dict[str, Any]:
    head, pace = state.head, state.pacing
    spend = state.spend().get(head.currency)
    revenue = results.revenue_in().get(head.currency, 0)
    conversions = results.conversions_in()
    known = known_revenue(head, revenue)
    returned = return_on_ad_spend(known, spend, conversions, *results.orders_in(head.currency))
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
        "note": returned.note or _untold(spend, known),
        "currency": head.currency,
    }


def _untold(spend: object, revenue: int | None, when: str = "yet") -> str:
    """Why there is no return where there is no spend or no known revenue to divide; empty where there is."""
    return f"nothing spent {when}" if not spend else "its leads carry no amount" if revenue is None else ""


def _days(period: Period, today: date) -> list[date]:
    """The days of the period up to today."""
    last = min(period.last_day, today)
    return [period.start + timedelta(days=offset) for offset in range((last - period.start).days + 1)]
