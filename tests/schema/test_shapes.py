"""Documents, addresses and places that the database itself refuses when they are not what they are read as."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.types.json import Jsonb

from queries.ingest.counting.rules import COUNTING_VERSION
from queries.people import USER_AGENT_LIMIT
from schema.demo import counting
from schema.migrate import FOLDER, load
from tests.schema.conftest import Stage
from tests.world import WORLD_NOW

WRONG = psycopg.errors.CheckViolation
MISSING = psycopg.errors.ForeignKeyViolation
ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("data", "is_good"),
    [
        ({}, True), ({"app": "x", "os": 1}, True), ({"from_s": 0, "to_s": 1.5}, True),
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
    ("kind", "data", "is_good"),
    [
        ("ad_play", {"ad_unit_id": ID, "app": "x", "more": [1]}, True), ("play", {}, True), ("ad_play", {}, False),
        ("play", {"app": 5}, False), ("play", {"device": []}, False), ("play", {"country": None}, False),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_filtered_by_is_told_as_text_and_an_ad_that_played_is_named(
    stage: Stage, kind: str, data: dict[str, Any], is_good: bool
) -> None:
    row = {"episode_id": stage.world.episodes["Harbour Lights 1"], "listener_id": "x", "event_type": kind,
           "event_data": data, "occurred_at": WORLD_NOW}  # fmt: skip
    stage.enter(stage.world.people.dora)
    if is_good:
        stage.insert("listener_events", **row)
    else:
        assert "listener_events_data_told" in stage.refused(WRONG, "listener_events", **row)


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
    told = stage.refused(WRONG, "listener_metrics", metric_value=0, metric_data={"a": 1}, **row)
    assert "listener_metrics_data" in told


WINDOW = {"attributed": 1, "unattributed": 0, "models": {}}
CHANNEL = {"conversions": "0.5", "revenue_micros": {"EUR": "7.25"}}
METRICS = {
    "version": 1, "conversions": 1, "leads": 0, "purchases": 1, "overlap": 0, "anonymous": 0,
    "revenue_micros": {"EUR": "7"}, "by_source": {"pixel": 1, "": 2}, "windows": {"7": WINDOW},
}  # fmt: skip
TOUCH = {"event_id": ID, "at": "2026-01-01T00:00:00+00:00", "type": "visit", "episode_id": None, "podcast_id": ID,
         "ad_unit_id": None}  # fmt: skip


def _with_models(models: Any) -> dict[str, Any]:
    return METRICS | {"windows": {"60": WINDOW | {"models": models}}}


@pytest.mark.parametrize(
    ("change", "good", "bad"),
    [
        (
            "tenant_settings set settings = settings || %s",
            [{"time_zone": "Asia/Tokyo", "currency": "JPY", "locale": "en", "listener_retention_days": 30}],
            [{"nonsense": 1}, {"currency": None}, {"week_start": 1}, {"listener_retention_days": "30"},
             {"listener_retention_days": 7.5}],
        ),
        (
            "attribution_models set configuration = %s",
            [{"window_days": 1}, {"window_days": 60}],
            [{}, {"window_days": 7.5}, {"window_days": "7"}, {"window_days": 61}, {"window_days": 7, "more": 1}],
        ),
        ("import_columns set columns = %s", [{}, {"a": "app", "b": ""}], [{"a": 5}, {"a": None}, {"a": ["app"]}]),
        (
            "attribution_paths set touchpoints = %s",
            [[], [TOUCH], [TOUCH, TOUCH | {"type": "impression", "ad_unit_id": ID}]],
            [[1, "a"], [[TOUCH]], [{}], [TOUCH | {"more": 1}], [TOUCH | {"type": "click"}], [TOUCH | {"at": 5}],
             [TOUCH | {"podcast_id": 5}], [{k: v for k, v in TOUCH.items() if k != "episode_id"}]],
        ),
        (
            "attribution_paths set currency = 'EUR', value_micros = %s",
            [0, 5, 10**30], [-1, 0.5, "NaN", "Infinity", None],
        ),
        ("attribution_paths set value_micros = 5, currency = %s", ["EUR"], [None, "eur"]),
        ("attribution_paths set value_micros = null, currency = %s", [None], ["EUR"]),
        (
            "attribution_analytics set metrics = %s",
            [METRICS, METRICS | {"windows": {}},
             _with_models({"linear": {"podcast": {ID: CHANNEL, "none": CHANNEL}, "episode": {}}})],
            [{"version": 1, "nonsense": True}, METRICS | {"nonsense": True}, METRICS | {"version": 2}, {"version": 1},
             METRICS | {"conversions": 1.5}, METRICS | {"leads": -1}, METRICS | {"leads": [1]},
             METRICS | {"overlap": "1"},
             METRICS | {"revenue_micros": {"EUR": 7}}, METRICS | {"revenue_micros": {"euro": "7"}},
             METRICS | {"by_source": {"guess": 1}}, METRICS | {"by_source": {"pixel": "1"}}, METRICS | {"windows": []},
             METRICS | {"windows": {"8": WINDOW}}, METRICS | {"windows": {"7": {"attributed": 1}}},
             METRICS | {"windows": {"7": WINDOW | {"more": 1}}}, METRICS | {"windows": {"7": 5}},
             _with_models({"best": {}}), _with_models({"linear": []}), _with_models({"linear": {"show": {}}}),
             _with_models({"linear": {"podcast": {ID: {"conversions": 1, "revenue_micros": {}}}}}),
             _with_models({"linear": {"podcast": {ID: {"conversions": "1"}}}}),
             _with_models({"linear": {"podcast": {ID: [CHANNEL]}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"revenue_micros": {"EUR": 7}}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"revenue_micros": {"euro": "7"}}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"revenue_micros": {"EUR": "-7"}}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"conversions": "-0.5"}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"conversions": "half"}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL | {"conversion": "0.5"}}}}),
             _with_models({"linear": {"podcast": {ID: CHANNEL, "The show": CHANNEL}}}),
             METRICS | {"windows": {"7": WINDOW | {"attributed": -1}}},
             METRICS | {"windows": {"7": WINDOW | {"unattributed": 0.5}}}],
        ),
        ("reports set parameters = %s", [{}, {"from": "2026-01-01"}], [{"podcast": {"id": 1}}, {"from": 5}]),
        (
            "user_metrics set metric_data = %s",
            [{}, {"by_day": {}}, {"by_day": {"2026-01-31": 5}}],
            [{"nonsense": 1}, {"by_day": 5}, {"by_day": {"monday": 5}}, {"by_day": {"2026-01-31": "5"}}],
        ),
        (
            "access_control_policies set policy_definition = policy_definition || %s",
            [{"until": "2026-12-31"}, {"until": "2028-02-29"}],
            [{"until": "2026-99-99"}, {"until": "2026-02-29"}, {"until": "2026-04-31"}, {"until": "0000-01-01"},
             {"until": None}, {"until": "soon"}, {"actions": ["reports.create", 5]},
             {"resource": {"type": "podcast", "idz": [ID]}}, {"resource": {"type": "podcast", "ids": [ID], "more": 1}}],
        ),
        (
            "white_label_settings set custom_domain = %s",
            ["stats.example.com", "a.b-c.xn--p1ai", None],
            ["Stats.example.com", "https://stats.example.com", "stats", "stats.example.com:80", "a b.example",
             "-a.example", "a..example", "stats.example.com/", "a." * 126 + "example"],
        ),
        ("podcasts set author = %s", ["x" * 400], ["x" * 401]),
        ("podcasts set category = %s", ["x" * 200], ["x" * 201]),
        ("podcasts set description = %s", ["x" * 20_000], ["x" * 20_001]),
        ("episodes set description = %s", ["x" * 20_000], ["x" * 20_001]),
    ],
    ids=lambda value: value.split(" =")[0] if isinstance(value, str) else "",
)  # fmt: skip
def test_words_that_are_ours_are_held_to(stage: Stage, change: str, good: list[Any], bad: list[Any]) -> None:
    world = stage.world
    stage.put_bare("white_label_settings", tenant_id=world.a.tenant_id)
    stage.put_bare("import_columns", tenant_id=world.a.tenant_id, source="s", kind="listener", columns={})
    stage.put_bare("user_metrics", tenant_id=world.a.tenant_id, user_id=world.people.bob.user_id,
                   metric_name="log_ins_30d", metric_value=1)  # fmt: skip
    stage.put("access_control_policies", name="p", policy_definition={
        "version": 1, "effect": "deny", "actions": ["reports.create"], "subjects": {"roles": ["sponsor"]},
        "resource": {"type": "podcast"}})  # fmt: skip
    stage.put("reports", report_type="podcast_audience", title="r", created_by=world.people.alice.user_id)
    table, assignment = change.split(" ", 1)
    statement = f"update {table} {assignment} where tenant_id = %s"
    stage.enter_tenant(world.a.tenant_id)

    def sent(value: Any) -> Any:
        return Jsonb(value) if isinstance(value, dict | list) else value

    for value in bad:
        stage.refused_change(WRONG, statement, sent(value), world.a.tenant_id)
    for value in good:
        assert stage.change(statement, sent(value), world.a.tenant_id), value


@pytest.mark.parametrize(
    ("action", "changes", "is_good"),
    [
        ("updated", {}, True), ("updated", {"stage": ["booked", "live"]}, True),
        ("updated", {"a": [None, {"b": 1}]}, True),
        ("updated", {"stage": "live"}, False), ("updated", {"stage": ["live"]}, False),
        ("updated", {"a": {"b": 1}}, False),
        ("import", {"imported": 5, "source": "x"}, True), ("import", {"a": {"b": 1}}, False),
        ("api_key.created", {"prefix": "x", "scopes": ["a", "b", "c"]}, True), ("api_key.created", {"a": [[1]]}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_change_says_before_and_after(
    stage: Stage, action: str, changes: dict[str, Any], is_good: bool
) -> None:
    row = {"action": action, "resource_type": "campaign", "changes": changes}
    stage.enter_tenant(stage.world.a.tenant_id)
    if is_good:
        stage.insert("audit_logs", **row)
    else:
        assert "audit_logs_changes_told" in stage.refused(WRONG, "audit_logs", **row)


@pytest.mark.parametrize("table", ["access_logs", "audit_logs"])
def test_how_a_browser_names_itself_is_cut_by_who_writes_it(stage: Stage, table: str) -> None:
    row = {"action": "log_in", "resource_type": "session"} | (
        {"allowed": True} if table == "access_logs" else {}
    )
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.insert(table, user_agent="x" * USER_AGENT_LIMIT, **row)
    stage.refused(WRONG, table, user_agent="x" * (USER_AGENT_LIMIT + 1), **row)


def test_a_zone_is_one_that_postgresql_and_python_know_by_the_same_name(stage: Stage) -> None:
    stage.enter(stage.world.people.alice)
    statement = "update tenant_settings set settings = settings || jsonb_build_object('time_zone', %s::text)"
    for bad in (
        "PST", "EST", "PST8PDT", "europe/berlin", "Europe/Berlin ", "posix/Europe/Berlin", "Europe/Nowhere", "", "utc",
        "<+03>-03", "America", "Factory", "localtime",
    ):  # fmt: skip
        refused = stage.refused_change(psycopg.errors.InvalidParameterValue, statement, bad)
        assert "there is no time zone of this name" in refused
    for good in ("Pacific/Auckland", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"):
        assert stage.change(statement, good)
        assert stage.rows("select tenant_time_zone()") == [(ZoneInfo(good).key,)]
    assert stage.change("update tenant_settings set settings = settings - 'time_zone'")
    assert stage.rows("select tenant_time_zone()") == [("UTC",)]


def test_a_host_name_tells_nothing_of_another_tenant(stage: Stage) -> None:
    world = stage.world
    stage.put_bare("white_label_settings", tenant_id=world.b.tenant_id, custom_domain="stats.example.com")
    stage.put_bare("white_label_settings", tenant_id=world.a.tenant_id)
    stage.enter(world.people.alice)
    assert stage.change("update white_label_settings set custom_domain = 'stats.example.com'") == 1


def test_lists_name_podcasts_and_campaigns_of_the_tenant(stage: Stage) -> None:
    world = stage.world
    foreign = stage.put("podcasts", world.b.tenant_id, name="Theirs")
    sponsor = stage.put("sponsors", world.b.tenant_id, name="Theirs")
    campaign = stage.put("campaigns", world.b.tenant_id, name="Theirs", sponsor_id=sponsor, start_date=WORLD_NOW.date(),
                         end_date=WORLD_NOW.date())  # fmt: skip
    own = stage.rows("select id from podcasts where tenant_id = %s limit 1", world.a.tenant_id)[0][0]
    link = {"token_hash": "a" * 64, "kind": "view", "page": "/", "created_by": world.people.alice.user_id,
            "expires_at": WORLD_NOW + timedelta(days=1), "created_at": WORLD_NOW}  # fmt: skip
    schedule = {"name": "s", "report_type": "podcast_audience", "cron": "0 6 1 * *", "enabled": False,
                "created_by": world.people.alice.user_id}  # fmt: skip
    report = {"report_type": "podcast_audience", "created_by": world.people.alice.user_id}
    stage.enter(world.people.alice)
    for table, row in (("share_links", link), ("report_schedules", schedule), ("reports", report)):
        for ids in ([foreign], [own, foreign], [UUID(ID)]):
            refused = stage.refused(MISSING, table, podcast_ids=ids, **row)
            assert "there is no such podcast in this tenant" in refused
        stage.insert(table, podcast_ids=[own], **row)
        stage.refused_change(MISSING, f"update {table} set podcast_ids = %s", [foreign])
    stage.refused(MISSING, "share_links", campaign_ids=[campaign], **link | {"token_hash": "b" * 64})


@pytest.mark.parametrize(
    ("kind", "configuration", "is_good"),
    [
        ("hosting", {"base_url": "https://a.example/1", "account": "x", "sync_minutes": 5, "podcast_ids": []}, True),
        ("shop", {"sponsor_ids": []}, True), ("storage", {"path": "exports"}, True),
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


def test_a_service_is_for_podcasts_and_sponsors_of_the_tenant(stage: Stage) -> None:
    world = stage.world
    foreign = {
        "podcast_ids": str(stage.put("podcasts", world.b.tenant_id, name="Theirs")),
        "sponsor_ids": str(stage.put("sponsors", world.b.tenant_id, name="Theirs")),
    }
    own = {
        key: str(stage.rows(f"select id from {table} where tenant_id = %s limit 1", world.a.tenant_id)[0][0])
        for key, table in (("podcast_ids", "podcasts"), ("sponsor_ids", "sponsors"))
    }
    stage.enter(world.people.alice)
    for key, word in (("podcast_ids", "podcast"), ("sponsor_ids", "sponsor")):
        for named in ([foreign[key]], [own[key], foreign[key]], [ID], ["the first"]):
            said = stage.refused(
                MISSING, "integrations", name="Ads", integration_type="ad_server", configuration={key: named}
            )
            assert f"there is no such {word} in this tenant" in said
    stage.insert(
        "integrations", name="Ads", integration_type="ad_server",
        configuration={key: [named] for key, named in own.items()},
    )  # fmt: skip
    for key in own:
        stage.refused_change(
            MISSING,
            "update integrations set configuration = configuration || %s",
            Jsonb({key: [foreign[key]]}),
        )


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
