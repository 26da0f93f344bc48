"""The opening sentence of the campaign pages and reports: one true sentence made from their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from queries.campaign_states import is_live
from queries.filters import Filters
from queries.results import Answer
from reports import formatting
from reports.sentences import period_phrase


def campaigns_sentence(cards: Answer, f: Filters) -> str:  # noqa: ARG001 - every opening sentence is asked alike
    """How many campaigns are live, what they delivered of their bookings, who is behind. Source: campaign_cards."""
    if cards.is_empty:
        return "There is no campaign yet."
    live = [row for row in cards.rows if is_live(row["stage"])]
    if not live:
        booked = sum(row["stage"] == "booked" for row in cards.rows)
        ended = sum(row["stage"] in ("completed", "cancelled") for row in cards.rows)
        others = [text for count, text in ((booked, f"{booked} booked"), (ended, f"{ended} ended")) if count]
        return f"No campaign is live{': ' + ' and '.join(others) if others else ''}."
    is_are, has_have = ("is", "has") if len(live) == 1 else ("are", "have")
    opening = f"{formatting.counted(len(live), 'campaign')} {is_are} live"
    booked_ones = [row for row in live if row["booked_impressions"]]
    booked = sum(row["booked_impressions"] for row in booked_ones)
    if booked:
        delivered = sum(row["impressions"] for row in booked_ones)
        opening += f" and {has_have} delivered {_delivered(delivered, booked)}"
    paced = [row for row in live if row["pacing_state"] in ("behind", "on track", "ahead")]
    if not paced:
        return f"{opening}."
    return f"{opening}; {_behind([str(row['name']) for row in paced if row['pacing_state'] == 'behind'], len(paced))}."


def campaign_sentence(campaign: Mapping[str, Any], figures: Answer, delivery: Answer, f: Filters) -> str:
    """How the whole flight's delivery stands, and the conversions of the period; of a part of the campaign its reach.

    Source: campaign and campaign_figures of queries.campaigns, delivery of queries.campaign_delivery.
    """
    values = {row["metric"]: row for row in figures.rows}
    conversions = values["conversions"]
    brought = values["impressions"] if conversions["value"] is None else conversions
    if delivery.totals["pacing_state"] == "not started" and not brought["value"]:
        return f"{_flight(campaign, delivery.totals, f)}."
    if conversions["value"] is None:
        return _narrowed_sentence(values, _flight(campaign, delivery.totals, f), f)
    said = formatting.counted(int(conversions["value"]), "conversion")
    if conversions["change_ratio"] is not None:
        said += f" ({formatting.signed_percent(conversions['change_ratio'])})"
    return f"{_flight(campaign, delivery.totals, f)}; {said} {period_phrase(f)}."


def _narrowed_sentence(values: Mapping[str, Mapping[str, Any]], flight: str, f: Filters) -> str:
    """Only delivery is known by show, episode, app, country and device; the flight is of the whole campaign."""
    reach, impressions = values["reach"]["value"], values["impressions"]["value"]
    if reach is None:
        return f"{flight}; how many of them this filter keeps is not told."
    heard = f"{formatting.counted(impressions, 'impression')} for {formatting.counted(reach, 'listener')}"
    return f"{flight}; this filter keeps {heard} {period_phrase(f)}."


def portfolio_sentence(figures: Answer, at_risk: Answer, f: Filters) -> str:
    """How many campaigns are live, what was delivered in the period, and what will be missing at the present pace.

    Source: portfolio_figures and campaigns_at_risk of queries.portfolio.
    """
    campaigns, live = figures.totals["campaigns"], figures.totals["live"]
    if not campaigns:
        return "There is no campaign yet."
    impressions = next(row for row in figures.rows if row["metric"] == "impressions")
    is_are = "is" if live == 1 else "are"
    opening = f"{live or 'None'} of {formatting.counted(campaigns, 'campaign')} {is_are} live"
    opening += f", {formatting.counted(int(impressions['value']), 'impression')} delivered"
    if impressions["change_ratio"] is not None:
        opening += f" ({formatting.signed_percent(impressions['change_ratio'])})"
    opening += f" {period_phrase(f)}"
    if not live:
        return f"{opening}."
    names = [str(row["name"]) for row in at_risk.rows]
    shortfall = sum(row["expected_shortfall"] or 0 for row in at_risk.rows)
    missing = (
        f", with an expected shortfall of {formatting.number(shortfall)} impressions" if shortfall else ""
    )
    return f"{opening}; {_behind(names, live)}{missing}."


def _flight(campaign: Mapping[str, Any], totals: Mapping[str, Any], f: Filters) -> str:
    delivered, booked, state = totals["delivered"], totals["booked"], totals["pacing_state"]
    if state == "not started":
        plan = f" with {formatting.counted(booked, 'impression')} booked" if booked else ""
        return f"The flight of {campaign['name']} starts on {formatting.day(totals['start_date'])}{plan}"
    if not booked:
        return f"{formatting.counted(delivered, 'impression')} delivered, none booked"
    opening = f"{_delivered(delivered, booked)} delivered"
    if state == "ended full":
        return f"{opening} when the flight ended"
    if state == "ended short":
        return f"{opening} when the flight ended, {formatting.number(booked - delivered)} short"
    if state is None:
        return f"{opening}; there is no data of the flight yet"
    by = formatting.local(totals["expected_by"], f.zone)
    said = formatting.day(by, year=by.year != f.today.year)
    return f"{opening}, {state} ({formatting.number(booked * totals['elapsed_ratio'])} expected by {said})"


def _delivered(delivered: int, booked: int) -> str:
    share = formatting.percent(Decimal(delivered) / Decimal(booked))
    return f"{formatting.number(delivered)} of {formatting.counted(booked, 'booked impression')} ({share})"


def _behind(names: list[str], of: int) -> str:
    if not names:
        return "it is not behind" if of == 1 else "none is behind"
    if len(names) == 1:
        return "it is behind" if of == 1 else f"“{names[0]}” is behind"
    return f"{'both' if len(names) == of == 2 else 'all' if len(names) == of else len(names)} are behind"
