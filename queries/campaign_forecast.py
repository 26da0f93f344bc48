"""What a campaign will have delivered at the end of its flight, and what will be missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from queries.attribution.forecast import FEWEST_DAYS, Forecast, forecast
from queries.attribution.pacing import expected_by
from queries.attribution.spend import Moment, as_decimal, moment
from queries.campaign_states import campaign_head, pacing_of
from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer, Column
from queries.statements import ask

TOO_FEW_DAYS = f"fewer than {FEWEST_DAYS} whole days delivered"


def delivery_forecast(connection: Connection, f: Filters) -> Answer:
    """Impressions of `f.campaign_id` at the end of its flight and the shortfall expected there. Raises: NotFound.

    Each has an interval of eight in ten, and beside them stands how far off the rule was in the flight so far. Shape: a
    row for forecast_impressions, expected_shortfall and forecast_error_ratio; none where nothing is booked or nothing
    could have been delivered yet. Time: by the end of the data, as the pacing.
    """
    head = campaign_head(connection, f.campaign_id)
    first, last = head.flight
    days = ask(
        connection, "campaigns/delivery",
        campaign_id=head.campaign_id, first_day=first, last_day=last, today=f.today,
    )  # fmt: skip
    delivered = sum(row["impressions"] or 0 for row in days)
    pace = pacing_of(head, delivered, f)
    found: Forecast | None = None
    if pace.forecast is not None:
        clock = moment(head.pacing_clock(f), f.zone)
        whole = [row["impressions"] for row in days if row["day"] < clock.today]
        marks = [
            expected_by(head.bookings, Moment(first + timedelta(days=n), Fraction(0)))
            for n in range(len(whole) + 1)
        ]
        expected = [after - before for before, after in pairwise(marks)]
        found = forecast(
            list(zip(expected, whole, strict=True)),
            delivered,
            Fraction(pace.forecast),
            (last - clock.today).days + 1,
        )
    return Answer(
        columns=(
            Column("metric", "Metric"),
            Column("value", "Value", "number"),
            Column("low", "Low (80 %)", "number"),
            Column("high", "High (80 %)", "number"),
            Column("note", "Note"),
        ),
        rows=_rows(found, pace.booked) if found is not None else [],
        as_of=head.as_of,
        partial_from=f.today if first <= f.today <= last else None,
        covers=Period(first, last + timedelta(days=1)),
        totals={
            "booked": pace.booked,
            "delivered": delivered,
            "horizon_days": found.horizon_days if found else None,
            "trials": found.trials if found else 0,
        },
    )


def _rows(found: Forecast, booked: int) -> list[dict[str, Any]]:
    note = "" if found.low is not None else TOO_FEW_DAYS
    bounds = (found.value, found.low, found.high)
    # What is missing at the most is what is short where the least is delivered.
    missing = [
        None if one is None else max(Fraction(0), booked - one)
        for one in (found.value, found.high, found.low)
    ]
    return [
        _row("forecast_impressions", note, *map(_whole, bounds)),
        _row("expected_shortfall", note, *map(_whole, missing)),
        _row(
            "forecast_error_ratio", note, None if found.error_ratio is None else as_decimal(found.error_ratio)
        ),
    ]


def _row(
    metric: str, note: str, value: Decimal | None, low: Decimal | None = None, high: Decimal | None = None
) -> dict[str, Any]:
    return {"metric": metric, "value": value, "low": low, "high": high, "note": note}


def _whole(amount: Fraction | None) -> Decimal | None:
    """A whole number of impressions, half to even as the pacing does it."""
    return None if amount is None else as_decimal(amount).to_integral_value()
