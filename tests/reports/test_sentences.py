"""The opening sentence of the listening pages is true: up, down, level, without comparison, without data, so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from queries import listening, listening_breakdowns
from queries.filters import Filters, parse_filters
from queries.periods import Period
from queries.results import Answer
from queries.session import tenant_session
from reports.sentences import audience_sentence, library_sentence
from tests.world import World

NOW = datetime(2026, 10, 15, 9, tzinfo=UTC)
MONTH = parse_filters({}, zone=ZoneInfo("Europe/Berlin"), now=NOW)


def _view(**changes: Any) -> Filters:
    return replace(MONTH, **changes)


def _said(f: Filters, value: int, previous: int | None = None, top: tuple[str, int] | None = None) -> str:
    change = None if not previous else Decimal(value - previous) / previous
    figures = Answer(
        (),
        [{"metric": "downloads", "value": value, "previous": previous, "change_ratio": change}],
        as_of=NOW,
        partial_from=f.partial_from,
    )
    rows = (
        [{"episode_id": uuid4(), "title": top[0], "downloads": top[1], "share": Decimal(top[1]) / value}]
        if top
        else []
    )
    return audience_sentence(figures, Answer((), rows, as_of=NOW), f).replace("\u202f", " ")


THIRTY = _view()
OCTOBER = _view(period=Period(date(2026, 9, 1), date(2026, 10, 1)), preset="")
DAY = _view(period=Period(date(2026, 10, 2), date(2026, 10, 3)), preset="")
SO_FAR = parse_filters({"period": "mtd"}, zone=ZoneInfo("Europe/Berlin"), now=NOW)
SECOND = _view(
    period=Period(date(2026, 10, 1), date(2026, 10, 3)), preset="", now=datetime(2026, 10, 2, 9, tzinfo=UTC)
)
AHEAD = _view(period=Period(date(2026, 10, 1), date(2026, 11, 1)), preset="")


@pytest.mark.parametrize(
    ("f", "value", "previous", "top", "said"),
    [
        (THIRTY, 41200, 36786, ("Blue", 7416),
         "Downloads rose 12.0 % to 41,200 in the last 30 days; “Blue” brought 18.0 % of them."),
        (THIRTY, 41200, 45778, ("Blue", 7416),
         "Downloads fell 10.0 % to 41,200 in the last 30 days; “Blue” brought 18.0 % of them."),
        (THIRTY, 41200, 41201, None, "Downloads held at 41,200 in the last 30 days."),
        (THIRTY, 41200, 41200, None, "Downloads held at 41,200 in the last 30 days."),
        (THIRTY, 41200, 43000, None, "Downloads fell 4.2 % to 41,200 in the last 30 days."),
        (THIRTY, 41200, 0, None, "There were 41,200 downloads in the last 30 days."),
        (THIRTY, 41200, None, None, "There were 41,200 downloads in the last 30 days."),
        (THIRTY, 1, None, ("Blue", 1), "There was 1 download in the last 30 days; it came from “Blue”."),
        (THIRTY, 20, 10, ("Blue", 20), "Downloads rose 100.0 % to 20 in the last 30 days, all of them from “Blue”."),
        (THIRTY, 0, 12, None, "There was no download in the last 30 days, after 12 in the 30 days before."),
        (THIRTY, 0, None, None, "There was no download in the last 30 days."),
        (_view(comparison="year"), 20, 10, None,
         "Downloads rose 100.0 % to 20 in the last 30 days, compared with a year ago."),
        (OCTOBER, 20, 10, None, "Downloads rose 100.0 % to 20 over 1–30 Sep 2026."),
        (DAY, 20, 10, None, "Downloads rose 100.0 % to 20 on 2 Oct 2026."),
        (SO_FAR, 20, 10, None, "20 downloads so far this month (through 14 Oct +100.0 % against the 14 days before)."),
        (SO_FAR, 20, 20, None, "20 downloads so far this month (through 14 Oct as many as in the 14 days before)."),
        (SO_FAR, 20, None, None, "20 downloads so far this month."),
        (SO_FAR, 0, None, None, "There was no download this month so far."),
        (SO_FAR, 0, 12, None, "There was no download this month so far, after 12 in the 14 days before."),
        (AHEAD, 20, 10, None,
         "20 downloads so far over 1–31 Oct 2026 (through 14 Oct +100.0 % against the 14 days before)."),
        (SECOND, 20, 10, None,
         "20 downloads so far over 1–2 Oct 2026 (through 1 Oct +100.0 % against the day before)."),
    ],
)  # fmt: skip
def test_audience_sentence(
    f: Filters, value: int, previous: int | None, top: tuple[str, int] | None, said: str
) -> None:
    assert _said(f, value, previous, top) == said


def test_a_long_title_is_cut() -> None:
    assert "“" + "x" * 79 + "…” brought" in _said(THIRTY, 20, None, ("x" * 200, 10))


def test_before_anything_was_counted() -> None:
    assert audience_sentence(Answer((), []), Answer((), []), THIRTY) == "No download has been counted yet."


@pytest.mark.parametrize("person", ["alice", "carol", "bob", "charlie"])
def test_its_numbers_are_those_of_the_answers(world: World, person: str) -> None:
    f = (world.b if person == "charlie" else world.a).filters()
    with tenant_session(getattr(world.people, person)) as connection:
        figures = listening.overview_figures(connection, f)
        top = listening_breakdowns.top_episodes(connection, f, limit=1)
    said = audience_sentence(figures, top, f)
    downloads = figures.rows[0]
    assert f"{downloads['value']:,}" in said if downloads["value"] else "no download" in said
    if not top.is_empty:
        assert top.rows[0]["title"] in said


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ({}, "There is no report yet."),
        ({"cancelled": 2}, "There is no report yet."),
        ({"ready": 1}, "1 report is ready."),
        ({"ready": 3, "queued": 1, "failed": 1}, "3 reports are ready, 1 is being made and 1 failed."),
        ({"ready": 1, "queued": 1, "running": 1, "cancelled": 4}, "1 report is ready and 2 are being made."),
        ({"failed": 2}, "No reports are ready and 2 failed."),
    ],
)
def test_the_library_says_how_far_its_reports_are(reports: dict[str, int], said: str) -> None:
    assert library_sentence(reports) == said
