"""Charts of podboard's own subjects: which answer becomes which picture, the same on a page and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from queries.filters import Filters
from queries.metrics import metric
from queries.results import Answer
from reports.figures.builders import attribution_bars, columns, delivery, ranking, trend
from reports.figures.chart import Chart, Mark
from reports.formatting import Grain, day
from reports.labels import dimension_name

MODELS = (
    ("first_touch_credit", "First touch"),
    ("last_touch_credit", "Last touch"),
    ("linear_credit", "Linear"),
)

MOST_SLICES = 12


def downloads_over_time(
    answer: Answer, filters: Filters, flags: Answer | None = None, *, named: str = ""
) -> Chart:
    """Downloads per bucket, with the compared period beneath as a dashed line and what is not complete hatched.

    flags: the episodes that came out, marked on the time axis where the buckets are short enough to place them.
    named: what the comparison is called in place of "Previous period".
    """
    compared = [{"bucket": row["previous_bucket"], "downloads": row["previous"]} for row in answer.rows]
    totals = answer.totals
    marks = flags.rows if flags is not None and filters.grain in ("hour", "day") else ()
    return trend(
        answer.rows,
        label=metric("downloads").label,
        y="downloads",
        grain=filters.grain,
        zone=filters.zone,
        compare_rows=compared if any(row["downloads"] is not None for row in compared) else None,
        compare_label=named or compare_label(filters),
        compared=(totals["compared"], totals["previous"]) if totals.get("compared") is not None else None,
        marks=tuple(Mark(row["at"], row["label"], "episode") for row in marks),
        partial_from=answer.partial_from,
        cut_first=cut_first(answer),
        height=300,
    )


def has_downloads(answer: Answer) -> bool:
    """Whether a trend has anything to draw: a line along zero, compared with none, says nothing that words do not."""
    return bool(answer.totals["downloads"] or answer.totals.get("previous"))


def downloads_ranking(answer: Answer, key: str, label: str, links: Mapping[str, str] | None = None) -> Chart:
    """Downloads by app, country or device, sorted, with the share of all downloads of the period.

    links: by value, the address of the view that is filtered to it.

    The answer holds them all; beyond twelve rows the last stands for the others, on the page and on paper alike.
    """
    return ranking(
        [
            {**row, key: dimension_name(key, row[key]), "link": (links or {}).get(row[key])}
            for row in answer.rows
        ],
        label=metric("downloads").label,
        label_key=key,
        value_key="downloads",
        total=answer.totals.get("downloads"),
        x_label=label,
        link_key="link" if links else None,
        limit=MOST_SLICES,
    )


def delivery_against_booking(answer: Answer, filters: Filters) -> Chart:
    """Impressions delivered so far against what was booked, over the whole flight: the days of the answer's rows."""
    return delivery(
        answer.rows,
        booked=answer.totals["booked"] or 0,
        flight_start=answer.rows[0]["day"],
        flight_end=answer.rows[-1]["day"],
        now=filters.today,
        y="impressions",
        label=metric("impressions").label,
    )


def results_over_time(answer: Answer, filters: Filters, key: Literal["visits", "conversions"]) -> Chart:
    """Visits or conversions per bucket as columns: few enough to be counted. They are kept per day."""
    return columns(
        answer.rows,
        label=metric(key).label,
        x="bucket",
        y=key,
        grain=results_grain(filters),
        zone=filters.zone,
        partial_from=answer.partial_from,
        cut_first=cut_first(answer),
    )


def results_grain(filters: Filters) -> Grain:
    """The length of the buckets that results of campaigns are told in."""
    return "day" if filters.grain == "hour" else filters.grain


def cut_first(answer: Answer) -> bool:
    """Whether the period begins inside the first bucket, while the ones after it are complete."""
    first = answer.rows[0] if answer.rows else {}
    return bool(first.get("is_partial")) and first["bucket"] != answer.partial_from


def credit_by_channel(answer: Answer) -> Chart:
    """One panel per attribution model, shows in the answer's order (by linear credit), so that rankings compare."""
    rows = [
        {"channel": row["podcast_name"], "model": model, "conversions": Decimal(str(row[model]))}
        for row in answer.rows
        for model, _ in MODELS
    ]
    return attribution_bars(rows, models=MODELS, x_label="Show", label="Conversions credited")


def compare_label(filters: Filters) -> str:
    """What the comparison is called; where the period is not over, up to which of its days it goes."""
    name = "A year ago" if filters.comparison == "year" else "Previous period"
    whole = filters.whole
    if whole is None or whole == filters.period:
        return name
    return f"{name} (compared through {day(whole.last_day, year=False)})"
