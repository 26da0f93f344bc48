"""Campaign performance: delivery against booking, conversions, attribution and episodes of one campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.metrics import metric
from queries.results import Answer
from reports.documents import Draft, Step
from reports.documents.blocks import Block, Facts, Note, Section, figure, kpis, side_by_side, table
from reports.documents.words import against_words, narrowing_words, period_words, words_line
from reports.figures.subjects import (
    credit_by_channel,
    delivery_against_booking,
    results_grain,
    results_over_time,
)
from reports.formatting import counted, number, percent, period
from reports.labels import PRICING, STAGES, state_name
from reports.rest import credit_with_rest, heard_with_rest
from reports.snapshot import Snapshot
from reports.too_little import too_few_to_compare_shows

if TYPE_CHECKING:
    from queries.session import Connection

LABEL = "Campaign performance"

_RESULTS: tuple[Literal["visits", "conversions"], ...] = ("visits", "conversions")
MOST_EPISODES = 30
"""Rows of the list of episodes: a page full; the CSV of the campaign's page has them all."""


def read(connection: Connection, filters: Filters, step: Step) -> Draft:
    """Every number of the campaign's page, read in one transaction. Raises NotFound for a foreign campaign."""
    # Imported here: the process that draws has no use for the database's library.
    from queries import campaign_conversions, campaign_delivery, campaigns
    from reports.sentences_campaigns import campaign_sentence

    if filters.campaign_id is None:
        raise InvalidRequest("This report needs a campaign.", field="campaign")
    header = campaigns.campaign(connection, filters.campaign_id)
    answers: dict[str, Answer] = {}
    for name, words, ask in (
        ("figures", "key figures", campaigns.campaign_figures),
        ("delivery", "delivery", campaign_delivery.delivery),
        ("conversions", "conversions", campaign_conversions.conversions_trend),
        ("attribution", "attribution", campaign_conversions.attribution_by_podcast),
        ("episode_credit", "attribution", campaign_conversions.attribution_by_episode),
        ("shows", "shows", campaign_delivery.delivery_by_podcast),
        ("episodes", "episodes", campaign_delivery.delivery_by_episode),
        ("bookings", "bookings", campaign_delivery.bookings),
    ):
        step(f"Reading {words}")
        answers[name] = ask(connection, filters)
    # Papers have no column of kinds of ad.
    notes = tuple(note for note in answers["episodes"].notes if note != campaign_delivery.KINDS_OF_ALL)
    answers["episodes"] = replace(answers["episodes"], notes=notes)
    narrowed = narrowed_line(connection, filters)
    return Draft(
        title=named(str(header["name"]), narrowed),
        sentence=campaign_sentence(header, answers["figures"], answers["delivery"], filters),
        facts={**header, "narrowed": narrowed, "is_all_delivery_narrowed": True},
        answers=answers,
        campaign_id=filters.campaign_id,
    )


def narrowed_line(connection: Connection, filters: Filters) -> str:
    """What the campaign's key figures are narrowed to, in one line; empty where they are of all of it."""
    from queries import campaign_delivery

    chosen = campaign_delivery.chosen(connection, filters)
    shows = [("Podcasts", chosen["Podcasts"])] if "Podcasts" in chosen else []
    return words_line([*shows, *narrowing_words(filters, episodes=chosen.get("Episodes", ()))])


def named(campaign: str, narrowed: str) -> str:
    """What the report is called: the campaign, and what it is narrowed to."""
    return f"{campaign} · {narrowed}" if narrowed else campaign


def address(filters: Filters) -> str:
    """The page that shows the same, with its query."""
    query = {key: value for key, value in filters.to_query().items() if key != "campaign"}
    return f"/campaigns/{filters.campaign_id}?{urlencode(query)}"


def compose(snapshot: Snapshot) -> Sequence[Section]:
    """Key figures, delivery, conversions, attribution, episodes and bookings."""
    facts, answers, currency = snapshot.facts, snapshot.answers, snapshot.facts["currency"]
    zone = snapshot.filters.zone
    compared = against_words(snapshot.filters)
    return (
        Section(
            "Key figures",
            (
                kpis(answers["figures"], compared=compared, currency=currency),
                *_narrowed(facts),
                *_notes(answers["figures"]),
            ),
            lead=f"{_flight(facts)} The key figures are of {period_words(snapshot.filters)}.",
        ),
        Section("Delivery", (*_delivery_facts(answers["delivery"]), _delivery(snapshot))),
        Section("Visits and conversions", tuple(_conversions(snapshot))),
        Section(
            "Which shows and episodes brought them",
            tuple(_credit(answers["attribution"], answers["episode_credit"], zone)),
        ),
        Section("Episodes", (*_shows(snapshot), *_episodes(snapshot))),
        Section(
            "Insertion orders",
            (
                table(
                    "Bookings",
                    _priced(answers["bookings"]),
                    (
                        "booking_date",
                        "promo_code",
                        "pricing_model",
                        "starts_on",
                        "ends_on",
                        "booked_impressions",
                        "rate_micros",
                        "cost_micros",
                    ),
                    zone=zone,
                    currency=currency,
                ),
                *_notes(answers["bookings"]),
            ),
        ),
    )


def _narrowed(facts: Mapping[str, Any]) -> tuple[Note, ...]:
    """What the figures are narrowed to, and which numbers are not; papers of before know of no such thing.

    In some of them shows and episodes did not heed apps, countries and devices.
    """
    line = facts.get("narrowed")
    if not line:
        return ()
    rows = (
        "are narrowed so too"
        if facts.get("is_all_delivery_narrowed")
        else "are narrowed by show and episode alone"
    )
    return (
        Note(
            f"Narrowed to {line}. Shows and episodes below {rows}; delivery against "
            "booking, visits, conversions, credit and orders are of the whole campaign."
        ),
    )


def _shows(snapshot: Snapshot) -> tuple[Block, ...]:
    """Delivery by show; papers of before have none."""
    answer = snapshot.answers.get("shows")
    if answer is None or answer.is_empty:
        return ()
    return (
        *_notes(answer),
        table(
            "Delivery by show",
            answer,
            ("podcast_name", "impressions", "share", "reach", "frequency"),
            zone=snapshot.filters.zone,
            caption="Reach is counted per show: whoever heard two shows is in both rows, and once in the campaign's.",
        ),
    )


def _episodes(snapshot: Snapshot) -> tuple[Block, ...]:
    answer = snapshot.answers["episodes"]
    if answer.is_empty and answer.notes:
        # There may be something that is not told.
        return _notes(answer)
    known = {column.key for column in answer.columns}
    keys = ("title", "podcast_name", "published_at", "impressions", "share", "reach", "frequency")
    by_episode = table(
        "Delivery by episode",
        replace(answer, rows=heard_with_rest(answer, limit=MOST_EPISODES)),
        # A paper of before knows no frequency of episodes.
        tuple(key for key in keys if key in known),
        zone=snapshot.filters.zone,
        caption="Reach is counted per episode and adds up to nothing: one listener may hear several.",
    )
    return (*_notes(answer), by_episode)


def _flight(facts: Mapping[str, Any]) -> str:
    start, end = facts["start_date"], facts["end_date"]
    flight = period(start, end + timedelta(days=1), UTC)
    return (
        f"For {facts['sponsor_name']}. Flight {flight}, {counted((end - start).days + 1, 'day')}. "
        f"Stage: {STAGES[facts['stage']].lower()}. A conversion is a {facts['conversion_type']}."
    )


def _delivery(snapshot: Snapshot) -> Block:
    answer = snapshot.answers["delivery"]
    if answer.is_empty or not answer.totals.get("booked"):
        return Note("Nothing was booked for this campaign yet, so there is no target to deliver against.")
    return figure(
        "Impressions delivered against booked, whole flight",
        delivery_against_booking(answer, snapshot.filters),
        height=150,
    )


def _delivery_facts(answer: Answer) -> tuple[Block, ...]:
    totals = answer.totals
    if not totals.get("booked"):
        return ()
    items = [
        ("Impressions, whole flight", number(totals["delivered"])),
        ("Booked, whole flight", number(totals["booked"])),
        ("Flight elapsed", percent(totals["elapsed_ratio"])),
        (metric("pacing_ratio").label, percent(totals["pacing_ratio"])),
        ("Pacing state", state_name(str(totals["pacing_state"] or "no data of the flight yet"))),
    ]
    return (Facts(tuple(items)),)


def _conversions(snapshot: Snapshot) -> list[Block]:
    answer, filters = snapshot.answers["conversions"], snapshot.filters
    blocks = [
        figure(
            f"{metric(key).label} per {results_grain(filters)}",
            results_over_time(answer, filters, key),
            half=True,
            height=170,
        )
        for key in _RESULTS
    ]
    return [*side_by_side(blocks), *_notes(answer)]


def _credit(answer: Answer, by_episode: Answer, zone: ZoneInfo) -> list[Block]:
    if answer.is_empty:
        return [Note("No conversion in this period had an impression or visit of this campaign before it.")]
    if reason := too_few_to_compare_shows(answer):
        return [Note(f"Too little data: {reason}")]
    totals = answer.totals
    outside = totals.get("unattributed") or 0
    lead = (
        f"{counted(int(totals['attributed']), 'conversion')} of {number(totals['conversions'])} had a touch within "
        f"{totals['window_days']} days before."
    )
    if outside:
        lead += f" {number(outside)} had none and {'is' if outside == 1 else 'are'} credited to no show."
    return [
        figure("Conversions credited to each show, by model", credit_by_channel(answer), caption=lead),
        table(
            "Credit by show",
            answer,
            ("podcast_name", "first_touch_credit", "last_touch_credit", "linear_credit", "linear_share"),
            zone=zone,
        ),
        table(
            "Credit by episode",
            replace(by_episode, rows=credit_with_rest(by_episode)),
            (
                "title",
                "podcast_name",
                "first_touch_credit",
                "last_touch_credit",
                "linear_credit",
                "linear_share",
            ),
            zone=zone,
        ),
        *_notes(answer),
    ]


def _priced(answer: Answer) -> Answer:
    return replace(
        answer, rows=[{**row, "pricing_model": PRICING[row["pricing_model"]]} for row in answer.rows]
    )


def _notes(answer: Answer) -> tuple[Note, ...]:
    return tuple(Note(note) for note in answer.notes)
