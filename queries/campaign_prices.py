"""What a campaign's impressions, visits, leads and purchases cost, and what an order is worth."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from queries.attribution.rates import Rate, average_order, conversion_rate, cost_per_conversion, ratio
from queries.attribution.spend import spend_by_currency
from queries.campaign_states import campaign_head, other_currency_notes
from queries.filters import Filters
from queries.results import Answer, Column
from queries.statements import ask

_PER_THOUSAND = 1000


def campaign_prices(connection: Connection, f: Filters) -> Answer:
    """One row per rate and price of `f.campaign_id` in the period, in the campaign's currency. Raises: NotFound.

    What rests on too few conversions says so in `note`; from enough on it has its 95 % interval. Spend is divided as it
    is, before it is rounded to be shown.
    """
    head = campaign_head(connection, f.campaign_id)
    counts = ask(
        connection, "campaigns/answers_of_period",
        campaign_id=head.campaign_id, period_start=f.period.start, period_end=f.period.end,
    )[0]  # fmt: skip
    starts_at, ends_at = f.period.moments(f.zone)
    orders: Mapping[str, Mapping[str, Any]] = {
        row["currency"]: row
        for row in ask(
            connection, "campaigns/purchase_values",
            campaign_id=head.campaign_id, starts_at=starts_at, ends_at=ends_at,
        )
    }  # fmt: skip
    # From the first day on: what earlier days took of a booking is not left for these.
    # Prices are of the whole campaign: what a part of it cost is not known.
    days = ask(
        connection,
        "campaigns/campaign_figures",
        campaign_id=head.campaign_id,
        today=f.today,
        podcast_ids=[],
        episode_ids=[],
    )
    deliveries = [(row["day"], int(row["impressions"])) for row in days]
    spend = spend_by_currency(head.sold_bookings, deliveries, f.period, head.spending_until(f)).get(
        head.currency
    )
    carried = orders.get(head.currency, {"value_micros": 0, "orders": 0, "squares": 0})
    values: dict[str, int | Decimal | Rate | None] = {
        "visit_ratio": ratio(counts["visits"], counts["impressions"]),
        "conversion_ratio_of_impressions": conversion_rate(counts["conversions"], counts["impressions"]),
        "leads": counts["leads"],
        "purchases": counts["purchases"],
        "cpm_micros": ratio(None if spend is None else spend * _PER_THOUSAND, counts["impressions"]),
        "cost_per_visit_micros": ratio(spend, counts["visits"]),
        "cost_per_lead_micros": cost_per_conversion(spend, counts["leads"]),
        "cost_per_purchase_micros": cost_per_conversion(spend, counts["purchases"]),
        "average_order_micros": average_order(
            int(carried["value_micros"]), int(carried["orders"]), int(carried["squares"])
        ),
    }
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("low", "Low (95 %)", "number"),
            Column("high", "High (95 %)", "number"),
            Column("note", "Note"),
            Column("currency", "Currency"),
        ),
        rows=[_row(key, value, head.currency) for key, value in values.items()],
        as_of=head.as_of,
        partial_from=f.partial_from,
        notes=(
            *other_currency_notes([head]),
            *(
                f"Orders in {currency} are not in the average order: currencies are never added."
                for currency in orders
                if currency != head.currency
            ),
        ),
        totals={"conversion_ratio_of_impressions_denominator": "impressions"},
    )


def _row(key: str, value: int | Decimal | Rate | None, currency: str) -> dict[str, Any]:
    rate = value if isinstance(value, Rate) else Rate(None if value is None else Decimal(value))
    return {
        "metric": key,
        "value": rate.value,
        "low": rate.low,
        "high": rate.high,
        "is_too_little": rate.is_too_little,
        "note": rate.note,
        "currency": currency,
    }
