"""One campaign: is it delivering what was booked, what did it bring, and which shows earn the credit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dash.development.base_component import Component

from dashboard import markup as html
from dashboard.answers import as_of, head, show_and_day, table
from dashboard.boxes import Box, View
from dashboard.components.charts import chart_view
from dashboard.components.frame import page_header
from dashboard.pages import Page
from dashboard.pages.campaigns import WHO, pacing_badges, stage_badge
from dashboard.plain import Plain
from queries import campaign_conversions, campaign_delivery, campaigns
from queries.errors import NotFound
from queries.filters import Filters, parse_id
from queries.metrics import metric
from queries.results import Answer
from queries.session import Connection
from reports.figures.subjects import credit_by_channel, delivery_against_booking, results_over_time
from reports.formatting import counted, day, format_value, interval, period
from reports.key_figures import decimals_of
from reports.rest import credit_with_rest, heard_with_rest
from reports.sentences_campaigns import campaign_sentence
from reports.too_little import too_few_to_compare_episodes, too_few_to_compare_shows


def _about(connection: Connection, filters: Filters) -> dict[str, Any]:
    if filters.campaign_id is None:
        raise NotFound("No such campaign.")
    return campaigns.campaign(connection, filters.campaign_id)


def _figures(connection: Connection, filters: Filters) -> Answer:
    answer = campaigns.campaign_figures(connection, filters)
    starts_on = None if any(row["value"] for row in answer.rows) else _begins(connection, filters)
    about = _about(connection, filters)
    booked = campaign_delivery.bookings(connection, filters).rows if starts_on else ()
    return replace(answer, totals={**answer.totals, **about, "starts_on": starts_on, "bookings": booked})


def _begins(connection: Connection, filters: Filters) -> date | None:
    """The first day of a flight that has not begun."""
    first: date = _about(connection, filters)["flight"][0]
    return first if filters.today < first else None


def _starts(first_day: date) -> str:
    return f"Flight starts on {day(first_day)}."


def _once_begun(
    ask: Callable[[Connection, Filters], Answer], counts: tuple[str, ...]
) -> Callable[[Connection, Filters], Answer]:
    """The question; where all these totals are 0 it has no rows, and the day on which the flight starts if it will.

    None of them is no 0: what is not told has its reason in the notes.
    """

    def asked(connection: Connection, filters: Filters) -> Answer:
        answer = ask(connection, filters)
        if any(answer.totals[key] is None or answer.totals[key] for key in counts):
            return answer
        totals = {**answer.totals, "starts_on": _begins(connection, filters)}
        return replace(answer, rows=(), notes=(), totals=totals)

    return asked


def _none_of(what: str) -> Callable[[Answer, View], tuple[str, str | None]]:
    """Why a box is empty: the flight has not begun, or there is none of it in the period."""

    def said(answer: Answer, view: View) -> tuple[str, str | None]:
        if answer.totals.get("starts_on"):
            return _starts(answer.totals["starts_on"]), ""
        return f"No {what} in this period.", None

    return said


def _lead(connection: Connection, filters: Filters, figures: Answer) -> str:
    return campaign_sentence(
        dict(figures.totals), figures, campaign_delivery.delivery(connection, filters), filters
    )


_STRIP = ("impressions", "reach", "visits", "conversions", "spend_micros", "return_on_ad_spend")
_LINE = ("frequency", "conversion_ratio", "cost_per_conversion_micros")


def _head(answer: Answer, view: View) -> list[Component]:
    about = answer.totals
    shown = replace(answer, rows=[row for row in answer.rows if row["metric"] in _STRIP])
    rest = {row["metric"]: row for row in answer.rows if row["metric"] in _LINE}
    said = []
    for key in _LINE:
        entry, row = metric(key), rest[key]
        value = format_value(row["value"], entry.unit, currency=about["currency"], decimals=decimals_of(row))
        between = interval(row.get("low"), row.get("high"), entry.unit, currency=about["currency"])
        beside = [html.Span(f", {between}", className="muted")] if between else []
        said.append(html.Span([f"{entry.label} ", html.Strong(value), *beside]))
    # Said once for the line: its rates rest on the same conversions.
    reasons = dict.fromkeys(
        row["note"] for row in rest.values() if row.get("is_too_little") or row["note"] == campaigns.NOT_KNOWN
    )
    said += [html.Span(reason, className="muted") for reason in reasons]
    title = f"{about['name']} · {about['sponsor_name']}"
    if about["starts_on"]:
        # The opening sentence says so; a strip of zeros would add nothing.
        # Nor would a period: no day of it is one of the flight.
        moment = as_of(replace(answer, rows=()), view).split(" · ")[1]
        return [
            page_header(title, view.lead, as_of=moment[:1].upper() + moment[1:], notes=answer.notes),
            html.Div(_what_comes(about, view), className="ahead"),
        ]
    return [
        *head(shown, view, title=title, csv="campaign.figures", report="campaign_performance", narrowed=True),
        html.P(said, className="facts facts--line"),
    ]


def _what_comes(about: Mapping[str, Any], view: View) -> list[Plain]:
    """Of a campaign that has not begun: what is booked, for how much, when it runs, and what will be seen here."""
    bookings, flight = about["bookings"], about["flight"]
    counts = [row["booked_impressions"] for row in bookings if row["booked_impressions"]]
    costs: dict[str, int] = {}
    for row in bookings:
        costs[row["currency"]] = costs.get(row["currency"], 0) + int(row["cost_micros"])
    days = (flight[0] - view.filters.today).days
    facts = [
        ("Flight", period(flight[0], flight[1] + timedelta(days=1), view.filters.zone)),
        ("Starts in", counted(days, "day")),
        *([("Booked", counted(sum(counts), "impression"))] if counts else []),
        *(("For", format_value(cost, "money", currency=currency)) for currency, cost in costs.items()),
    ]
    return [
        html.P(
            [html.Span([f"{name} ", html.Strong(value)]) for name, value in facts],
            className="facts facts--line",
        ),
        html.P(
            "From the first day on, this page shows what is delivered against the booking, reach, visits, conversions, "
            "spend and return, and which shows and episodes earn the conversions.",
            className="ahead__text",
        ),
    ]


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
            stage_badge(totals["stage"]),
            *pacing_badges(totals["pacing_state"]),
            html.Span(f"{format_value(totals['delivered'], 'count')}{booked}, flight {flight}"),
        ],
        className="facts",
    )
    return [
        line,
        chart_view(delivery_against_booking(answer, view.filters)),
    ]


def _conversions(answer: Answer, view: View) -> Component:
    return chart_view(results_over_time(answer, view.filters, "conversions"))


_attribution = _once_begun(campaign_conversions.attribution_by_podcast, ("attributed",))


def _credited(answer: Answer) -> Component:
    totals = answer.totals
    attributed = format_value(totals["attributed"], "count")
    conversions = counted(totals["conversions"], "conversion")
    said = (
        f"{attributed} of {conversions} followed an impression or visit within {totals['window_days']} days."
    )
    return html.P(said, className="facts")


def _credit(answer: Answer, view: View) -> list[Component]:
    return [_credited(answer), chart_view(credit_by_channel(answer))]


_attribution_by_episode = _once_begun(campaign_conversions.attribution_by_episode, ("attributed",))


def _credit_by_episode(answer: Answer, view: View) -> list[Component]:
    return [
        _credited(answer),
        table(
            replace(answer, rows=credit_with_rest(answer)),
            view,
            caption="Conversions credited to each episode, by model",
            keys=("title", "linear_credit", "linear_share", "first_touch_credit", "last_touch_credit"),
            kinds={"linear_credit": "bar"},
            sub=lambda row: show_and_day(row, view),
            sorted_by="linear_credit",
            whole=True,
        ),
    ]


def _shows(answer: Answer, view: View) -> Component:
    return table(
        answer,
        view,
        caption="Impressions, reach and frequency by show in the period",
        keys=("podcast_name", "impressions", "reach", "frequency", "share"),
        kinds={"impressions": "bar"},
        sorted_by="impressions",
        whole=True,
    )


def _episodes(answer: Answer, view: View) -> Component:
    return table(
        replace(answer, rows=heard_with_rest(answer)),
        view,
        caption="Impressions by episode in the period",
        keys=("title", "impressions", "reach", "frequency", "share", "unit_types"),
        kinds={"impressions": "bar"},
        sub=lambda row: show_and_day(row, view),
        sorted_by="impressions",
        whole=True,
    )


def _bookings(answer: Answer, view: View) -> Component:
    """The orders: what was booked and what it costs stand beside the name, where a phone shows them too."""
    rows = [
        {**row, "vanity_url": (row["vanity_url"] or "").partition("://")[2] or None} for row in answer.rows
    ]
    return table(
        replace(answer, rows=rows),
        view,
        caption="Insertion orders of this campaign",
        keys=("promo_code", "booked_impressions", "cost_micros", "vanity_url"),
        sub=lambda row: _flight_and_price(row, view),
    )


def _flight_and_price(row: Mapping[str, Any], view: View) -> str:
    """The grey line under an order: "1–31 Oct 2026 · CPM $25.00"; a flat price is its cost."""
    flight = period(row["starts_on"], row["ends_on"] + timedelta(days=1), view.filters.zone)
    if row["pricing_model"] == "flat":
        return f"{flight} · flat price"
    return f"{flight} · CPM\N{NO-BREAK SPACE}{format_value(row['rate_micros'], 'money', currency=row['currency'])}"


def _subject(connection: Connection, parts: dict[str, str]) -> str:
    return str(campaigns.campaign(connection, parse_id(parts["campaign_id"], "campaign"))["name"])


PAGE = Page(
    path="/campaigns/<campaign_id>",
    subject=_subject,
    title="Campaign",
    any_of=WHO,
    crumbs=(("Campaigns", "/campaigns"),),
    filters=("period", "compare", "podcast", "app", "country", "device", "grain"),
    head=Box(
        "campaign.figures", "Key figures", _figures, _head, any_of=WHO, lead=_lead, head=True, room=(367, 721)
    ),
    rows=(
        (
            Box(
                "campaign.delivery",
                "Delivered against booked",
                campaign_delivery.delivery,
                _delivery,
                any_of=WHO,
                heeds=(),
                height=340,
                room=(390, 440),
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
                heeds=(),
                once_begun=True,
                span=7,
                height=320,
                room=(279, 300),
                twin=True,
                why="linear_credit",
                empty=_none_of("conversion that followed an impression or visit"),
                too_little=too_few_to_compare_shows,
            ),
            Box(
                "campaign.conversions",
                "Conversions",
                _once_begun(campaign_conversions.conversions_trend, ("visits", "conversions")),
                _conversions,
                any_of=WHO,
                heeds=(),
                once_begun=True,
                span=5,
                height=320,
                room=(290, 290),
                twin=True,
                why="conversions",
                empty=_none_of("visit or conversion"),
            ),
        ),
        (
            Box(
                "campaign.episode_credit",
                "Which episodes earn the conversions",
                _attribution_by_episode,
                _credit_by_episode,
                any_of=WHO,
                heeds=(),
                once_begun=True,
                height=320,
                room=(632, 953),
                skeleton="rows",
                lazy=True,
                note="in the period",
                why="linear_credit",
                empty=_none_of("conversion that followed an impression or visit"),
                too_little=too_few_to_compare_episodes,
            ),
        ),
        (
            Box(
                "campaign.shows",
                "By show",
                _once_begun(campaign_delivery.delivery_by_podcast, ("impressions",)),
                _shows,
                any_of=WHO,
                heeds=("podcast", "app", "country", "device"),
                once_begun=True,
                height=240,
                room=(226, 249),
                skeleton="rows",
                lazy=True,
                note="in the period",
                why="reach",
                empty=_none_of("impression"),
            ),
        ),
        (
            Box(
                "campaign.episodes",
                "By episode",
                _once_begun(campaign_delivery.delivery_by_episode, ("impressions",)),
                _episodes,
                any_of=WHO,
                heeds=("podcast", "app", "country", "device"),
                once_begun=True,
                height=440,
                room=(599, 1109),
                skeleton="rows",
                lazy=True,
                note="in the period",
                why="impressions",
                empty=_none_of("impression"),
            ),
        ),
        (
            Box(
                "campaign.bookings",
                "Bookings",
                campaign_delivery.bookings,
                _bookings,
                any_of=WHO,
                heeds=(),
                height=200,
                room=(156, 195),
                skeleton="rows",
                lazy=True,
                why="booked_impressions",
                empty="There is no insertion order yet.",
                way_on="",
            ),
        ),
    ),
)
