"""Charts of podboard's own subjects: which answer becomes which picture, the same on a page and on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from queries.filters import Filters
from queries.metrics import metric
from queries.results import Answer
from reports.figures.builders import attribution_bars, columns, delivery, ranking, trend
from reports.figures.chart import Chart, Mark
from reports.labels import dimension_name

MODELS = (
    ("first_touch_credit", "First touch"),
    ("last_touch_credit", "Last touch"),
    ("linear_credit", "Linear"),
)


def downloads_over_time(answer: Answer, filters: Filters, marks: tuple[Mark, ...] = ()) -> Chart:
    """Downloads per bucket, with the compared period beneath as a dashed line and what is not over hatched."""
    compared = [
        {"bucket": row["previous_bucket"], "downloads": row["previous"]}
        for row in answer.rows
        if row["previous_bucket"] is not None
    ]
    return trend(
        answer.rows,
        label=metric("downloads").label,
        y="downloads",
        grain=filters.grain,
        zone=filters.zone,
        compare_rows=compared or None,
        compare_label=compare_label(filters),
        marks=marks,
        partial_from=answer.partial_from,
        height=300,
    )


def downloads_ranking(answer: Answer, key: str, label: str) -> Chart:
    """Downloads by app, country or device, sorted, with the share of all downloads of the period."""
    return ranking(
        [{**row, key: dimension_name(key, row[key])} for row in answer.rows],
        label=metric("downloads").label,
        label_key=key,
        value_key="downloads",
        total=answer.totals.get("downloads"),
        x_label=label,
        limit=12,
    )


def delivery_against_booking(answer: Answer, filters: Filters, flight: tuple[date, date]) -> Chart:
    """Impressions delivered so far against what was booked, over the whole flight."""
    return delivery(
        answer.rows,
        booked=answer.totals["booked"] or 0,
        flight_start=flight[0],
        flight_end=flight[1],
        now=filters.today,
        y="impressions",
        label=metric("impressions").label,
    )


def conversions_over_time(answer: Answer, filters: Filters) -> Chart:
    """Conversions per bucket as columns."""
    return columns(
        answer.rows,
        label=metric("conversions").label,
        x="bucket",
        y="conversions",
        grain=filters.grain,
        zone=filters.zone,
        partial_from=answer.partial_from,
    )


def credit_by_channel(answer: Answer, label: str = "Podcast", name_key: str = "podcast_name") -> Chart:
    """One panel per attribution model, channels in one order, so that their rankings can be compared."""
    rows = [
        {"channel": row[name_key], "model": model, "conversions": Decimal(str(row[model]))}
        for row in answer.rows
        for model, _ in MODELS
    ]
    return attribution_bars(rows, models=MODELS, x_label=label, label="Conversions credited")


def compare_label(filters: Filters) -> str:
    """What the comparison is called."""
    return "A year ago" if filters.comparison == "year" else "Previous period"
