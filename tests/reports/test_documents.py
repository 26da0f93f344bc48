"""Reports made from the queue: the screen's numbers, the person's rights, one effect, and kind failures."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from queries import (
    campaign_conversions,
    campaign_delivery,
    campaigns,
    listening,
    listening_breakdowns,
    listening_trend,
    refresh,
)
from queries import report_library as library
from queries.filters import Filters, parse_filters
from queries.listening_counted import counted_by
from queries.listening_unmeasured import unmeasured_downloads
from queries.metrics import metric
from queries.session import tenant_session
from reports import desk
from reports.desk import make_next_report
from reports.documents.words import counted_words, period_words, unmeasured_words
from reports.formatting import (
    day,
    format_value,
    interval,
    local,
    number,
    rate_decimals,
    signed_percent,
    signed_points,
)
from reports.render import RenderedPdf, RenderError, render
from reports.rest import MOST_EPISODES
from reports.snapshot import VERSION, Snapshot
from reports.too_little import as_shown
from tests.reports.conftest import Office
from tests.reports.samples import audience, campaign, stored
from tests.reports.test_report_library import ask_for, status

SPACES = re.compile(r"[\s\u00a0\u202f]+")
ROOT = Path(__file__).resolve().parents[2]


def drawn(data: Mapping[str, Any], **_: object) -> RenderedPdf:
    """A renderer for what is not about drawing."""
    return RenderedPdf(
        b"%PDF-1.7 " + hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest().encode(), 2
    )


def text_of(pdf: bytes) -> str:
    return SPACES.sub(" ", " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def plain(text: str) -> str:
    return SPACES.sub(" ", text)


def pdf_of(office: Office, name: str, report_id: UUID) -> bytes:
    with tenant_session(office.people[name]) as connection:
        return library.report_pdf(connection, report_id)[0]


def filters_of(office: Office, report_id: UUID, zone: str = "America/New_York") -> Filters:
    (row,) = office.rows(
        "select parameters, report_data ->> 'now' as now, report_data from reports where id = %s", [report_id]
    )
    now = datetime.fromisoformat(row["report_data"]["now"]["moment"])
    return parse_filters(row["parameters"], zone=ZoneInfo(zone), now=now)


@pytest.mark.parametrize("make", [campaign, audience])
def test_a_snapshot_comes_back_from_json_exactly(make: Callable[[], Snapshot]) -> None:
    made = make()
    again = Snapshot.from_json(stored(made))
    assert again.to_json() == made.to_json()
    assert again.filters == made.filters
    for key, answer in made.answers.items():
        assert [dict(row) for row in again.answers[key].rows] == [dict(row) for row in answer.rows]
        assert again.answers[key].totals == answer.totals
    assert made.to_json()["as_of"] == {
        "moment": min(a.as_of for a in made.answers.values() if a.as_of).isoformat()
    }


def test_decimals_are_stored_as_text_and_unknown_things_refused() -> None:
    made = audience(
        facts={"a": Decimal("0.1000000000000000055"), "b": date(2026, 11, 2), "c": [1, None, "x"], "d": 0.1}
    )
    assert made.to_json()["facts"] == {
        "a": {"decimal": "0.1000000000000000055"},
        "b": {"day": "2026-11-02"},
        "c": [1, None, "x"],
        "d": {"float": "0.1"},
    }
    assert Snapshot.from_json(stored(made)).facts == made.facts
    with pytest.raises(TypeError):
        audience(facts={"a": object()}).to_json()
    with pytest.raises(TypeError):
        audience(facts={"a": datetime(2026, 11, 2)}).to_json()  # noqa: DTZ001 (the point of the test)


def test_a_campaigns_pdf_says_what_the_page_says(clean: Office) -> None:
    report_id = ask_for(clean, "bob")
    assert make_next_report() == report_id
    words = text_of(pdf_of(clean, "bob", report_id))
    f = filters_of(clean, report_id)
    with tenant_session(clean.people["bob"]) as connection:
        figures = campaigns.campaign_figures(connection, f)
        delivery = campaign_delivery.delivery(connection, f)
        credit = campaign_conversions.attribution_by_podcast(connection, f)
        by_episode = campaign_conversions.attribution_by_episode(connection, f)
        episodes = campaign_delivery.delivery_by_episode(connection, f)
        shows = campaign_delivery.delivery_by_podcast(connection, f)
        booked = campaign_delivery.bookings(connection, f)
    assert {row["metric"] for row in figures.rows} >= {"impressions", "reach", "conversions", "spend_micros"}
    assert next(row["value"] for row in figures.rows if row["metric"] == "impressions") > 0
    assert next(row["value"] for row in figures.rows if row["metric"] == "conversions") >= 30
    for row in as_shown(figures).rows:
        unit = metric(row["metric"]).unit
        decimals = rate_decimals(row.get("high")) if unit == "ratio" else 1
        value = plain(format_value(row["value"], unit, currency=row["currency"], decimals=decimals))
        between = plain(interval(row.get("low"), row.get("high"), unit, currency=row["currency"]))
        assert bool(between) is metric(row["metric"]).rests_on_conversions
        relative, points = row["change_ratio"], row["change_points"]
        assert points is None or (relative is None and unit == "ratio")
        change = (
            plain(signed_points(points, decimals) if points is not None else signed_percent(relative)) + " "
        )
        change = change if points is not None or relative is not None else ""
        before = plain(format_value(row["previous"], unit, currency=row["currency"], decimals=decimals))
        expected = f"{metric(row['metric']).label} {value}" + (f" {between}" if between else "")
        assert (f"{expected} {change}from {before}" if row["previous"] is not None else expected) in words
    # Of which days the impressions are stands beside them.
    assert f"The key figures are of {period_words(f)}." in words
    assert (
        f"Impressions, whole flight {number(delivery.totals['delivered'])} "
        f"Booked, whole flight {number(delivery.totals['booked'])}" in words
    )
    for row in credit.rows:
        cells = [
            row["podcast_name"],
            *(
                format_value(row[f"{model}_credit"], "number")
                for model in ("first_touch", "last_touch", "linear")
            ),
        ]
        assert " ".join(cells) in words
    assert 0 < len(by_episode.rows) <= MOST_EPISODES
    assert sum(row["linear_credit"] for row in by_episode.rows) == credit.totals["attributed"]
    for row in by_episode.rows:
        cells = [
            row["title"],
            row["podcast_name"] or "–",
            *(
                format_value(row[f"{model}_credit"], "number")
                for model in ("first_touch", "last_touch", "linear")
            ),
            plain(format_value(row["linear_share"], "ratio")),
        ]
        assert " ".join(cells) in words
    for row in episodes.rows:
        share = plain(format_value(row["share"], "ratio"))
        assert (
            f"{row['title']} {row['podcast_name']} {day(local(row['published_at'], f.zone))} "
            f"{number(row['impressions'])} {share} {number(row['reach'])} {format_value(row['frequency'], 'number')}"
            in words
        )
    for row in shows.rows:
        assert (
            f"{row['podcast_name']} {number(row['impressions'])} {plain(format_value(row['share'], 'ratio'))} "
            f"{number(row['reach'])} {format_value(row['frequency'], 'number')}" in words
        )
    assert "Narrowed to" not in words
    for row in booked.rows:
        assert f"{row['promo_code']} CPM" in words
        assert plain(format_value(row["cost_micros"], "money", currency=row["currency"])) in words
    assert "Nordlicht Media" in words
    assert "days in America/New_York" in words
    assert "Acme Coffee" in words
    for foreign in ("Bolt Bikes", "Autumn ride", "Zeta"):
        assert foreign not in words
    assert not re.search(r"\b(WARNING|ERROR|Traceback|None|nan)\b", words)


def test_a_campaigns_pdf_says_what_it_is_narrowed_to_and_which_numbers_are_not(clean: Office) -> None:
    (show,) = clean.rows(
        "select distinct e.podcast_id::text as id, p.name from ad_units a join episodes e on e.id = a.episode_id"
        " join podcasts p on p.id = e.podcast_id where a.campaign_id = %s limit 1",
        [clean.campaigns["Spring sale"]],
    )
    parameters = {"podcast": show["id"], "country": "US|CA"}
    report_id = ask_for(clean, "bob", parameters=parameters)
    assert make_next_report() == report_id
    words = text_of(pdf_of(clean, "bob", report_id))
    line = f"Podcasts: {show['name']} · Countries: Canada and United States"
    assert f"Narrowed to {line}. Shows and episodes below are narrowed so too" in words
    f = filters_of(clean, report_id)
    with tenant_session(clean.people["bob"]) as connection:
        rows = {row["metric"]: row for row in campaigns.campaign_figures(connection, f).rows}
    reach = rows["reach"]
    told = number(reach["value"]) if reach["value"] is not None else f"– {reach['note']}"
    assert f"Reach {told}" in words
    assert "Conversions – not known by this filter" in words
    (row,) = clean.rows("select report_data ->> 'title' as title from reports")
    assert row["title"] == f"Spring sale · {line}"


def test_a_pdf_shows_no_rate_that_rests_on_too_few_conversions(clean: Office) -> None:
    report_id = ask_for(clean, "dora", "Autumn ride")
    make_next_report()
    words = text_of(pdf_of(clean, "dora", report_id))
    with tenant_session(clean.people["dora"]) as connection:
        figures = campaigns.campaign_figures(connection, filters_of(clean, report_id))
        credit = campaign_conversions.attribution_by_podcast(connection, filters_of(clean, report_id))
    rates = [row for row in figures.rows if metric(row["metric"]).rests_on_conversions]
    assert len(rates) == 3
    for row in rates:
        assert row["value"] > 0  # the question still tells it, to be recomputed
        assert f"{metric(row['metric']).label} – fewer than 30 conversions" in words
        shown = format_value(row["value"], metric(row["metric"]).unit, currency=row["currency"])
        assert f"{metric(row['metric']).label} {plain(shown)}" not in words
    assert "(95 %)" not in words
    assert credit.rows
    assert f"{credit.totals['attributed']} of {credit.totals['conversions']} conversions followed" in words
    assert "Credit by show" not in words
    assert "Credit by episode" not in words


def test_a_podcasters_pdf_says_what_the_page_says_and_nothing_of_other_podcasts(clean: Office) -> None:
    report_id = ask_for(clean, "carol", None)
    assert make_next_report() == report_id
    words = text_of(pdf_of(clean, "carol", report_id))
    f = filters_of(clean, report_id)
    with tenant_session(clean.people["carol"]) as connection:
        figures = listening.overview_figures(connection, f)
        episodes = listening_breakdowns.top_episodes(connection, f, limit=25)
        apps = listening_breakdowns.downloads_by_app(connection, f)
    downloads = next(row["value"] for row in figures.rows if row["metric"] == "downloads")
    assert downloads == clean.downloads["Night Shift"]
    for row in figures.rows:
        assert (
            f"{metric(row['metric']).label} {plain(format_value(row['value'], metric(row['metric']).unit))}"
            in words
        )
    assert len(episodes.rows) == 3
    for row in episodes.rows:
        share = plain(format_value(row["share"], "ratio"))
        assert (
            f"{row['title']} Night Shift {day(local(row['published_at'], f.zone))} {number(row['downloads'])} {share}"
            in words
        )
    assert apps.rows[0]["app"] in words
    # A country with one download an episode is not told, and neither is the one that would tell it, on paper or in
    # what the paper is kept as.
    report = clean.rows("select report_data from reports where id = %s", [report_id])[0]["report_data"]
    countries = next(part for part in report["sections"] if part["key"] == "countries")
    told = {row["country"]: (row["downloads"], row["share"]) for row in countries["rows"]}
    assert (told["IS"], told["CA"]) == (("<5", None), ("hidden", None))
    assert {row["compared_value"] for row in countries["rows"]} & {1, 2, 3} == set()
    assert "Iceland <5" in words
    assert "Canada hidden" in words
    assert "are not told" in words
    assert "Kitchen Table" not in words
    assert "Foreign Show" not in words
    (row,) = clean.rows("select podcast_ids, title from reports")
    assert row["podcast_ids"] == [clean.podcasts["Night Shift"]]
    assert row["title"].startswith("Night Shift, ")


@pytest.fixture
def ways(clean: Office) -> Iterator[None]:
    """Two ways of counting that meet in the last 30 days, and one of long ago."""
    clean.rows(
        "insert into counting_methods (tenant_id, number, download_window, time_zone, rule_version, data_centres,"
        " first_at, last_at) select %s, v.number, v.way, v.zone, 'rules of a test', v.filtered,"
        " now() - make_interval(days => v.first), now() - make_interval(days => v.last) from (values"
        " (901, 'calendar_day', 'America/New_York', 'with_list', 400, 10),"
        " (902, 'rolling_last_touch', 'UTC', 'source', 10, 0),"
        " (903, 'rolling_first_touch', 'UTC', 'source', 400, 390)) v (number, way, zone, filtered, first, last)",
        [clean.people["alice"].tenant_id],
    )
    clean.rows(
        "insert into listener_events (tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)"
        " select e.tenant_id, e.id, 'unmeasured ' || n, 'download', '{\"source\": \"prefix\", \"unmeasured\": true}',"
        " now() - interval '3 days' from episodes e, generate_series(1, 6) n"
        " where e.id = (select id from episodes where podcast_id = %s order by id limit 1)",
        [clean.podcasts["Night Shift"]],
    )
    refresh.refresh_rollups()
    yield
    clean.rows("delete from counting_methods where number > 900")
    clean.rows("delete from listener_events where listener_id ^@ 'unmeasured '")
    refresh.refresh_rollups()


@pytest.mark.parametrize(
    ("name", "campaign", "report_type"),
    [("bob", "Spring sale", "campaign_performance"), ("carol", None, "podcast_audience")],
)
def test_a_pdf_says_how_downloads_were_counted_as_why_this_number_does(
    clean: Office, ways: None, name: str, campaign: str | None, report_type: str
) -> None:
    report_id = ask_for(clean, name, campaign)
    assert make_next_report() == report_id
    words = text_of(pdf_of(clean, name, report_id))
    f = filters_of(clean, report_id)
    with tenant_session(clean.people[name]) as connection:
        counted = counted_by(connection, f)
        unmeasured = unmeasured_words(unmeasured_downloads(connection, f))
    assert len(counted.rows) == 2
    told = [*counted_words(counted, f.zone), *counted.notes]
    if campaign is None:
        assert (
            "downloads here counted although it is not known how many bytes were sent: 6 from the"
            in unmeasured
        )
        told.append(unmeasured)
    else:
        assert "downloads here counted" not in words
    # A line may end behind the dash between two days.
    assert re.sub(r"\s", "", "Downloads counted" + "".join(told)) in words.replace(" ", "")
    assert "once per calendar day (America/New_York), rules of a test; data centres filtered out" in words
    assert "This period mixes downloads of different windows: they are not quite alike." in words
    (row,) = clean.rows("select report_type, report_data -> 'counted' as counted from reports")
    assert (row["report_type"], row["counted"]) == (report_type, told)


def test_what_is_stored_is_whole_and_renders_again_byte_for_byte(clean: Office) -> None:
    report_id = ask_for(clean, "dora", None)
    make_next_report()
    (row,) = clean.rows("select * from reports")
    assert (row["id"], row["status"], row["progress_percent"], row["error_message"]) == (
        report_id,
        "ready",
        100,
        None,
    )
    assert row["pdf_sha256"] == hashlib.sha256(row["pdf"]).hexdigest()
    assert row["pdf_bytes"] == len(row["pdf"])
    assert row["page_count"] == len(PdfReader(BytesIO(row["pdf"])).pages)
    assert row["generated_at"] is not None
    assert row["report_data"]["version"] == VERSION
    assert row["report_data"]["made_for"] == "Dora"
    assert row["report_data"]["data_centres"] == "filter off, no list installed when this report was made"
    assert [section["key"] for section in row["report_data"]["sections"]] == [
        "figures",
        "trend",
        "flags",
        "episodes",
        "apps",
        "countries",
        "devices",
    ]
    clean.rows(
        "insert into listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at) "
        "select tenant_id, id, 'late', 'download', now() - interval '1 day' from episodes limit 1"
    )
    again = render(row["report_data"])
    assert again.pdf == row["pdf"]


def test_progress_is_told_stage_by_stage(clean: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, str]] = []
    note = library.note_progress

    def listen(claim: library.ClaimedReport, percent: int, words: str) -> bool:
        told.append((percent, words))
        return note(claim, percent, words)

    monkeypatch.setattr(desk, "note_progress", listen)
    ask_for(clean, "dora")
    make_next_report()
    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    words = list(dict.fromkeys(words for _, words in told))
    assert words == [
        "Reading key figures",
        "Reading delivery",
        "Reading conversions",
        "Reading attribution",
        "Reading shows",
        "Reading episodes",
        "Reading bookings",
        "Drawing the charts",
        "Setting the pages",
        "Storing",
    ]
    assert {words: percent for percent, words in reversed(told)}["Drawing the charts"] == 60


def test_a_person_without_access_any_more_gets_a_failed_report_and_no_numbers(clean: Office) -> None:
    report_id = ask_for(clean, "bob")
    bob = clean.people["bob"].user_id
    clean.rows("update users set disabled_at = now() where id = %s", [bob])
    try:
        make_next_report(renderer=drawn)
        (row,) = clean.rows(
            "select status, error_message, report_data, pdf from reports where id = %s", [report_id]
        )
        assert row == {
            "status": "failed",
            "error_message": "The person this report was for has no access any more.",
            "report_data": None,
            "pdf": None,
        }
    finally:
        clean.rows("update users set disabled_at = null where id = %s", [bob])


def test_a_campaign_that_was_taken_away_meanwhile_is_not_reported_on(clean: Office) -> None:
    report_id = ask_for(clean, "bob")
    (owned,) = clean.rows(
        "delete from resource_ownership where owner_id = %s returning tenant_id, resource_id, owner_id",
        [clean.people["bob"].user_id],
    )
    try:
        make_next_report(renderer=drawn)
        (row,) = clean.rows(
            "select status, error_message, report_data from reports where id = %s", [report_id]
        )
        assert row == {
            "status": "failed",
            "error_message": "What this report is about is not there for you any more.",
            "report_data": None,
        }
    finally:
        clean.rows(
            "insert into resource_ownership (tenant_id, resource_type, resource_id, owner_id) "
            "values (%s, 'sponsor', %s, %s)",
            [owned["tenant_id"], owned["resource_id"], owned["owner_id"]],
        )


def test_failures_are_kind_and_say_nothing_of_the_data(clean: Office) -> None:
    def without_pango(data: Mapping[str, Any], **_: object) -> RenderedPdf:
        raise RenderError("PDFs need Pango: install it.")

    def broken(data: Mapping[str, Any], **_: object) -> RenderedPdf:
        raise KeyError("listener 4711")

    for renderer, words in (
        (without_pango, "PDFs need Pango: install it."),
        (broken, "Something went wrong while this report was made. Please try again."),
    ):
        report_id = ask_for(clean, "dora")
        make_next_report(renderer=renderer)
        (row,) = clean.rows("select status, error_message from reports where id = %s", [report_id])
        assert row == {"status": "failed", "error_message": words}
    assert make_next_report(renderer=drawn) is None


def test_a_cancellation_in_the_middle_ends_the_child_and_leaves_nothing(clean: Office) -> None:
    report_id = ask_for(clean, "dora")
    stages: list[str] = []
    stopped: list[bool] = []

    def slow(
        data: Mapping[str, Any], *, on_stage: Callable[[str], None], should_stop: Callable[[], bool]
    ) -> RenderedPdf:
        on_stage("drawing")
        stages.append("drawing")
        with tenant_session(clean.people["dora"], write=True) as connection:
            assert library.cancel_report(connection, report_id)
        deadline = time.monotonic() + 10
        while not should_stop():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        stopped.append(True)
        raise desk.RenderStopped

    make_next_report(renderer=slow)
    assert stages == ["drawing"]
    assert stopped == [True]
    (row,) = clean.rows("select status, pdf, report_data, progress_note from reports")
    assert row == {"status": "cancelled", "pdf": None, "report_data": None, "progress_note": ""}


def test_a_cancellation_while_it_is_read_or_stored_has_its_way(clean: Office) -> None:
    def cancelling(data: Mapping[str, Any], **_: object) -> RenderedPdf:
        with tenant_session(clean.people["dora"], write=True) as connection:
            assert library.cancel_report(connection, report_id)
        return drawn(data)

    report_id = ask_for(clean, "dora")
    make_next_report(renderer=cancelling)
    assert status(clean, report_id) == "cancelled"
    assert clean.rows("select pdf from reports") == [{"pdf": None}]


def test_two_desks_at_once_make_every_report_once(clean: Office) -> None:
    wanted = {
        ask_for(clean, name, campaign)
        for name, campaign in (
            ("dora", "Spring sale"),
            ("dora", "Autumn ride"),
            ("bob", "Spring sale"),
            ("charlie", "Zeta launch"),
            ("carol", None),
        )
    }
    made: list[UUID] = []

    def work() -> None:
        while (report_id := make_next_report(renderer=drawn)) is not None:
            made.append(report_id)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made, key=str) == sorted(wanted, key=str)
    assert {row["status"] for row in clean.rows("select status from reports")} == {"ready"}
    assert {row["attempts"] for row in clean.rows("select attempts from reports")} == {1}


_MAKER = """
import sys, time
from dataclasses import replace
from queries.settings import current_settings, use_settings
use_settings(replace(current_settings(), database_url=current_settings().worker_dsn))
from reports.desk import make_next_report
def stuck(data, *, on_stage, should_stop):
    on_stage("drawing")
    print("drawing", flush=True)
    time.sleep(600)
make_next_report(renderer=stuck, lease_seconds=2)
"""


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done_and_another_finishes(clean: Office) -> None:
    report_id = ask_for(clean, "dora")
    environment = {**os.environ, "DATABASE_WORKER_URL": clean.database.worker_dsn, "PODBOARD_DEMO": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", _MAKER], env=environment, cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"drawing\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with suppress(OSError):
            process.stdout.close()  # type: ignore[union-attr]
    (row,) = clean.rows("select status, pdf, report_data, progress_percent from reports")
    assert row == {"status": "running", "pdf": None, "report_data": None, "progress_percent": 60}
    assert make_next_report(renderer=drawn) is None  # the lease still runs
    deadline = time.monotonic() + 15
    while make_next_report(renderer=drawn) is None:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (row,) = clean.rows("select status, attempts, pdf_sha256, pdf from reports")
    assert (row["status"], row["attempts"]) == ("ready", 2)
    assert row["pdf"].startswith(b"%PDF-1.7")
    assert len(clean.rows("select id from reports")) == 1
    assert pdf_of(clean, "dora", report_id) == row["pdf"]


def test_numbers_are_read_at_one_moment(clean: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads that arrive between two questions are in none of the answers, or in all."""
    real = listening_trend.downloads_trend

    def with_an_arrival(connection: Any, f: Filters) -> Any:
        clean.rows("update internal.episode_days set downloads = downloads + 1000")
        return real(connection, f)

    before = clean.rows("select local_day, episode_id, downloads from internal.episode_days")
    monkeypatch.setattr(listening_trend, "downloads_trend", with_an_arrival)
    try:
        ask_for(clean, "alice", None)
        make_next_report(renderer=drawn)
        (row,) = clean.rows("select report_data from reports")
        answers = Snapshot.from_json(row["report_data"]).answers
        figure = next(each["value"] for each in answers["figures"].rows if each["metric"] == "downloads")
        assert (
            figure
            == answers["trend"].totals["downloads"]
            == sum(each["downloads"] for each in answers["trend"].rows)
        )
    finally:
        assert len(before) > 0
        clean.rows("update internal.episode_days set downloads = downloads - 1000")


def test_what_is_empty_is_said_in_words(clean: Office) -> None:
    report_id = ask_for(clean, "alice", None, parameters={"from": "2024-01-01", "to": "2024-01-31"})
    make_next_report()
    words = text_of(pdf_of(clean, "alice", report_id))
    assert "nothing in this period" in words
    assert "There was no download" in words
    assert "Downloads per day: nothing in this period." in words
    assert filters_of(clean, report_id).now <= datetime.now(UTC)
