"""One campaign: is it delivering what was booked, what did it bring, and which shows earn the credit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.answers import head, show_and_day, table
from dashboard.boxes import Box, View
from dashboard.components.charts import chart_view
from dashboard.pages import Page
from dashboard.pages.campaigns import PACING, STAGES, WHO, badge
from queries import campaigns
from queries.errors import NotFound
from queries.filters import Filters, parse_id
from queries.metrics import metric
from queries.results import Answer, Column
from queries.session import Connection
from reports.figures.subjects import conversions_over_time, credit_by_channel, delivery_against_booking
from reports.formatting import counted, format_value, period
from reports.sentences_campaigns import campaign_sentence


def _about(connection: Connection, filters: Filters) -> dict[str, Any]:
    if filters.campaign_id is None:
        raise NotFound("No such campaign.")
    return campaigns.campaign(connection, filters.campaign_id)


def _figures(connection: Connection, filters: Filters) -> Answer:
    answer = campaigns.campaign_figures(connection, filters)
    return replace(answer, totals={**answer.totals, **_about(connection, filters)})


def _lead(connection: Connection, filters: Filters, figures: Answer) -> str:
    return campaign_sentence(dict(figures.totals), figures, campaigns.delivery(connection, filters), filters)


_STRIP = ("impressions", "reach", "visits", "conversions", "spend_micros", "return_on_ad_spend")
_LINE = ("frequency", "conversion_ratio", "cost_per_conversion_micros")


def _head(answer: Answer, view: View) -> list[Component]:
    about = answer.totals
    shown = replace(answer, rows=[row for row in answer.rows if row["metric"] in _STRIP])
    rest = {row["metric"]: row for row in answer.rows if row["metric"] in _LINE}
    said = []
    for key in _LINE:
        entry = metric(key)
        value = format_value(rest[key]["value"], entry.unit, currency=about["currency"])
        said.append(html.Span([f"{entry.label} ", html.Strong(value)]))
    title = f"{about['name']} · {about['sponsor_name']}"
    return [
        *head(shown, view, title=title, csv="campaign.figures", report="campaign_performance"),
        html.P(said, className="facts facts--line"),
    ]


def _delivery_of_stage(connection: Connection, filters: Filters) -> Answer:
    answer = campaigns.delivery(connection, filters)
    return replace(answer, totals={**answer.totals, "stage": _about(connection, filters)["stage"]})


def _delivery(answer: Answer, view: View) -> list[Component]:
    totals = answer.totals
    flight = period(totals["start_date"], totals["end_date"] + timedelta(days=1), view.filters.zone)
    booked = (
        f" of {format_value(totals['booked'], 'count')} booked impressions"
        if totals["booked"]
        else " impressions"
    )
    line = html.P(
        [
            badge(STAGES[totals["stage"]]),
            *([badge(PACING[totals["pacing_state"]])] if totals["pacing_state"] else []),
            html.Span(f"{format_value(totals['delivered'], 'count')}{booked}, flight {flight}"),
        ],
        className="facts",
    )
    return [
        line,
        chart_view(
            delivery_against_booking(answer, view.filters, (totals["start_date"], totals["end_date"]))
        ),
    ]


def _conversions(answer: Answer, view: View) -> Component:
    return chart_view(conversions_over_time(answer, view.filters))


def _attribution(connection: Connection, filters: Filters) -> Answer:
    return campaigns.attribution_by_podcast(connection, filters)


def _credit(answer: Answer, view: View) -> list[Component]:
    totals = answer.totals
    attributed = format_value(totals["attributed"], "count")
    conversions = counted(totals["conversions"], "conversion")
    said = (
        f"{attributed} of {conversions} followed an impression or visit within {totals['window_days']} days."
    )
    return [html.P(said, className="facts"), chart_view(credit_by_channel(answer))]


_MOST_EPISODES = 12


def _episodes(answer: Answer, view: View) -> list[Component]:
    heard = [row for row in answer.rows if row["impressions"]]
    shown = table(
        replace(answer, rows=heard[:_MOST_EPISODES]),
        view,
        caption="Impressions by episode in the period",
        keys=("title", "impressions", "share", "reach", "unit_types"),
        kinds={"impressions": "bar"},
        sub=lambda row: show_and_day(row, view),
        sorted_by="impressions",
    )
    more = len(heard) - _MOST_EPISODES
    return [
        shown,
        *([html.P(f"{counted(more, 'more episode')} in the CSV.", className="facts")] if more > 0 else []),
    ]


def _bookings(answer: Answer, view: View) -> Component:
    rows = [
        {
            **row,
            "pricing_model": "CPM" if row["pricing_model"] == "cpm" else "Flat",
            "vanity_url": (row["vanity_url"] or "").partition("://")[2] or None,
            "flight": period(row["starts_on"], row["ends_on"] + timedelta(days=1), view.filters.zone),
        }
        for row in answer.rows
    ]
    return table(
        replace(answer, rows=rows, columns=(*answer.columns, Column("flight", "Flight"))),
        view,
        caption="Insertion orders of this campaign",
        keys=(
            "promo_code",
            "vanity_url",
            "flight",
            "pricing_model",
            "booked_impressions",
            "rate_micros",
            "cost_micros",
        ),
    )


def _subject(connection: Connection, parts: dict[str, str]) -> str:
    return str(campaigns.campaign(connection, parse_id(parts["campaign_id"], "campaign"))["name"])


PAGE = Page(
    path="/campaigns/<campaign_id>",
    subject=_subject,
    title="Campaign",
    any_of=WHO,
    crumbs=(("Campaigns", "/campaigns"),),
    filters=("period", "compare", "grain"),
    head=Box("campaign.figures", "Key figures", _figures, _head, any_of=WHO, lead=_lead, head=True),
    rows=(
        (
            Box(
                "campaign.delivery",
                "Delivered against booked",
                _delivery_of_stage,
                _delivery,
                any_of=WHO,
                height=340,
                twin=True,
                note="whole flight",
                why="delivered_ratio",
                empty="Nothing is booked for this campaign yet.",
                way_on="",
            ),
        ),
        (
            Box(
                "campaign.attribution",
                "Which shows earn the conversions",
                _attribution,
                _credit,
                any_of=WHO,
                span=7,
                height=320,
                twin=True,
                why="linear_credit",
                empty="No conversion in this period.",
            ),
            Box(
                "campaign.conversions",
                "Conversions",
                campaigns.conversions_trend,
                _conversions,
                any_of=WHO,
                span=5,
                height=320,
                twin=True,
                why="conversions",
                empty="No conversion in this period.",
            ),
        ),
        (
            Box(
                "campaign.episodes",
                "By episode",
                campaigns.delivery_by_episode,
                _episodes,
                any_of=WHO,
                height=440,
                skeleton="rows",
                lazy=True,
                why="impressions",
                empty="No ad was delivered in this period.",
            ),
        ),
        (
            Box(
                "campaign.bookings",
                "Bookings",
                campaigns.bookings,
                _bookings,
                any_of=WHO,
                height=200,
                skeleton="rows",
                lazy=True,
                empty="There is no insertion order yet.",
                way_on="",
            ),
        ),
    ),
)
