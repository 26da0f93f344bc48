"""Campaigns: every campaign the reader may see, with what was booked, delivered and won, and whom all reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dashboard import markup as html
from dashboard.answers import as_of, csv_link, figures, why_link
from dashboard.boxes import Box, View
from dashboard.components.frame import page_header
from dashboard.pages import Page
from dashboard.plain import Plain
from queries import campaigns, portfolio
from queries.filters import Filters
from queries.results import Answer
from queries.session import Connection
from reports.documents.words import narrowing_words, words_line
from reports.formatting import MoneyForm, counted, format_value, interval, money_form, period
from reports.labels import STAGES, state_name
from reports.sentences_campaigns import campaigns_sentence

WHO = ("campaigns.read_all", "campaigns.read_own")

_STAGE_TONES = {"live": "good", "paused": "warn", "booked": "accent"}
_PACING_TONES = {
    "ahead": "good",
    "on track": "good",
    "behind": "bad",
    "ended short": "bad",
    "ended full": "good",
}


def stage_badge(stage: str) -> Plain:
    """The stage of a campaign with its tone."""
    return _badge(STAGES[stage], _STAGE_TONES.get(stage))


def pacing_badges(state: str | None) -> list[Plain]:
    """How delivery stands against the booking; nothing where nothing is booked."""
    return [_badge(state_name(state), _PACING_TONES.get(state))] if state else []


def _badge(text: str, tone: str | None) -> Plain:
    return html.Span(text, className=f"badge badge--{tone}" if tone else "badge")


def _lead(connection: Connection, filters: Filters, answer: Answer) -> str:
    return campaigns_sentence(answer, filters)


def _head_and_cards(answer: Answer, view: View) -> list[Plain]:
    said = (
        "delivery and spend of each flight so far; conversions and revenue to date, those after the flight included · "
        # What a period is compared with is not said: these are of none.
        + as_of(answer, view).split(" · ")[1]
    )
    spent = money_form(row["spend_micros"] for row in answer.rows)
    header = page_header(
        "Campaigns",
        view.lead,
        as_of=said[:1].upper() + said[1:],
        notes=answer.notes,
        actions=[why_link("campaigns.cards", view), csv_link("campaigns.cards", view)],
    )
    return [header, html.Div([_card(row, view, spent) for row in answer.rows], className="cards")]


def _card(row: Mapping[str, Any], view: View, spent: MoneyForm) -> Plain:
    booked, delivered = row["booked_impressions"], row["impressions"]
    share = min(1.0, float(row["delivered_ratio"])) if row["delivered_ratio"] is not None else 0.0
    pairs = [
        ("Spend", format_value(row["spend_micros"], "money", currency=row["currency"], form=spent), ""),
        ("Conversions", format_value(row["conversions"], "count"), ""),
        (
            "Return",
            format_value(row["return_on_ad_spend"], "times"),
            row["note"] or interval(row["low"], row["high"], "times"),
        ),
    ]
    return html.Link(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(row["sponsor_name"], className="card__sponsor"),
                            stage_badge(row["stage"]),
                        ],
                        className="card__top",
                    ),
                    html.H2(row["name"], className="card__title"),
                    html.Div(
                        f"Flight {period(row['start_date'], _after(row['end_date']), view.filters.zone)}",
                        className="card__flight",
                    ),
                ]
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Strong(format_value(delivered, "count")),
                            html.Span(
                                f" of {format_value(booked, 'count')} impressions"
                                if booked
                                else " impressions"
                            ),
                            *pacing_badges(row["pacing_state"]),
                        ],
                        className="card__delivery",
                    ),
                    html.Div(
                        html.Div(style={"width": f"{100 * share:.1f}%"}),
                        className="card__track",
                        **{"aria-hidden": "true"},
                    ),
                ]
            ),
            html.Dl(
                [
                    html.Div(
                        [
                            html.Dt(label),
                            html.Dd(
                                [
                                    value,
                                    *([html.Div(under, className="card__under")] if under else []),
                                ]
                            ),
                        ]
                    )
                    for label, value, under in pairs
                ],
                className="card__facts",
            ),
        ],
        href=f"/campaigns/{row['campaign_id']}",
        className="card",
    )


def _no_campaign(answer: Answer, view: View) -> tuple[str, str]:
    """Who sees all campaigns has them entered; whoever sees their own waits for it."""
    if view.viewer.may("campaigns.read_all"):
        return (
            "There is no campaign yet.",
            "`podboard campaign create` makes one, `podboard import bookings` brings in what was sold: see the README.",
        )
    return "There is no campaign for you yet.", "When your account manager books one, it appears here."


def _after(last_day: date) -> date:
    return last_day + timedelta(days=1)


def _together(connection: Connection, filters: Filters) -> Answer:
    answer = portfolio.reach_of_all(connection, filters)
    # What is not told is no 0: its reason stands beside it.
    is_something = answer.notes or any(row["value"] or row["previous"] for row in answer.rows)
    return answer if is_something else replace(answer, rows=())


def _reach(answer: Answer, view: View) -> list[Plain]:
    """The three figures, and of how many campaigns and which days they are; the moment stands below every box."""
    days, _, *compared = as_of(answer, view).split(" · ")
    number = counted(answer.totals["campaigns"], "campaign")
    heeded = replace(view.filters, podcasts=(), episodes=())
    narrowed = words_line(narrowing_words(heeded))
    said = " · ".join(
        [
            f"{number} together, {days}",
            "whoever was reached by several counts once",
            # What is narrowed is compared with nothing, and says so itself.
            *([narrowed] if narrowed else compared),
        ]
    )
    return [html.P(said, className="facts muted"), figures(answer, view)]


def _none_reached(answer: Answer, view: View) -> tuple[str, str | None]:
    return (
        ("No impression in this period.", None) if answer.totals["campaigns"] else _no_campaign(answer, view)
    )


PAGE = Page(
    path="/campaigns",
    title="Campaigns",
    nav="Campaigns",
    group="Sponsorship",
    icon="campaigns",
    order=20,
    any_of=WHO,
    filters=("period", "compare", "app", "country", "device"),
    head=Box(
        "campaigns.cards",
        "Campaigns",
        campaigns.campaign_cards,
        _head_and_cards,
        any_of=WHO,
        lead=_lead,
        heeds=(),
        head=True,
        height=480,
        why="impressions",
        empty=_no_campaign,
    ),
    rows=(
        (
            Box(
                "campaigns.together",
                "Reach of all your campaigns",
                _together,
                _reach,
                any_of=WHO,
                height=160,
                skeleton="kpis",
                lazy=True,
                note="in the period",
                why="reach",
                empty=_none_reached,
            ),
        ),
    ),
)
