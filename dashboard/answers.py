"""From an Answer to components: the head of a page, and tables whose labels and units come from the answer itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from dashboard import markup as html
from dashboard.boxes import View
from dashboard.components import tables
from dashboard.components.frame import page_header
from dashboard.components.icons import icon
from dashboard.components.kpis import Kpi, kpi_strip
from dashboard.plain import Plain
from queries.changes import NO_EARLIER
from queries.filters import Filters
from queries.metrics import METRICS
from queries.results import Answer
from reports.documents.words import narrowing_words, words_line
from reports.formatting import MoneyForm, day, instant, interval, period
from reports.key_figures import change_words, form_of, form_of_amounts, has_no_earlier, note_of

_STANDS_STILL = timedelta(minutes=15)
_BETTER: dict[str, Literal["up", "down", "none"]] = {"up": "up", "down": "down", "neutral": "none"}


def head(
    answer: Answer, view: View, *, title: str, csv: str, report: str = "", narrowed: bool = False
) -> list[Plain]:
    """The opening sentence, as of when it is true, and the key figures; `csv` is the id of the box they are of.

    narrowed: whether the numbers heed the filters by app, country and device, which are then said in words.
    """
    line = words_line(narrowing_words(view.filters)) if narrowed else ""
    reports = [report_button(report)] if report and view.viewer.may("reports.create") else []
    return [
        page_header(
            title,
            view.lead,
            as_of=as_of(answer, view),
            reaches="; ".join(reaches_words(answer)),
            notes=(*filter(None, [line]), *answer.notes),
            actions=[why_link(csv, view), csv_link(csv, view), *reports],
        ),
        figures(answer, view),
    ]


def figures(answer: Answer, view: View) -> Plain:
    """The key figures of an answer side by side."""
    amounts = form_of_amounts(answer.rows)
    return kpi_strip(
        [_figure(row, view, amounts, _label(row, answer, view)) for row in answer.rows],
        compare_label=_before(view),
    )


def as_of(answer: Answer, view: View) -> str:
    """Period and moment of an answer, and in words when its numbers stand still."""
    filters = view.filters
    said = period(filters.period.start, filters.period.end, filters.zone)
    if answer.as_of is None:
        return f"{said} · no data has been processed yet"
    moment = instant(answer.as_of, filters.zone)
    state = "stands still since" if filters.now - answer.as_of > _STANDS_STILL else "as of"
    compared = f" · not compared: {NO_EARLIER}" if has_no_earlier(answer.rows) else _compared_through(filters)
    return f"{said} · {state} {moment}{_lagging(answer, filters)}{compared}"


def reaches_words(answer: Answer) -> list[str]:
    """How far each source of an answer has come inside the period."""
    return [
        f"{source} up to {day(last)}" if last else f"{source}: none in this period"
        for source, last in answer.reaches
    ]


def _lagging(answer: Answer, filters: Filters) -> str:
    """The source that ends first, where it ends before the last day of the period that is over."""
    known = [(last, source) for source, last in answer.reaches if last is not None]
    if not known or filters.whole is None:
        return ""
    last, source = min(known)
    return f" · {source.lower()} up to {day(last)}" if last < filters.whole.last_day else ""


def _compared_through(filters: Filters) -> str:
    """Up to which day a period that is not over is compared: a change of a part of a day would mislead."""
    if filters.comparison == "none":
        return " · not compared"
    if filters.whole == filters.period:
        return ""
    if filters.whole is None:
        return " · not compared: no day of it is over"
    return f" · compared through {day(filters.whole.last_day)}"


def csv_link(box: str, view: View) -> Plain:
    """The figures of the page's head as CSV, in the view that is open."""
    subject = f"?campaign={view.filters.campaign_id}" if view.filters.campaign_id else ""
    return html.A(
        [icon("download", small=True), "CSV", html.Span(" of the key figures", className="sr-only")],
        href=f"/export/{box}.csv{subject}",
        className="quiet",
        title="Download as CSV",
        download="",
    )


def why_link(box: str, view: View) -> Plain:
    """Why the figures of the page's head are what they are, in the view that is open."""
    subject = f"?campaign={view.filters.campaign_id}" if view.filters.campaign_id else ""
    return html.A(
        [icon("why", small=True), html.Span("Why these numbers: key figures", className="sr-only")],
        href=f"/why/{box}{subject}",
        className="quiet",
        title="Why this number",
        **{"data-why": ""},
    )


def report_button(kind: str) -> Plain:
    """Asks the worker for this view as a PDF."""
    return html.Button(
        [icon("reports", small=True), "PDF report"],
        type="button",
        className="button",
        # The page's script passes the click on: a callback's own input would ask the server each time it is drawn.
        **{"data-report": kind},
    )


def _before(view: View) -> str:
    return "a year ago" if view.filters.comparison == "year" else "before"


def _label(row: Mapping[str, Any], answer: Answer, view: View) -> str:
    """What a figure is called: with its currency where the same stands beside it in the tenant's own."""
    label, currency = METRICS[row["metric"]].label, row.get("currency")
    is_one_of_several = sum(other["metric"] == row["metric"] for other in answer.rows) > 1
    foreign = currency and currency != view.viewer.currency
    return f"{label} ({currency})" if foreign and is_one_of_several else label


def _figure(row: Mapping[str, Any], view: View, amounts: MoneyForm, label: str) -> Kpi:
    metric = METRICS[row["metric"]]
    currency = row.get("currency") or view.viewer.currency
    return Kpi(
        label=label,
        value=row["value"],
        unit=metric.unit,
        before=None if row.get("is_too_little") else row.get("previous"),
        compared=row.get("compared_value"),
        # Where the question tells no change though there is a value before, there is too little to tell it from.
        is_compared=bool(change_words(row)) or not row.get("previous"),
        interval=interval(row.get("low"), row.get("high"), metric.unit, currency=currency),
        currency=currency,
        values=tuple(row.get("spark") or ()),
        better=_BETTER[metric.direction],
        note=note_of(row) or None,
        form=form_of(row, amounts),
    )


Cell = tables.CellKind


def table(
    answer: Answer,
    view: View,
    *,
    caption: str,
    keys: Sequence[str],
    kinds: Mapping[str, Cell] | None = None,
    labels: Mapping[str, str] | None = None,
    link: Callable[[Mapping[str, Any]], str | None] | None = None,
    sub: Callable[[Mapping[str, Any]], str] | None = None,
    total: Mapping[str, Any] | None = None,
    sorted_by: str | None = None,
    whole: bool = False,
) -> Plain:
    """The answer's rows with the columns named, in that order.

    `kinds` says how a column is drawn where the unit alone does not; `labels` shortens a heading where the box already
    says the rest. `change_ratio` becomes a change beside its value. `link` gives a row's address, `sub` the grey line
    under its name; `whole` keeps every column on a phone. A row marked `is_rest` stands below all others, however they
    are sorted.
    """
    by_key = {column.key: column for column in answer.columns}
    kinds, labels = kinds or {}, labels or {}
    columns = []
    for place, key in enumerate(keys):
        column = by_key[key]
        plain: Cell = (
            "moment" if column.unit in ("date", "datetime") else "text" if column.unit == "text" else "value"
        )
        kind = kinds.get(key, plain)
        columns.append(
            tables.Column(
                key=key,
                label=labels.get(key, column.label),
                kind="change" if key == "change_ratio" else kind,
                unit=column.unit if column.unit not in ("text", "date", "datetime") else "count",
                currency=view.viewer.currency,
                currency_key="currency" if column.unit == "money" and "currency" in by_key else None,
                href_key="_href" if place == 0 and link else None,
                sub_key="_sub" if place == 0 and sub else None,
            )
        )
    rows: list[dict[str, Any]] = []
    rest: dict[str, Any] | None = None
    for row in answer.rows:
        shown = {key: _shown(row, key, by_key[key].unit, view) for key in keys}
        shown["currency"] = row.get("currency")
        if row.get("is_rest"):
            rest = shown
            continue
        if link:
            shown["_href"] = link(row)
        if sub:
            shown["_sub"] = sub(row)
        rows.append(shown)
    return tables.data_table(
        columns, rows, caption=caption, total=total, rest=rest, sorted_by=sorted_by, whole=whole
    )


def show_and_day(row: Mapping[str, Any], view: View) -> str:
    """The grey line under an episode: its show and the day it came out."""
    published = row["published_at"]
    return (
        f"{row['podcast_name']} · {day(published.astimezone(view.filters.zone))}"
        if published
        else row["podcast_name"]
    )


def _shown(row: Mapping[str, Any], key: str, unit: str, view: View) -> Any:
    value = row.get(key)
    if key == "change_ratio":
        now = row.get("compared_value", row.get("downloads", row.get("value")))
        return (now, row.get("previous")) if value is not None else None
    if value is None:
        return None
    if unit == "date":
        there = value.astimezone(view.filters.zone) if hasattr(value, "astimezone") else value
        return there, day(there)
    if unit == "datetime":
        return value, instant(value, view.filters.zone)
    if isinstance(value, list) and unit == "text":
        return ", ".join(str(part) for part in value)
    return value
