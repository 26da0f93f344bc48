"""Download of a report: to those who may, with the right headers, and the same "not found" to everybody else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from dashboard.pages.reports import default_period, flight_query
from queries import report_library
from queries.filters import parse_filters
from queries.session import tenant_session
from tests.dashboard.visitors import Browser, address
from tests.world import World

PDF = b"%PDF-1.7\nof Alpha Audio"


@pytest.fixture
def report(app: object, in_tables: psycopg.Connection[Any]) -> Iterator[str]:
    """A finished report that Dora asked for."""
    row = in_tables.execute(
        "insert into reports (tenant_id, report_type, title, parameters, created_by, status, report_data, pdf, "
        "pdf_sha256, pdf_bytes, page_count, generated_at) select tenant_id, 'podcast_audience', 'October', "
        """'{"from": "2026-10-01", "to": "2026-10-31"}', id, 'ready', '{"version": 1, "title": "Night Shift"}', """
        "%s, %s, %s, 1, now() from users where email = %s returning id",
        [PDF, hashlib.sha256(PDF).hexdigest(), len(PDF), address("Dora")],
    ).fetchone()
    assert row is not None
    yield f"/reports/{row[0]}.pdf"
    in_tables.execute("delete from reports")


@pytest.mark.parametrize("person", ["Dora", "Alice"])
def test_it_is_handed_out_as_a_file_that_no_cache_keeps(
    browse: Callable[..., Browser], report: str, person: str
) -> None:
    answer = browse(person).get(report)
    assert answer.status_code == 200
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=podboard-podcast-audience-night-shift-2026-10-01-2026-10-31.pdf"
    )
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("person", ["Bob", "Carol", "Charlie"])
def test_others_of_the_tenant_and_strangers_are_told_the_same_as_for_no_report_at_all(
    browse: Callable[..., Browser], report: str, person: str
) -> None:
    browser = browse(person)
    foreign, none = browser.get(report), browser.get(f"/reports/{uuid4()}.pdf")
    assert foreign.status_code == none.status_code == 404
    assert PDF not in foreign.data
    assert "Night Shift" not in foreign.text


def test_without_a_log_in_or_the_permission_there_is_nothing(
    browse: Callable[..., Browser], report: str
) -> None:
    anonymous = browse().get(report)
    assert anonymous.status_code in (302, 303, 401)
    assert PDF not in anonymous.data
    operator = browse("Oscar").get(report)
    assert operator.status_code in (403, 404)
    assert PDF not in operator.data


def test_a_report_that_is_not_ready_and_a_bent_address_are_not_found(
    browse: Callable[..., Browser], report: str, in_tables: psycopg.Connection[Any]
) -> None:
    in_tables.execute("update reports set status = 'failed'")
    browser = browse("Dora")
    assert browser.get(report).status_code == 404
    for bent in (
        "/reports/17.pdf",
        "/reports/../reports.pdf",
        report.replace(".pdf", ".pdf%00"),
        report + "/x",
    ):
        answer = browser.get(bent)
        assert PDF not in answer.data
        assert answer.headers["Content-Type"] != "application/pdf"


@pytest.mark.parametrize(
    ("begins", "ends", "offered"),
    [
        (-90, -1, "flight"),  # over
        (-90, 0, "30d"),
        (-31, 40, "30d"),
        (-30, 40, "flight"),  # the last 30 days would hold days before it
        (0, 40, "flight"),
        (7, 40, "flight"),  # not begun
    ],
)
def test_the_form_offers_the_period_that_says_most_of_a_campaign(
    begins: int, ends: int, offered: str
) -> None:
    today = date(2026, 11, 23)
    about = {"flight": (today + timedelta(days=begins), today + timedelta(days=ends))}
    assert default_period(about, today) == offered
    f = parse_filters(
        flight_query(about), zone=ZoneInfo("Europe/Berlin"), now=datetime(2026, 11, 23, 9, tzinfo=UTC)
    )
    assert (f.period.start, f.period.last_day, f.compared) == (*about["flight"], None)


@pytest.mark.parametrize(
    ("said", "then"),
    [
        (25, 50), (490, 500), (500, 500), (2**64, 50), (1.8446744073709552e19, 50), (-1, 50), ("x", 50), (None, 50),
        (True, 50), (float("nan"), 50), (float("inf"), 50),
    ],
)  # fmt: skip
def test_the_list_grows_by_a_page_whatever_the_page_says_it_shows(
    browse: Callable[..., Browser], said: Any, then: int
) -> None:
    more = {"id": {"index": 0, "type": "report-more"}, "property": "n_clicks", "value": 1}
    answer = browse("Dora").callback(
        {
            "output": "report-shown.data",
            "outputs": {"id": "report-shown", "property": "data"},
            "inputs": [[more]],
            "state": [{"id": "report-shown", "property": "data", "value": said}],
            "changedPropIds": ['{"index":0,"type":"report-more"}.n_clicks'],
        }
    )
    assert answer.status_code == 200
    assert answer.get_json()["response"]["report-shown"]["data"] == then


def test_a_failed_report_is_asked_for_again_as_it_was_by_whoever_may(
    visit: Callable[[str], Browser], world: World
) -> None:
    dora = world.people.dora
    assert dora.user_id is not None
    parameters = {"from": "2026-01-01", "to": "2026-01-31", "country": "DE"}
    with tenant_session(dora, write=True) as connection:
        failed = report_library.request_report(
            connection, report_type="podcast_audience", parameters=parameters, title="Of January",
            created_by=dora.user_id,
        )  # fmt: skip
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as tables:
        try:
            assert press_again(visit("dora"), failed)["said"] == "This report has not failed."
            tables.execute("update reports set status = 'failed', error_message = 'Out of paper.'")
            assert "Try again" in listed(visit("dora"))
            assert "report" in press_again(visit("charlie"), failed)["said"]
            assert tables.execute("select count(*) from reports").fetchone() == (1,)
            assert press_again(visit("dora"), failed) == {
                "said": "The report is being made.",
                "is_still": False,
            }
            rows = tables.execute(
                "select status, report_type, parameters, created_by, title from reports order by created_at"
            ).fetchall()
            assert [row[0] for row in rows] == ["failed", "queued"]
            assert rows[0][1:4] == rows[1][1:4] == ("podcast_audience", parameters, dora.user_id)
            assert rows[0][4] == rows[1][4] == "Of January"
        finally:
            tables.execute("delete from reports")


def press_again(browser: Browser, report: UUID) -> dict[str, Any]:
    """What the page is told after a press on "Try again": the words, and whether it no longer asks how things are."""
    callbacks = browser.app.extensions["dash"].callback_map
    output = next(
        key
        for key, entry in callbacks.items()
        if any("report-again" in part["id"] for part in entry["inputs"])
    )
    pressed = {"report": str(report), "type": "report-again"}
    answer = browser.callback(
        {
            "output": output,
            "outputs": [
                dict(zip(("id", "property"), part.rsplit(".", 1), strict=True))
                for part in output.strip(".").split("...")
            ],
            "inputs": [[{"id": pressed, "property": "n_clicks", "value": 1}]],
            "state": [],
            "changedPropIds": [json.dumps(pressed, separators=(",", ":")) + ".n_clicks"],
        }
    )
    assert answer.status_code == 200, answer.text
    said, is_still = (next(iter(part.values())) for part in answer.get_json()["response"].values())
    return {"said": said, "is_still": is_still}


def listed(browser: Browser) -> str:
    """The library as the page gets it."""
    answer = browser.callback(
        {
            "output": "..report-list.children...report-head.children...report-poll.disabled..",
            "outputs": [
                {"id": "report-list", "property": "children"},
                {"id": "report-head", "property": "children"},
                {"id": "report-poll", "property": "disabled"},
            ],
            "inputs": [
                {"id": "report-poll", "property": "n_intervals", "value": 0},
                {"id": "report-search", "property": "value", "value": ""},
                {"id": "report-shown", "property": "data", "value": 25},
                {"id": "report-error", "property": "children", "value": ""},
            ],
            "changedPropIds": ["report-poll.n_intervals"],
        }
    )
    assert answer.status_code == 200, answer.text
    return str(answer.text)
