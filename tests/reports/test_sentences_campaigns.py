"""The opening sentences of the campaign pages, word for word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer
from reports.sentences_campaigns import campaign_sentence, campaigns_sentence, portfolio_sentence

F = Filters(
    period=Period(date(2026, 10, 24), date(2026, 11, 23)),
    zone=ZoneInfo("UTC"),
    now=datetime(2026, 11, 23, 9, tzinfo=UTC),
)


def answer(*rows: dict[str, Any], **totals: Any) -> Answer:
    return Answer(columns=(), rows=rows, totals=totals)


def card(name: str, stage: str, state: str | None, booked: int | None, delivered: int) -> dict[str, Any]:
    return {
        "name": name,
        "stage": stage,
        "pacing_state": state,
        "booked_impressions": booked,
        "impressions": delivered,
    }


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ([], "There is no campaign yet."),
        ([card("A", "prospect", "not started", 10, 0)], "No campaign is live."),
        (
            [card("A", "booked", "not started", 10, 0), card("B", "completed", "ended full", 10, 10)],
            "No campaign is live: 1 booked and 1 ended.",
        ),
        (
            [card("A", "live", "behind", 1000, 400)],
            "1 campaign is live and has delivered 400 of 1,000 booked impressions (40.0\u202f%); it is behind.",
        ),
        (
            [card("A", "live", "ahead", 1000, 400)],
            "1 campaign is live and has delivered 400 of 1,000 booked impressions (40.0\u202f%); it is not behind.",
        ),
        (
            [
                card("A", "live", "ahead", 1000, 900),
                card("B", "live", "behind", 1000, 100),
                card("C", "live", None, None, 7),
            ],
            "3 campaigns are live and have delivered 1,000 of 2,000 booked impressions (50.0\u202f%); “B” is behind.",
        ),
        (
            [card("A", "live", "behind", 500, 1), card("B", "live", "behind", 500, 1)],
            "2 campaigns are live and have delivered 2 of 1,000 booked impressions (0.2\u202f%); both are behind.",
        ),
        (
            [card(name, "live", "behind" if name < "C" else "on track", 500, 250) for name in "ABCD"],
            "4 campaigns are live and have delivered 1,000 of 2,000 booked impressions (50.0\u202f%); 2 are behind.",
        ),
        ([card("A", "live", None, None, 7)], "1 campaign is live."),
    ],
)
def test_campaigns(cards: list[dict[str, Any]], said: str) -> None:
    assert campaigns_sentence(answer(*cards), F) == said


def totals(state: str | None, delivered: int, booked: int, elapsed: str | None = "0.5") -> dict[str, Any]:
    return {
        "pacing_state": state, "delivered": delivered, "booked": booked, "start_date": date(2026, 12, 1),
        "elapsed_ratio": None if elapsed is None else Decimal(elapsed),
        "expected_by": datetime(2026, 12, 5, 23, 57, tzinfo=UTC),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("delivery", "flight"),
    [
        (totals("behind", 400, 1000),
         "400 of 1,000 booked impressions (40.0\u202f%) delivered, behind (500 expected by 5 Dec)"),
        (totals("ahead", 600, 1000),
         "600 of 1,000 booked impressions (60.0\u202f%) delivered, ahead (500 expected by 5 Dec)"),
        (totals("ended short", 900, 1000, "1"),
         "900 of 1,000 booked impressions (90.0\u202f%) delivered when the flight ended, 100 short"),
        (totals("ended full", 1200, 1000, "1"),
         "1,200 of 1,000 booked impressions (120.0\u202f%) delivered when the flight ended"),
        (totals("not started", 0, 1000, None),
         "The flight of Autumn starts on 1 Dec 2026 with 1,000 impressions booked"),
        (totals("not started", 0, 0, None), "The flight of Autumn starts on 1 Dec 2026"),
        (totals(None, 1, 0, None), "1 impression delivered, none booked"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("conversions", "change", "brought"),
    [
        (40, "0.12", "40 conversions (+12.0\u202f%)"),
        (1, "-0.5", "1 conversion (−50.0\u202f%)"),
        (0, None, "0 conversions"),
    ],
)
def test_campaign(
    delivery: dict[str, Any], flight: str, conversions: int, change: str | None, brought: str
) -> None:
    figures = answer(
        {
            "metric": "conversions",
            "value": conversions,
            "change_ratio": None if change is None else Decimal(change),
        }
    )
    said = campaign_sentence({"name": "Autumn"}, figures, answer(**delivery), F)
    # Of a flight that has not begun nobody asks what it brought.
    has_begun = delivery["pacing_state"] != "not started" or conversions
    assert said == (f"{flight}; {brought} over 24 Oct – 22 Nov 2026." if has_begun else f"{flight}.")


@pytest.mark.parametrize(
    ("impressions", "reach", "said"),
    [
        (5706, 2339, "; this filter keeps 5,706 impressions for 2,339 listeners over 24 Oct – 22 Nov 2026."),
        (0, 0, "; this filter keeps 0 impressions for 0 listeners over 24 Oct – 22 Nov 2026."),
        (None, None, "; how many of them this filter keeps is not told."),
    ],
)
def test_a_campaign_seen_through_a_filter(impressions: int | None, reach: int | None, said: str) -> None:
    figures = answer(
        {"metric": "impressions", "value": impressions},
        {"metric": "reach", "value": reach},
        {"metric": "conversions", "value": None, "change_ratio": None},
    )
    flight = "400 of 1,000 booked impressions (40.0\u202f%) delivered, behind (500 expected by 5 Dec)"
    delivery = answer(**totals("behind", 400, 1000))
    assert campaign_sentence({"name": "Autumn"}, figures, delivery, F) == f"{flight}{said}"
    ahead = campaign_sentence({"name": "Autumn"}, figures, answer(**totals("not started", 0, 0, None)), F)
    assert ahead.startswith("The flight of Autumn starts on 1 Dec 2026")
    assert ("this filter" in ahead) == bool(impressions)


@pytest.mark.parametrize(
    ("live", "risk", "said"),
    [
        (0, [], "None of 9 campaigns are live, "
                "1,200 impressions delivered (+4.2\u202f%) over 24 Oct – 22 Nov 2026."),
        (1, [], "1 of 9 campaigns is live, 1,200 impressions delivered (+4.2\u202f%) over 24 Oct – 22 Nov 2026; "
                "it is not behind."),
        (5, [], "5 of 9 campaigns are live, 1,200 impressions delivered (+4.2\u202f%) over 24 Oct – 22 Nov 2026; "
                "none is behind."),
        (5, [("A", 3400)], "5 of 9 campaigns are live, 1,200 impressions delivered (+4.2\u202f%) over "
                           "24 Oct – 22 Nov 2026; “A” is behind, with an expected shortfall of 3,400 impressions."),
        (5, [("A", 3400), ("B", 100)],
         "5 of 9 campaigns are live, 1,200 impressions delivered (+4.2\u202f%) over 24 Oct – 22 Nov 2026; "
         "2 are behind, with an expected shortfall of 3,500 impressions."),
    ],
)  # fmt: skip
def test_portfolio(live: int, risk: list[tuple[str, int]], said: str) -> None:
    figures = answer(
        {"metric": "impressions", "value": 1200, "change_ratio": Decimal("0.042")},
        campaigns=9,
        live=live,
        at_risk=len(risk),
    )
    at_risk = answer(*({"name": name, "expected_shortfall": missing} for name, missing in risk))
    assert portfolio_sentence(figures, at_risk, F) == said


def test_an_empty_portfolio() -> None:
    figures = answer(
        {"metric": "impressions", "value": 0, "change_ratio": None}, campaigns=0, live=0, at_risk=0
    )
    assert portfolio_sentence(figures, answer(), F) == "There is no campaign yet."
