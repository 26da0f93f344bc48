"""Portfolio: every campaign of the tenant by stage, which will fall short, and what each sponsor brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component

from dashboard import markup as html
from dashboard.answers import head, table
from dashboard.boxes import Box, View
from dashboard.components.states import foot
from dashboard.pages import Page
from queries import portfolio
from queries.filters import Filters
from queries.results import Answer
from queries.session import Connection
from reports.formatting import day, format_value
from reports.labels import STAGES
from reports.sentences_campaigns import portfolio_sentence

_WHO = ("portfolio.read",)


def _lead(connection: Connection, filters: Filters, figures: Answer) -> str:
    return portfolio_sentence(figures, portfolio.campaigns_at_risk(connection, filters), filters)


def _head(answer: Answer, view: View) -> list[Component]:
    return head(answer, view, title="Portfolio", csv="portfolio.figures")


def _stages(answer: Answer, view: View) -> Component:
    return html.Div([_stage(row) for row in answer.rows], className="stages")


def _stage(row: Mapping[str, Any]) -> Component:
    delivered = format_value(row["impressions"], "count", compact=True)
    booked = format_value(row["booked_impressions"], "count", compact=True)
    return html.Div(
        [
            html.Span(STAGES[row["stage"]], className="stage__name"),
            html.Strong(format_value(row["campaigns"], "count"), className="stage__count"),
            html.Span(
                f"{delivered} of {booked}" if row["booked_impressions"] else "nothing booked",
                className="stage__note",
            ),
        ],
        className="stage",
    )


def _at_risk(answer: Answer, view: View) -> Component:
    return table(
        answer,
        view,
        caption="Live campaigns behind their booking",
        keys=("name", "expected_shortfall", "delivered_ratio", "pacing_ratio"),
        kinds={"delivered_ratio": "progress"},
        labels={"delivered_ratio": "Of booked", "expected_shortfall": "Shortfall"},
        link=lambda row: f"/campaigns/{row['campaign_id']}",
        sub=lambda row: f"{row['sponsor_name']} · ends {day(row['end_date'])}",
        sorted_by="expected_shortfall",
    )


def _revenue(answer: Answer, view: View) -> Component:
    spent = answer.totals["spend_micros"]
    total = {
        "sponsor_name": "Total",
        "spend_micros": " · ".join(
            format_value(amount, "money", currency=currency) for currency, amount in spent.items()
        ),
        # A campaign that is paid in two currencies stands in two rows.
        "campaigns": sum(row["campaigns"] for row in answer.rows) if len(spent) == 1 else None,
    }
    return table(
        answer,
        view,
        caption="Spend by sponsor in the period",
        keys=("sponsor_name", "spend_micros", "campaigns"),
        kinds={"spend_micros": "bar"},
        total=total,
        sorted_by="spend_micros",
    )


def _no_spend(answer: Answer, view: View) -> tuple[str, str | None]:
    # As of when the campaigns are is known as soon as there is one.
    if answer.as_of is None:
        return "There is no campaign yet.", ""
    return "Nothing was spent in this period.", None


_FILLING = (
    "A campaign's deliveries fill its bookings in the order of their start: each takes what it booked on days of its "
    "flight, and the rest goes to the next."
)


def _expiring(answer: Answer, view: View) -> list[Component]:
    shown = table(
        answer,
        view,
        caption="Bookings that end within 30 days",
        keys=("name", "delivered_ratio", "impressions", "booked_impressions"),
        kinds={"delivered_ratio": "progress"},
        labels={"delivered_ratio": "Of booked"},
        link=lambda row: f"/campaigns/{row['campaign_id']}",
        sub=lambda row: " · ".join(
            filter(None, (row["sponsor_name"], row["promo_code"], f"ends {day(row['ends_on'])}"))
        ),
    )
    return [shown, foot(_FILLING)]


PAGE = Page(
    path="/portfolio",
    title="Portfolio",
    nav="Portfolio",
    group="Sponsorship",
    icon="portfolio",
    order=10,
    any_of=_WHO,
    filters=("period", "compare"),
    head=Box(
        "portfolio.figures",
        "Key figures",
        portfolio.portfolio_figures,
        _head,
        any_of=_WHO,
        lead=_lead,
        room=(354, 629),
        head=True,
    ),
    rows=(
        (
            Box(
                "portfolio.stages",
                "Campaigns by stage",
                portfolio.campaigns_by_stage,
                _stages,
                any_of=_WHO,
                height=96,
                room=(100, 356),
                skeleton="rows",
                note="impressions delivered of booked, whole flights",
                why="live_campaigns",
                empty="There is no campaign yet.",
                way_on="",
            ),
        ),
        (
            Box(
                "portfolio.at_risk",
                "Will fall short",
                portfolio.campaigns_at_risk,
                _at_risk,
                any_of=_WHO,
                span=6,
                height=320,
                room=(126, 135),
                skeleton="rows",
                note="live campaigns, at the present pace",
                why="pacing_ratio",
                empty="No live campaign is behind its booking.",
                way_on="",
            ),
            Box(
                "portfolio.revenue",
                "Spend by sponsor",
                portfolio.revenue_by_sponsor,
                _revenue,
                any_of=_WHO,
                span=6,
                height=320,
                room=(306, 333),
                skeleton="rows",
                why="spend_micros",
                empty=_no_spend,
            ),
        ),
        (
            Box(
                "portfolio.expiring",
                "Bookings that end soon",
                portfolio.expiring_bookings,
                _expiring,
                any_of=_WHO,
                height=280,
                room=(409, 639),
                skeleton="rows",
                lazy=True,
                note="within 30 days",
                why="delivered_ratio",
                empty="No booking ends within 30 days.",
                way_on="",
            ),
        ),
    ),
)
