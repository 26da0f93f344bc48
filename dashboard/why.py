"""Why this number: what the figures of a box mean, what they are filtered by, what was left out, as of when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from dashboard.access import READ_PODCASTS, current_viewer
from dashboard.address import require_known
from dashboard.answers import reaches_words
from dashboard.auth.sessions import now
from dashboard.boxes import Box, View, answer_box, known_box
from dashboard.pages import all_pages, heeded, unheeded
from queries import campaign_delivery, catalogue
from queries.campaign_excluded import excluded_of_shows, excluded_visits
from queries.campaign_states import campaign_heads, flights_so_far
from queries.campaign_unmeasured import unmeasured_impressions
from queries.campaigns import campaign
from queries.data_centres import data_centres
from queries.errors import AccessRefused, NotFound
from queries.filters import Filters, parse_filters
from queries.listening_counted import counted_by
from queries.listening_excluded import excluded_by_reason
from queries.listening_unmeasured import unmeasured_downloads
from queries.metrics import METRICS, RULE_VERSION, Metric, formula_words
from queries.periods import Period
from queries.results import Answer
from queries.session import tenant_session
from reports.documents.words import (
    against_words,
    counted_words,
    data_centres_words,
    listed,
    unmeasured_ads_words,
    unmeasured_words,
)
from reports.formatting import instant, period
from reports.labels import dimension_name

blueprint = Blueprint("why", __name__)

_COUNTED_FROM_REQUESTS = ("downloads", "unique_listeners")
_MILESTONES = frozenset(
    {"first_1_day_downloads", "first_3_day_downloads", "first_7_day_downloads", "first_30_day_downloads"}
)
_OF_ADS = ("impressions", "reach", "frequency")
_REST_ON_REQUESTS = (*_COUNTED_FROM_REQUESTS, *sorted(_MILESTONES), *_OF_ADS)
_FROM_LINKS = ("visits", "conversions", "leads", "purchases")
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Meaning:
    """A metric as the page says it."""

    metric: Metric
    formula: str
    adds_over: str


@blueprint.get("/why/<box_id>")
def explain(box_id: str) -> str:
    """The explanation of a box, of the same view and with the same rights; 404 for one that is not the viewer's.

    What is wrong with the address, faults.py says in the error's own words.
    """
    all_pages()
    viewer = current_viewer()
    try:
        box = known_box(box_id)
        filters = parse_filters(request.args, zone=viewer.zone, now=now())
        answer, view = answer_box(box, View(viewer, filters, path=""))
    except (NotFound, AccessRefused):
        abort(404)
    metrics = metrics_of(box, answer)
    if not metrics or viewer.actor.tenant_id is None:
        abort(404)
    # What the address says beyond that narrows nothing here, and is not said to.
    told = heeded(box, view.filters)
    require_known(viewer, told)
    campaigns = _campaigns(answer, told)
    is_of_ads = campaigns is not None and any(metric.key in _OF_ADS for metric in metrics)
    # A sponsor sees no requests for episodes, and none would be said to be kept.
    is_shown_requests = any(map(viewer.may, READ_PODCASTS))
    excluded: Answer | None = None
    counted: Answer | None = None
    visits: Answer | None = None
    filtered = unmeasured = ""
    with tenant_session(viewer.actor) as connection:
        if told.campaign_id is None:
            chosen = catalogue.chosen(connection, told)
        else:
            about = campaign(connection, told.campaign_id)
            chosen = {"Campaign": [about["name"]], **campaign_delivery.chosen(connection, told)}
        covered = _covered(answer, view.filters)
        days = covered or view.filters.period
        if is_of_ads and (
            covered is None or (answer.covers != "view" and covered.start >= view.filters.today)
        ):
            # As things stand, or of what ends soon: its ads were delivered on the days of the flights.
            days = flights_so_far(campaign_heads(connection, campaigns or ()), view.filters.today)
        of_days = replace(told, period=days)
        is_of_shows = False
        if any(
            metric.key in _MILESTONES or metric.key.startswith(_COUNTED_FROM_REQUESTS) for metric in metrics
        ):
            excluded = excluded_by_reason(connection, view.filters)
            unmeasured = unmeasured_words(unmeasured_downloads(connection, told))
        elif is_of_ads:
            unmeasured = unmeasured_ads_words(unmeasured_impressions(connection, of_days, campaigns or ()))
            if is_shown_requests:
                is_of_shows = True
                excluded = excluded_of_shows(connection, of_days, campaigns or ())
        if any(metric.key in _FROM_LINKS for metric in metrics):
            visits = excluded_visits(connection, told, covered)
        if any(metric.key.startswith(_REST_ON_REQUESTS) for metric in metrics):
            filtered = data_centres_words(data_centres(connection))
            counted = counted_by(connection, of_days)
    return render_template(
        "why.html", title=box.title, meanings=[_meaning(metric) for metric in metrics],
        filters=_filters(answer, told, chosen, unheeded(box, view.filters)), excluded=excluded, visits=visits,
        rule_version=RULE_VERSION,
        is_of_shows=is_of_shows, is_kept_back=is_of_ads and not is_shown_requests,
        is_of_one=told.campaign_id is not None, sees_all_shows=viewer.may(READ_PODCASTS[0]),
        days="" if days == covered else period(days.start, days.end, view.filters.zone),
        rules=_rules(excluded), rules_of_visits=_rules(visits),
        is_narrowed=bool(told.apps or told.countries or told.devices),
        as_of=instant(answer.as_of, view.filters.zone) if answer.as_of else "", notes=answer.notes,
        reaches=reaches_words(answer), data_centres=filtered, counted=counted,
        ways=counted_words(counted, view.filters.zone) if counted else [], unmeasured=unmeasured,
    )  # fmt: skip


def metrics_of(box: Box, answer: Answer) -> list[Metric]:
    """The registry entries of the figures in a box, in the registry's order, with what its ratios are made of."""
    used = (
        {box.why} | {column.metric for column in answer.columns} | {row.get("metric") for row in answer.rows}
    )
    used |= {part for key in used if key in METRICS for part in METRICS[key].made_of}
    return [metric for key, metric in METRICS.items() if key in used]


def _meaning(metric: Metric) -> Meaning:
    return Meaning(metric, formula_words(metric), ", ".join(metric.adds_over) or "nothing: never summed")


def _rules(refused: Answer | None) -> list[str]:
    return sorted({row["rule_version"] for row in refused.rows}) if refused else []


def _campaigns(answer: Answer, filters: Filters) -> list[UUID] | None:
    """The view's campaign, or those that a box tells one by one; None where it has none to tell.

    Empty where it tells of all in scope together.
    """
    if filters.campaign_id is not None:
        return [filters.campaign_id]
    if not any(column.key == "campaign_id" for column in answer.columns):
        return []
    return [row["campaign_id"] for row in answer.rows] or None


def _covered(answer: Answer, filters: Filters) -> Period | None:
    """The days that the figures are about; None where they tell how things stand."""
    return filters.period if answer.covers == "view" else answer.covers


def _filters(
    answer: Answer, filters: Filters, chosen: dict[str, list[str]], not_by: str
) -> list[tuple[str, str]]:
    """What the view is filtered by, in words, and what narrows nothing here though its address says so."""
    covered = _covered(answer, filters)
    said = [
        ("Period", period(covered.start, covered.end, filters.zone) if covered else "as things stand"),
        ("Time zone", filters.zone.key),
    ]
    if filters.compared and any(column.key == "previous" for column in answer.columns):
        said.append(("Compared with", against_words(filters)))
    said += [
        (label, listed([dimension_name(key, value) for value in values], limit=_NAMED))
        for label, key, values in (
            ("Apps", "app", filters.apps),
            ("Countries", "country", filters.countries),
            ("Devices", "device", filters.devices),
        )
        if values
    ]
    said += [(label, listed(names, limit=_NAMED)) for label, names in chosen.items()]
    return [*said, ("Not narrowed", f"{not_by}: these numbers are of the whole")] if not_by else said
