"""Portfolio questions: all campaigns in scope together, who will fall short, what each sponsor brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from queries.attribution.rates import is_enough, ratio
from queries.attribution.spend import micros
from queries.campaign_reach import KEYS, CampaignReach, Span, delivered_and_reached
from queries.campaign_reach_rows import reach_together
from queries.campaign_states import (
    SOLD_STAGES,
    STAGES,
    CampaignState,
    add_orders,
    campaign_heads,
    campaign_results,
    campaign_states,
    oldest,
)
from queries.changes import NO_EARLIER, change_of
from queries.filters import Filters
from queries.listening_scope import is_by_dimension
from queries.metrics import metric
from queries.periods import Period
from queries.portfolio_money import (
    of_spans,
    own_first,
    revenue,
    revenue_by_step,
    spend,
    spend_by_step,
    steps_of,
)
from queries.results import Answer, Column, reaches_of
from queries.statements import ask

EXPIRING_WITHIN_DAYS = 30


_FIGURES = (
    Column("metric", "Metric"),
    Column("value", "Value", "number"),
    Column("compared_value", "Value of whole days", "number"),
    Column("previous", "Before", "number"),
    Column("change_ratio", "Change", "ratio"),
    Column("note", "Note"),
    Column("spark", "By day", in_csv=False),
)


def _of(key: str, label: str | None = None) -> Column:
    entry = metric(key)
    return Column(key, label or entry.label, entry.unit, metric=key)


def portfolio_figures(connection: Connection, f: Filters) -> Answer:
    """One row per metric over all campaigns in scope: impressions, reach, frequency and conversions, then spend and
    revenue per currency, the tenant's own before others.

    Reach is of all campaigns together: whom two of them reached counts once.

    Shape: `currency` is empty but for money; two currencies are two rows. `totals`: campaigns, live, at_risk.
    `compared_value` is the value of the days that are over: they alone are compared, with as many whole days.
    """
    heads = campaign_heads(connection)
    whole = f.whole if f.compared else None
    periods = [period for period in (f.period, whole, f.compared) if period is not None]
    steps = steps_of(f)
    states = campaign_states(connection, f, heads, [*periods, *steps])
    results = campaign_results(connection, heads, [*periods, *steps])
    add_orders(connection, f, results, periods)
    compared = _compared(f, states)
    no_past = NO_EARLIER if f.compared and not compared else ""
    days = _days(connection, f)
    rows = _delivered(connection, f, days, compared)
    begun = [row["day"] for row in days if row["span"] == "period" and row["day"] <= f.today]
    conversions = {row["day"]: int(row["conversions"]) for row in days if row["span"] == "period"}
    value = sum(conversions.values())
    over = _in_days(days, "conversions", "period", whole)
    previous = _in_days(days, "conversions", "compared", compared)
    rows.append(
        _figure(
            "conversions",
            (value, over, previous),
            [conversions[day] for day in begun],
            note=no_past,
            is_told=is_enough(over or 0) and is_enough(previous or 0),
        )
    )
    spans = (f.period, whole, compared)
    spent = [None if span is None else spend(states, span) for span in spans]
    earned = [None if span is None else revenue(results.values(), span) for span in spans]
    by_step = spend_by_step(states, steps)
    earned_by_step = revenue_by_step(results.values(), steps)
    own = _own_currency(connection)
    for currency in own_first(spent, own):
        sums = of_spans(spent, currency)
        spark = [micros(step.get(currency, Fraction(0))) for step in by_step]
        rows.append(_figure("spend_micros", sums, spark, currency, note=no_past))
    for currency in own_first(earned, own):
        sums = of_spans(earned, currency)
        is_told = all(
            is_enough(sum(result.orders_in(currency, span)[0] for result in results.values()))
            for span in (whole, compared)
            if span is not None
        )
        spark = [step.get(currency, 0) for step in earned_by_step]
        rows.append(_figure("revenue_micros", sums, spark, currency, note=no_past, is_told=is_told))
    return Answer(
        columns=(
            *_FIGURES,
            Column("currency", "Currency"),
        ),
        rows=rows,
        as_of=oldest(heads),
        partial_from=f.partial_from,
        reaches=reaches_of(
            f.period,
            {
                "Impressions": (row["day"] for row in days if row["impressions"]),
                "Conversions": (row["day"] for row in days if row["conversions"]),
            },
        ),
        totals={
            "campaigns": len(states),
            "live": sum(state.is_live for state in states),
            "at_risk": len(_at_risk(states)),
        },
    )


def reach_of_all(connection: Connection, f: Filters) -> Answer:
    """Impressions, reach and frequency of all campaigns in scope together, as in `portfolio_figures`.

    Whom two of them reached counts once: exact for any days, apps, countries and devices, never the sum of theirs.
    Totals: campaigns.
    """
    heads = campaign_heads(connection)
    if is_by_dimension(f):
        # Shows and episodes narrow nothing here.
        view = replace(f, podcasts=(), episodes=())
        reached = reach_together(connection, view, [head.campaign_id for head in heads])
        note = reached.note or reached.before
        rows = [_figure(key, (reached.of(key, "period"), None, None), [], note=note) for key in KEYS]
        return Answer(
            columns=_FIGURES,
            rows=rows,
            as_of=oldest(heads),
            partial_from=f.partial_from,
            notes=reached.notes,
            totals={"campaigns": len(heads)},
        )
    states = campaign_states(connection, f, heads, [period for period in (f.period, f.compared) if period])
    days = _days(connection, f)
    return Answer(
        columns=_FIGURES,
        rows=_delivered(connection, f, days, _compared(f, states)),
        as_of=oldest(heads),
        partial_from=f.partial_from,
        reaches=reaches_of(f.period, {"Impressions": (row["day"] for row in days if row["impressions"])}),
        totals={"campaigns": len(heads)},
    )


def _days(connection: Connection, f: Filters) -> list[Mapping[str, Any]]:
    compared = f.compared
    return list(
        ask(
            connection,
            "portfolio/portfolio_days",
            period_start=f.period.start,
            period_end=f.period.end,
            compared_start=compared.start if compared else None,
            compared_end=compared.end if compared else None,
        )
    )


def _compared(f: Filters, states: Iterable[CampaignState]) -> Period | None:
    """The period compared with; None where no campaign had begun to deliver by its first day."""
    compared = f.compared
    has_earlier = compared and any(day <= compared.start for state in states for day, _ in state.deliveries)
    return compared if has_earlier else None


def _delivered(
    connection: Connection, f: Filters, days: Sequence[Mapping[str, Any]], compared: Period | None
) -> list[dict[str, Any]]:
    """The rows of impressions, reach and frequency."""
    reached = _reach(connection, f, days, compared)
    delivered = {row["day"]: int(row["impressions"]) for row in days if row["span"] == "period"}
    begun = [day for day in delivered if day <= f.today]
    no_past = NO_EARLIER if f.compared and not compared else ""
    return [
        _figure(
            key,
            (reached.of(key, "period"), reached.of(key, "whole"), reached.of(key, "compared")),
            reached.spark(key, delivered, begun),
            note=no_past,
        )
        for key in KEYS
    ]


def _reach(
    connection: Connection, f: Filters, days: Iterable[Mapping[str, Any]], compared: Period | None
) -> CampaignReach:
    """Impressions and reach of all campaigns in scope together."""
    whole = f.whole if f.compared else None
    rows = ask(
        connection,
        "portfolio/reach",
        period_start=f.period.start,
        period_end=f.period.end,
        whole_end=whole.end if whole and whole != f.period else None,
        compared_start=compared.start if compared else None,
        compared_end=compared.end if compared else None,
    )
    spans: dict[Span, Period] = {"period": f.period}
    spans |= {"whole": whole} if whole else {}
    spans |= {"compared": compared} if compared else {}
    return delivered_and_reached(rows, spans, {row["day"]: int(row["impressions"]) for row in days})


def _own_currency(connection: Connection) -> str:
    return str(ask(connection, "portfolio/own_currency")[0]["currency"])


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
            _of("impressions", "Delivered in the flight"),
        ),
        rows=rows if heads else [],
        as_of=oldest(heads),
        covers=None,
        totals={"campaigns": len(states)},
    )


def campaigns_at_risk(connection: Connection, f: Filters) -> Answer:
    """Live campaigns that are behind, the largest expected shortfall first.

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
            _of("expected_shortfall"),
        ),
        rows=rows,
        as_of=oldest(heads),
        covers=None,
        totals={"campaigns": len(rows)},
    )


def revenue_by_sponsor(connection: Connection, f: Filters) -> Answer:
    """What each sponsor's bookings cost in the period, one row per currency, the tenant's own first, by amount."""
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
    own = _own_currency(connection)
    rows.sort(
        key=lambda row: (
            row["currency"] != own,
            row["currency"],
            -row["spend_micros"],
            row["sponsor_name"],
            str(row["sponsor_id"]),
        )
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
                for currency in own_first([{currency: 0 for _, _, currency in spent}], own)
            }
        },
    )


def expiring_bookings(connection: Connection, f: Filters) -> Answer:
    """Bookings of sold campaigns whose flight ends today or in the next 30 days, the first to end first."""
    heads = campaign_heads(connection)
    last = f.today + timedelta(days=EXPIRING_WITHIN_DAYS)
    rows = []
    for state in campaign_states(connection, f, heads):
        if state.head.stage not in SOLD_STAGES:
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
        # The next days, whatever period is looked at.
        covers=Period(f.today, last + timedelta(days=1)),
        totals={"bookings": len(rows)},
    )


def _at_risk(states: Iterable[CampaignState]) -> list[CampaignState]:
    behind = [state for state in states if state.is_live and state.pacing.state == "behind"]
    return sorted(
        behind,
        key=lambda state: (
            -(state.pacing.expected_shortfall or 0),
            state.head.name,
            str(state.head.campaign_id),
        ),
    )


def _in_days(days: Iterable[Mapping[str, Any]], key: str, span: str, period: Period | None) -> int | None:
    if period is None:
        return None
    inside = (row for row in days if row["span"] == span and period.start <= row["day"] < period.end)
    return sum(int(row[key]) for row in inside)


def _figure(
    key: str,
    sums: tuple[int | Decimal | None, int | Decimal | None, int | Decimal | None],
    spark: Sequence[int | Decimal],
    currency: str = "",
    *,
    note: str = "",
    is_told: bool = True,
) -> dict[str, Any]:
    value, over, previous = sums
    return {
        "metric": key,
        "value": value,
        "compared_value": over,
        "previous": previous,
        **change_of(key, over, previous, is_enough=is_told),
        "note": note,
        "spark": spark,
        "currency": currency,
    }
