"""Methodology: what each number means, straight from the registry."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.access import Viewer
from dashboard.components.frame import page_header
from dashboard.pages import Page
from queries.metrics import METRICS, RULE_VERSION, Metric

_UNITS = {
    "count": "whole number",
    "ratio": "share, 0 to 100 %",
    "number": "number",
    "money": "money, one currency at a time",
    "seconds": "time",
}

_RULES = (
    (
        "Days and zones",
        "A day is a day of your organisation's time zone, named beside your name on a wide screen, in "
        "the heading of every CSV column of days or times, and on every PDF. Where clocks change a day "
        "has 23 or 25 hours. The listener_events aggregates are kept in UTC; everything a page shows is "
        "in your zone.",
    ),
    (
        "Periods",
        "Rolling periods end yesterday, so that whole days are compared with whole days. The comparison "
        "is as many days just before, or the same days a year ago. A change against zero is left empty. "
        "Days that are not over are drawn hatched.",
    ),
    (
        "What is filtered out",
        "Imports refuse what is malformed, too old (raw events are kept two years) or in the future, and "
        "say so line by line. No list of data-centre or VPN addresses is configured, so that filter is "
        "off. Two certified measurers may differ by 5 %.",
    ),
    (
        "Unique listeners and reach",
        "Counted exactly for the chosen days from one row per listener, day and episode, never by adding "
        "days, and never estimated.",
    ),
    (
        "Attribution",
        "A conversion counts once: several reports with one order number are one; without an order "
        "number, the same listener and amount within 24 hours is one. Anonymous reports without an order "
        "number are not counted. Touches are impressions and visits of the same campaign and listener "
        "inside the window (30 days unless said otherwise); touches at the same moment are ordered by "
        "their id.",
    ),
    (
        "As of",
        "Events are digested within about a minute. Each page says as of when its numbers are; if a job "
        "stands still, the page says since when.",
    ),
)


def _entry(metric: Metric) -> Component:
    facts = [
        ("Unit", _UNITS[metric.unit]),
        ("Adds up over", ", ".join(metric.adds_over) or "nothing: never summed"),
        ("Read from", metric.source),
    ]
    if metric.numerator and metric.denominator:
        facts.insert(1, ("Ratio", f"{METRICS[metric.numerator].label} / {METRICS[metric.denominator].label}"))
    return html.Section(
        [
            html.H3(metric.label),
            html.P(metric.meaning),
            html.Dl(
                [part for name, value in facts for part in (html.Dt(name), html.Dd(value))],
                className="definition__facts",
            ),
        ],
        id=metric.key,
        className="definition",
    )


def _body(viewer: Viewer, parts: dict[str, str]) -> list[Component]:
    groups: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        groups.setdefault(metric.group, []).append(metric)
    return [
        page_header(
            "Methodology",
            "What each number means, where it comes from and what it may be added over.",
            as_of=f"Counting rules, version {RULE_VERSION}",
        ),
        html.Div(
            [
                html.Section(
                    [
                        html.H2("Rules for every number"),
                        *[
                            html.Div([html.H3(name), html.P(text)], className="definition")
                            for name, text in _RULES
                        ],
                    ]
                ),
                *[html.Section([html.H2(group), *map(_entry, metrics)]) for group, metrics in groups.items()],
            ],
            className="prose",
        ),
    ]


PAGE = Page(
    path="/methodology",
    title="Methodology",
    nav="Methodology",
    group="Help",
    icon="method",
    order=90,
    body=_body,
)
