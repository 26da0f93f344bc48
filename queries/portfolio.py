"""Portfolio questions: all campaigns in scope together, who will fall short, what each sponsor brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from queries.attribution.spend import micros
from queries.campaign_states import (
    STAGES,
    CampaignResults,
    CampaignState,
    campaign_heads,
    campaign_results,
    campaign_states,
    change_ratio,
    oldest,
    ratio,
)
from queries.filters import Filters
from queries.metrics import metric
from queries.periods import Period
from queries.results import Answer, Column
from queries.statements import ask

EXPIRING_WITHIN_DAYS = 30


def _of(key: str, label: str | None = None) -> Column:
    entry = metric(key)
    return Column(key, label or entry.label, entry.unit, metric=key)


def portfolio_figures(connection: Connection, f: Filters) -> Answer:
    """One row per metric over all campaigns in scope: impressions and conversions, then spend and revenue per currency.

    Shape: `currency` is empty but for money; two currencies are two rows. `totals`: campaigns, running, at_risk.
    """
    heads = campaign_heads(connection)
    compared = f.compared
    periods = [f.period, *([compared] if compared else [])]
    states = campaign_states(connection, f, heads, periods)
    results = campaign_results(connection, heads, periods)
    days = ask(
        connection,
        "portfolio/portfolio_days",
        period_start=f.period.start,
        period_end=f.period.end,
        compared_start=compared.start if compared else None,
        compared_end=compared.end if compared else None,
    )
    rows = []
    for key in ("impressions", "conversions"):
        value = sum(int(row[key]) for row in days if row["span"] == "period")
        previous = sum(int(row[key]) for row in days if row["span"] == "compared") if compared else None
        spark = [int(row[key]) for row in days if row["span"] == "period" and row["day"] <= f.today]
        rows.append(_figure(key, value, previous, spark))
    for key, sums in (
        ("spend_micros", [_spend(states, period) for period in periods]),
        ("revenue_micros", [_revenue(results.values(), period) for period in periods]),
    ):
        for currency in sorted({currency for found in sums for currency in found}):
            value, *before = (found.get(currency, 0) for found in sums)
            rows.append(_figure(key, value, before[0] if before else None, [], currency))
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("previous", "Before", "number"),
            Column("change_ratio", "Change", "ratio"),
            Column("spark", "By day", in_csv=False),
            Column("currency", "Currency"),
        ),
        rows=rows,
        as_of=oldest(heads),
        partial_from=f.partial_from,
        totals={
            "campaigns": len(states),
            "running": sum(state.is_running for state in states),
            "at_risk": len(_at_risk(states)),
        },
    )


def campaigns_by_stage(connection: Connection, f: Filters) -> Answer:
    """One row per stage, empty ones included: campaigns, booked and delivered impressions of their flights to now."""
    heads = campaign_heads(connection)
    states = campaign_states(connection, f, heads)
    rows = []
    for stage in STAGES:
        here = [state for state in states if state.head.stage == stage]
        rows.append(
            {
                "stage": stage,
                "campaigns": len(here),
                "booked_impressions": sum(state.pacing.booked for state in here),
                "impressions": sum(state.delivered for state in here),
            }
        )
    return Answer(
        columns=(
            Column("stage", "Stage"),
            Column("campaigns", "Campaigns", "count"),
            _of("booked_impressions"),
            _of("impressions", "Delivered"),
        ),
        rows=rows if heads else [],
        as_of=oldest(heads),
        totals={"campaigns": len(states)},
    )


def campaigns_at_risk(connection: Connection, f: Filters) -> Answer:
    """Running campaigns that are behind, the largest expected shortfall first.

    The shortfall is max(0, booked - forecast); the forecast is the present pace held to the end of the flight.
    """
    heads = campaign_heads(connection)
    rows = [
        {
            "campaign_id": state.head.campaign_id,
            "name": state.head.name,
            "sponsor_name": state.head.sponsor_name,
            "end_date": state.head.flight[1],
            "delivered_ratio": state.pacing.delivered_ratio,
            "pacing_ratio": state.pacing.ratio,
            "expected_shortfall": state.pacing.expected_shortfall,
        }
        for state in _at_risk(campaign_states(connection, f, heads))
    ]
    return Answer(
        columns=(
            Column("campaign_id", "Campaign id", in_csv=False),
            Column("name", "Campaign"),
            Column("sponsor_name", "Sponsor"),
            Column("end_date", "Ends", "date"),
            _of("delivered_ratio"),
            _of("pacing_ratio"),
            Column(
                "expected_shortfall", "Expected shortfall at the present pace", "count", "booked_impressions"
            ),
        ),
        rows=rows,
        as_of=oldest(heads),
        totals={"campaigns": len(rows)},
    )


def revenue_by_sponsor(connection: Connection, f: Filters) -> Answer:
    """What each sponsor's bookings cost in the period, one row per currency, the largest amount of a currency first."""
    heads = campaign_heads(connection)
    spent: dict[tuple[Any, str, str], Fraction] = {}
    campaigns: Counter[tuple[Any, str, str]] = Counter()
    for state in campaign_states(connection, f, heads, [f.period]):
        for currency, amount in state.spend(f.period).items():
            if amount:
                key = (state.head.sponsor_id, state.head.sponsor_name, currency)
                spent[key] = spent.get(key, Fraction(0)) + amount
                campaigns[key] += 1
    rows = [
        {
            "sponsor_id": sponsor_id,
            "sponsor_name": name,
            "spend_micros": micros(amount),
            "currency": currency,
            "campaigns": campaigns[sponsor_id, name, currency],
        }
        for (sponsor_id, name, currency), amount in spent.items()
    ]
    rows.sort(
        key=lambda row: (row["currency"], -row["spend_micros"], row["sponsor_name"], str(row["sponsor_id"]))
    )
    return Answer(
        columns=(
            Column("sponsor_id", "Sponsor id", in_csv=False),
            Column("sponsor_name", "Sponsor"),
            _of("spend_micros"),
            Column("currency", "Currency"),
            Column("campaigns", "Campaigns", "count"),
        ),
        rows=rows,
        as_of=oldest(heads),
        partial_from=f.partial_from,
        totals={
            "spend_micros": {
                currency: micros(
                    sum((amount for (_, _, other), amount in spent.items() if other == currency), Fraction(0))
                )
                for currency in sorted({currency for _, _, currency in spent})
            }
        },
    )


def expiring_bookings(connection: Connection, f: Filters) -> Answer:
    """Bookings of sold campaigns whose flight ends today or in the next 30 days, the first to end first."""
    heads = campaign_heads(connection)
    last = f.today + timedelta(days=EXPIRING_WITHIN_DAYS)
    rows = []
    for state in campaign_states(connection, f, heads):
        if state.head.stage not in ("booked", "live", "paused"):
            continue
        delivered = state.delivered_by_booking()
        for written, booking in zip(state.head.booking_rows, state.head.bookings, strict=True):
            if f.today <= booking.ends_on <= last:
                rows.append(
                    {
                        "booking_id": booking.booking_id,
                        "campaign_id": state.head.campaign_id,
                        "name": state.head.name,
                        "sponsor_name": state.head.sponsor_name,
                        "promo_code": written["promo_code"],
                        "starts_on": booking.starts_on,
                        "ends_on": booking.ends_on,
                        "days_left": (booking.ends_on - f.today).days,
                        "booked_impressions": booking.booked_impressions,
                        "impressions": delivered.get(booking.booking_id, 0),
                        "delivered_ratio": ratio(
                            delivered.get(booking.booking_id, 0), booking.booked_impressions
                        ),
                        "cost_micros": micros(booking.cost_micros),
                        "currency": booking.currency,
                    }
                )
    rows.sort(key=lambda row: (row["ends_on"], row["name"], str(row["booking_id"])))
    return Answer(
        columns=(
            Column("booking_id", "Booking id", in_csv=False),
            Column("campaign_id", "Campaign id", in_csv=False),
            Column("name", "Campaign"),
            Column("sponsor_name", "Sponsor"),
            Column("promo_code", "Promo code"),
            Column("starts_on", "Starts", "date"),
            Column("ends_on", "Ends", "date"),
            Column("days_left", "Days left", "count"),
            _of("booked_impressions"),
            _of("impressions", "Delivered"),
            _of("delivered_ratio"),
            Column("cost_micros", "Cost", "money"),
            Column("currency", "Currency"),
        ),
        rows=rows,
        as_of=oldest(heads),
        totals={"bookings": len(rows)},
    )


def _at_risk(states: Iterable[CampaignState]) -> list[CampaignState]:
    behind = [state for state in states if state.is_running and state.pacing.state == "behind"]
    return sorted(
        behind,
        key=lambda state: (
            -(state.pacing.expected_shortfall or 0),
            state.head.name,
            str(state.head.campaign_id),
        ),
    )


def _spend(states: Iterable[CampaignState], period: Period) -> dict[str, int]:
    total: dict[str, Fraction] = {}
    for state in states:
        for currency, amount in state.spend(period).items():
            total[currency] = total.get(currency, Fraction(0)) + amount
    return {currency: micros(amount) for currency, amount in total.items()}


def _revenue(results: Iterable[CampaignResults], period: Period) -> dict[str, int]:
    total: Counter[str] = Counter()
    for result in results:
        total.update(result.revenue_in(period))
    return {currency: amount for currency, amount in total.items() if amount}


def _figure(
    key: str, value: int, previous: int | None, spark: list[int], currency: str = ""
) -> dict[str, Any]:
    return {
        "metric": key,
        "value": value,
        "previous": previous,
        "change_ratio": change_ratio(value, previous),
        "spark": spark,
        "currency": currency,
    }
