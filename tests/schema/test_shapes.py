"""Documents, addresses and places that the database itself refuses when they are not what they are read as."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from queries.ingest.counting.rules import COUNTING_VERSION
from schema.demo import counting
from schema.migrate import FOLDER, load
from tests.schema.conftest import Stage
from tests.world import WORLD_NOW

WRONG = psycopg.errors.CheckViolation
ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("data", "is_good"),
    [
        ({}, True), ({"app": "x", "device": 1}, True), ({"from_s": 0, "to_s": 1.5}, True),
        ({"from_s": 5, "to_s": 5}, True),
        ({"ad_unit_id": ID, "quartile": 4}, True), ({"from_s": "1"}, False), ({"from_s": -1}, False),
        ({"to_s": None}, False),
        ({"to_s": True}, False), ({"from_s": 2, "to_s": 1}, False), ({"ad_unit_id": "x"}, False),
        ({"ad_unit_id": 7}, False),
        ({"ad_unit_id": None}, False), ({"quartile": 5}, False), ({"quartile": "1"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_told_of_listening(stage: Stage, data: dict[str, Any], is_good: bool) -> None:
    row = {"episode_id": stage.world.episodes["Harbour Lights 1"], "listener_id": "x", "event_type": "progress",
           "event_data": data, "occurred_at": WORLD_NOW}  # fmt: skip
    stage.enter(stage.world.people.dora)
    if is_good:
        stage.insert("listener_events", **row)
    else:
        assert "listener_events_data_shape" in stage.refused(WRONG, "listener_events", **row)


@pytest.mark.parametrize(
    ("data", "is_good"),
    [
        ({}, True), ({"note": [1]}, True), ({"source": "survey", "order_id": "7"}, True), ({"ad_unit_id": ID}, True),
        ({"value_micros": 0, "currency": "EUR"}, True), ({"currency": "EUR"}, True), ({"value_micros": 1}, False),
        ({"value_micros": "1", "currency": "EUR"}, False), ({"value_micros": -1, "currency": "EUR"}, False),
        ({"value_micros": None, "currency": "EUR"}, False), ({"value_micros": {}, "currency": "EUR"}, False),
        ({"currency": "eur"}, False), ({"currency": 978}, False), ({"currency": None}, False),
        ({"ad_unit_id": "the first"}, False), ({"source": 1}, False), ({"order_id": 7}, False),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_told_of_a_conversion(stage: Stage, data: dict[str, Any], is_good: bool) -> None:
    row = {"campaign_id": stage.world.campaigns["Acme always on"], "attribution_type": "purchase",
           "attribution_data": data, "occurred_at": WORLD_NOW}  # fmt: skip
    stage.enter(stage.world.people.dora)
    if is_good:
        stage.insert("attribution_events", **row)
    else:
        assert "attribution_events_data_shape" in stage.refused(WRONG, "attribution_events", **row)


def test_what_is_measured_is_not_below_zero(stage: Stage) -> None:
    row = {"episode_id": stage.world.episodes["Harbour Lights 1"], "metric_date": WORLD_NOW.date() + timedelta(days=9),
           "metric_name": "plays"}  # fmt: skip
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.insert("listener_metrics", metric_value=0, **row)
    assert "listener_metrics_value" in stage.refused(WRONG, "listener_metrics", metric_value=-1, **row)


@pytest.mark.parametrize(
    ("kind", "configuration", "is_good"),
    [
        ("hosting", {"base_url": "https://a.example/1", "account": "x", "sync_minutes": 5, "podcast_ids": [ID]}, True),
        ("shop", {"sponsor_ids": [ID]}, True), ("storage", {"path": "exports"}, True),
        ("messaging", {"channel": "#x"}, True),
        ("shop", {"podcast_ids": [ID]}, False), ("messaging", {"sync_minutes": 5}, False),
        ("crm", {"passwd": "x"}, False),
        ("crm", {"api-key": "x"}, False), ("crm", {"account": {"password": "x"}}, False),
        ("crm", {"base_url": "http://x.example"}, False), ("crm", {"base_url": "https://me:secret@x.example/"}, False),
        ("crm", {"base_url": "https://x.example/?key=secret"}, False), ("crm", {"base_url": None}, False),
        ("crm", {"sync_minutes": "5"}, False), ("crm", {"sync_minutes": 0}, False),
        ("crm", {"sponsor_ids": "x"}, False),
        ("crm", {"sponsor_ids": [{"token": "x"}]}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_service_is_set_up_with_known_words(
    stage: Stage, kind: str, configuration: dict[str, Any], is_good: bool
) -> None:
    row = {"name": "Service", "integration_type": kind, "configuration": configuration}
    stage.enter(stage.world.people.alice)
    if is_good:
        stage.insert("integrations", **row)
    else:
        stage.refused(WRONG, "integrations", **row)


@pytest.mark.parametrize(
    ("way", "configuration", "is_good"),
    [
        ("api", {"url": "https://x.example/v1", "schedule": "0 5 * * *", "format": "csv", "contact": "x"}, True),
        ("manual", {"contact": "x"}, True), ("prefix", {"url": "https://x.example/p/", "format": "json"}, True),
        ("manual", {"url": "https://x.example/"}, False), ("prefix", {"schedule": "0 5 * * *"}, False),
        ("api", {"bearer": "x"}, False), ("api", {"contact": {"token": "x"}}, False), ("api", {"format": "xml"}, False),
        ("api", {"url": "https://me:secret@x.example/"}, False), ("api", {"url": "ftp://x.example/"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_partner_is_set_up_with_known_words(
    stage: Stage, way: str, configuration: dict[str, Any], is_good: bool
) -> None:
    partner = stage.put("partners", name="Partner", partner_type="technology")
    row = {"partner_id": partner, "integration_type": way, "configuration": configuration}
    stage.enter(stage.world.people.alice)
    if is_good:
        stage.insert("partner_integrations", **row)
    else:
        stage.refused(WRONG, "partner_integrations", **row)


def test_a_deleted_ad_leaves_its_place(stage: Stage) -> None:
    world = stage.world
    stage.enter(world.people.dora)
    place = {"campaign_id": world.campaigns["Acme always on"], "episode_id": world.episodes["Harbour Lights 1"],
             "unit_type": "pre_roll", "position_seconds": 77, "duration_seconds": 30}  # fmt: skip
    for _ in range(2):
        stage.insert("ad_units", **place)
        stage.refused(psycopg.errors.UniqueViolation, "ad_units", **place)
        assert stage.change(
            "update ad_units set deleted_at = now() where position_seconds = 77 and deleted_at is null"
        )


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("update podcasts set website_url = %s", "podcasts_website_url"),
        ("update podcasts set rss_feed_url = %s where name = 'Night Shift'", "podcasts_rss_feed_url"),
        ("update podcasts set cover_image_url = %s", "podcasts_cover_image_url"),
        ("update episodes set audio_url = %s", "episodes_audio_url"),
        ("update sponsors set website_url = %s", "sponsors_website_url"),
        ("update sponsors set logo_url = %s", "sponsors_logo_url"),
        ("update io_bookings set vanity_url = %s", "io_bookings_vanity_url"),
        ("update white_label_settings set logo_url = %s", "white_label_settings_logo_url"),
    ],
)
def test_addresses_are_of_the_web(stage: Stage, statement: str, name: str) -> None:
    stage.put_bare("white_label_settings", tenant_id=stage.world.a.tenant_id)
    stage.enter(stage.world.people.alice)
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//x.example/",
        "https://x.example/a b",
        'https://x.example/"',
        "x",
    ):
        assert name in stage.refused_change(WRONG, statement, bad)
    for good in ("https://x.example", "HTTP://x.example:8080/a?b=c#d", None):
        assert stage.change(statement, good)


def test_sources_of_a_path_are_known(stage: Stage) -> None:
    stage.enter_tenant(stage.world.a.tenant_id)
    assert stage.rows("select count(*) > 0 from attribution_paths") == [(True,)]
    for change in (
        "conversion_source = 'guess'",
        "merged_sources = '{pixel,guess}'",
        "merged_sources = '{null}'",
    ):
        stage.refused_change(WRONG, f"update attribution_paths set {change}")
    assert stage.change(
        "update attribution_paths set merged_sources = '{pixel,promo_code}', conversion_source = ''"
    )


def test_an_excluded_request_says_its_rules_as_the_counter_does(stage: Stage) -> None:
    """The demo's too, which cannot ask the counter: that floor imports none above it."""
    assert counting._RULES == COUNTING_VERSION
    row = {"episode_id": stage.world.episodes["Harbour Lights 1"], "reason": "bot", "occurred_at": WORLD_NOW}
    stage.enter(stage.world.people.dora)
    stage.insert("excluded_requests", rule_version=COUNTING_VERSION, **row)
    # What the release before writes is a number: it is taken.
    stage.connection.execute(
        "insert into excluded_requests (tenant_id, episode_id, reason, occurred_at, rule_version) "
        "values (%s, %s, %s, %s, 1)",
        [stage.world.a.tenant_id, *row.values()],
    )
    # The world has one by rules of its own.
    assert {version for (version,) in stage.rows("select rule_version from excluded_requests")} == {
        COUNTING_VERSION, "1", "rules of the world",
    }  # fmt: skip
    stage.refused(WRONG, "excluded_requests", rule_version="", **row)


def test_rows_of_before_that_do_not_fit_are_kept_and_told_of(stage: Stage) -> None:
    """0050 and 0057 look through what is there; one odd row stops no upgrade, and the next one like it is refused."""
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.connection.execute("reset role")
    told: list[str] = []
    stage.connection.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
    stage.connection.execute("alter table attribution_events drop constraint attribution_events_data_shape")
    odd = {
        "campaign_id": stage.world.campaigns["Acme always on"],
        "attribution_type": "purchase",
        "occurred_at": WORLD_NOW,
    }
    stage.insert("attribution_events", attribution_data={"value_micros": "much"}, **odd)
    stage.connection.execute(
        "alter table attribution_events add constraint attribution_events_data_shape "
        "check (internal.is_attribution_data(attribution_data)) not valid"
    )
    (version,) = [each for each in load(FOLDER, "plain") if each.version == 50]
    stage.connection.execute(version.sql.encode())
    assert told == [
        "podboard: attribution_events holds rows that attribution_events_data_shape refuses: they were kept"
    ]
    with pytest.raises(WRONG), stage.connection.transaction():
        stage.insert("attribution_events", attribution_data={"value_micros": "much"}, **odd)
