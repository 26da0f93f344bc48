"""CSV of any box: the same question, the same filters, the same rights as on the page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from flask import Blueprint, Response, abort, request

from dashboard.access import Viewer, current_viewer
from dashboard.address import require_known
from dashboard.auth.sessions import now
from dashboard.boxes import View, answer_box, known_box
from dashboard.pages import all_pages, heeded
from queries import campaign_delivery
from queries.campaigns import campaign
from queries.catalogue import chosen
from queries.errors import AccessRefused, NotFound
from queries.filters import Filters, parse_filters
from queries.metrics import METRICS
from queries.periods import Period
from queries.results import Answer, Column
from queries.session import tenant_session
from reports.labels import PRICING, STAGES, app_name, country_name, device_name, state_name

blueprint = Blueprint("csv_export", __name__)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MICROS = Decimal(1_000_000)
# As many digits as pages show and a spreadsheet needs, and no more: a division's 28 say nothing.
_CENT, _SIXTH = Decimal("0.01"), Decimal("0.000001")
_WORDS: dict[str, Callable[[str], str]] = {
    "app": app_name, "country": country_name, "device_type": device_name, "pacing_state": state_name,
    "pricing_model": PRICING.__getitem__, "stage": STAGES.__getitem__, "state": state_name,
}  # fmt: skip
"""Of a column's values the words that pages show."""
_JOINED = ("country", "device_type")
_MOST_NAMES = 3
"""Values of one filter that a file is called by; of more it is said how many there are."""
_LONGEST_NAME = 30
_PIECE = 1_000
_LONGEST_TENANT = 60
_LONGEST_FILE = 200
"""Characters of a file's name, of which file systems take 255: beyond it filters are counted, the longest first."""


@blueprint.get("/export/<box_id>.csv")
def export_box(box_id: str) -> Response:
    """The rows of a box as CSV; 404 for a box or subject that is not the viewer's.

    What is wrong with the address, faults.py says in the error's own words.
    """
    all_pages()
    viewer = current_viewer()
    try:
        box = known_box(box_id)
        filters = parse_filters(request.args, zone=viewer.zone, now=now())
        answer, view = answer_box(box, View(viewer, filters, path=""), listed=True)
    except (NotFound, AccessRefused):
        abort(404)
    told = heeded(box, view.filters)
    require_known(viewer, told)
    narrowed = _narrowed(viewer, told)
    response = Response(to_csv(answer, view.filters, narrowed), mimetype="text/csv")
    name = _file_name(viewer, box_id, answer, view.filters, narrowed)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _narrowed(viewer: Viewer, f: Filters) -> dict[str, list[str]]:
    """What the numbers are narrowed to: the names of each filter that is set, in the words of the pages."""
    named: dict[str, list[str]] = {}
    if f.campaign_id is not None or f.podcasts or f.episodes:
        with tenant_session(viewer.actor) as connection:
            if f.campaign_id is not None:
                named["campaign"] = [campaign(connection, f.campaign_id)["name"]]
            names_of = chosen if f.campaign_id is None else campaign_delivery.chosen
            named |= {label.lower(): names for label, names in names_of(connection, f).items()}
    named |= {
        "apps": [app_name(app) for app in f.apps],
        "countries": [country_name(country) for country in f.countries],
        "devices": [device_name(device) for device in f.devices],
    }
    return {label: names for label, names in named.items() if names}


def to_csv(answer: Answer, filters: Filters, narrowed: Mapping[str, list[str]]) -> str:
    """Header and rows as text; each row ends with the period, the zone, the filters that are set (`narrowed`) and as
    of when it is true.

    Units: money in units of its currency, ratios 0-1. Time: in the view's zone, which the header names; both days of
    a period lie inside it. Nothing stands above the header, so that spreadsheets and pandas read the file as it is.
    """
    columns = [part for column in answer.columns if column.in_csv for part in _with_name(column)]
    about = _about(answer, filters, narrowed)
    pieces = [_text([[*(_header(column, filters) for column in columns), *about]])]
    # Piece by piece: a buffer of the whole takes four bytes for each character, and one file may have 100,000 rows.
    rows = iter(answer.rows)
    while page := list(islice(rows, _PIECE)):
        pieces.append(
            _text(
                [
                    *(_cell(row.get(column.key), _unit(column, row), filters) for column in columns),
                    *about.values(),
                ]
                for row in page
            )
        )
    return "".join(pieces)


def _text(rows: Iterable[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _with_name(column: Column) -> tuple[Column, ...]:
    """The column in the words of the pages; of countries and devices beside it the code that joins with other files."""
    if column.key not in _WORDS:
        return (column,)
    named = replace(column, unit=column.key)
    return (named, replace(column, label=f"{column.label} code")) if column.key in _JOINED else (named,)


def _covered(answer: Answer, filters: Filters) -> Period | None:
    """The days that the rows are about; None where they tell how things stand."""
    return filters.period if answer.covers == "view" else answer.covers


def _about(answer: Answer, filters: Filters, narrowed: Mapping[str, list[str]]) -> dict[str, str]:
    """What every row says of the file: the days it is about, what it is filtered by and, where it compares, the days
    compared with."""
    about = {**_days("period", _covered(answer, filters)), "time_zone": filters.zone.key}
    about |= {
        f"filter_{label}": _cell("; ".join(names), "text", filters) for label, names in narrowed.items()
    }
    if any(column.key == "previous" for column in answer.columns):
        # A period that is not over is compared up to its last whole day, with as many days.
        whole = filters.whole if filters.compared else None
        about["compared_through"] = whole.last_day.isoformat() if whole else ""
        about |= _days("compared_with", filters.compared)
    return about | {"as_of": _cell(answer.as_of, "datetime", filters)}


def _days(name: str, period: Period | None) -> dict[str, str]:
    return {
        f"{name}_start": period.start.isoformat() if period else "",
        f"{name}_end": period.last_day.isoformat() if period else "",
    }


def _header(column: Column, filters: Filters) -> str:
    if column.unit in ("date", "datetime"):
        return f"{column.label} ({filters.zone.key})"
    return column.label


def _unit(column: Column, row: Mapping[str, Any]) -> str:
    """A list of key figures has another unit in each row: that of the row's metric."""
    if column.key == "metric":
        return "metric"
    if column.key in ("value", "compared_value", "previous", "low", "high") and row.get("metric") in METRICS:
        return METRICS[row["metric"]].unit
    return column.unit


def _cell(value: Any, unit: str, filters: Filters) -> str:
    if value is None:
        return ""
    if unit == "metric":
        return METRICS[value].label if value in METRICS else str(value)
    if unit in _WORDS:
        return _WORDS[unit](str(value))
    if unit == "money":
        return f"{(Decimal(value) / _MICROS).quantize(_CENT).normalize():f}"
    if isinstance(value, datetime):
        return value.astimezone(filters.zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f"{value.quantize(_SIXTH).normalize():f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(part) for part in value)
    text = str(value)
    # A spreadsheet would run a cell that begins like a formula.
    return f"'{text}" if text.startswith(_FORMULA) else text


def _file_name(
    viewer: Viewer, box_id: str, answer: Answer, filters: Filters, narrowed: Mapping[str, list[str]]
) -> str:
    """Tenant, box, filters and the days of its rows; where they tell how things stand, the day of which they do."""
    told: dict[str, str] = {}
    for label, names in narrowed.items():
        slugs = [_slug(name)[:_LONGEST_NAME].strip("-") for name in names]
        # What has no letter that a file name may hold is counted, as many names are.
        told[label] = "-".join(slugs) if len(slugs) <= _MOST_NAMES and all(slugs) else str(len(slugs))
    covered = _covered(answer, filters)
    if covered is None:
        as_of = answer.as_of.astimezone(filters.zone).date() if answer.as_of else filters.today
        days = f"{as_of}.csv"
    else:
        days = f"{covered.start}_{covered.last_day}.csv"
    box = _slug(f"{viewer.tenant_slug[:_LONGEST_TENANT]}-{box_id}")
    longest_first = sorted(told, key=lambda label: -len(told[label]))
    while True:
        name = "_".join([box, *(f"{label}-{words}" for label, words in told.items()), days])
        if len(name) <= _LONGEST_FILE or not longest_first:
            return name
        label = longest_first.pop(0)
        told[label] = str(len(narrowed[label]))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
