"""Rules of version 124: an end is after its beginning and never refused; what 125 does to rows of before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from queries.statements import statement
from schema.migrate import FOLDER, load
from schema.scripts import split_statements
from tests.schema.conftest import Stage
from tests.world import WORLD_NOW

WRONG = psycopg.errors.CheckViolation
LATER, EARLIER = WORLD_NOW + timedelta(hours=1), WORLD_NOW - timedelta(seconds=1)


def _session(stage: Stage) -> dict[str, Any]:
    return {"token_hash": "a" * 64, "user_id": stage.world.people.bob.user_id, "last_seen_at": WORLD_NOW}


def _link(stage: Stage) -> dict[str, Any]:
    return {"token": "b" * 64, "user_id": stage.world.people.bob.user_id, "purpose": "reset"}


def _service_token(stage: Stage) -> dict[str, Any]:
    service = stage.put("integrations", name="Service", integration_type="crm")
    return {
        "integration_id": service,
        "token_type": "access",
        "token_value_encrypted": b"x" * 40,
        "key_id": "k",
    }


@pytest.mark.parametrize("row_of", [_session, _link, _service_token], ids=lambda each: each.__name__)
def test_what_runs_out_does_so_after_it_began(stage: Stage, row_of: Any) -> None:
    table = {_session: "sessions", _link: "password_reset_tokens", _service_token: "integration_tokens"}[
        row_of
    ]
    row = row_of(stage) | {"created_at": WORLD_NOW}
    stage.put(table, expires_at=LATER, **row)
    for end in (WORLD_NOW, EARLIER):
        said = stage.refused_change(
            WRONG, f"update {table} set expires_at = %s where created_at = %s", end, WORLD_NOW
        )
        assert f"{table}_expires_later" in said


@pytest.mark.parametrize(
    ("name", "table", "values", "column"),
    [
        ("people/end_session", "sessions", "session_id", "ended_at"),
        ("people/end_sessions_of", "sessions", "user_id", "ended_at"),
        ("tenants/withdraw_links", "password_reset_tokens", "user_id", "used_at"),
    ],
)
def test_to_end_is_not_refused_for_a_clock_that_is_behind(
    stage: Stage, name: str, table: str, values: str, column: str
) -> None:
    """The clock is the process's that ends it, the beginning is another's; so it ends when it began."""
    row = _session(stage) if table == "sessions" else _link(stage)
    made = stage.put(table, created_at=WORLD_NOW, expires_at=LATER, **row)
    stage.refused_change(WRONG, f"update {table} set {column} = %s where id = %s", EARLIER, made)
    given = {"session_id": made, "user_id": row["user_id"]}[values]
    stage.connection.execute(statement(name).sent.encode(), {values: given, "now": EARLIER})
    assert stage.rows(f"select {column} from {table} where id = %s", made) == [(WORLD_NOW,)]


def test_a_key_of_a_clock_that_was_ahead_is_revoked(stage: Stage) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    key = stage.put(
        "api_keys", user_id=stage.world.people.alice.user_id, key_hash="d" * 64, prefix="pb_ahead", name="Ahead",
        scopes=["metrics.read"], created_at=ahead,
    )  # fmt: skip
    stage.connection.execute(statement("collector/revoke_api_key").sent.encode(), {"prefix": "pb_ahead"})
    assert stage.rows("select revoked_at from api_keys where id = %s", key) == [(ahead,)]


def test_a_run_of_a_clock_that_was_ahead_is_finished(stage: Stage) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    run = uuid4()
    stage.put_bare(
        "job_runs",
        id=run,
        job="rollups",
        scheduled_for=ahead,
        worker="w",
        started_at=ahead,
        lease_until=ahead,
    )
    ended = {"run_id": run, "status": "succeeded", "result": "{}", "error_message": None}
    stage.connection.execute(statement("jobs/finish_run").sent.encode(), ended)
    assert stage.rows("select status, finished_at from job_runs where id = %s", run) == [("succeeded", ahead)]


def test_a_password_is_set_by_a_clock_that_is_behind(stage: Stage) -> None:
    stage.put("sessions", created_at=WORLD_NOW, expires_at=LATER, **_session(stage))
    stage.put("password_reset_tokens", created_at=WORLD_NOW, expires_at=LATER, **_link(stage))
    other = _link(stage) | {"token": "c" * 64}
    stage.put("password_reset_tokens", created_at=WORLD_NOW, expires_at=LATER, **other)
    stage.enter(None)
    holder = stage.rows("select user_id from password_token_use(%s, 'hash', %s)", "b" * 64, EARLIER)
    assert holder == [(stage.world.people.bob.user_id,)]
    stage.connection.execute("reset role")
    assert stage.rows("select ended_at from sessions where token_hash = %s", "a" * 64) == [(WORLD_NOW,)]
    assert stage.rows("select used_at from password_reset_tokens where created_at = %s", WORLD_NOW) == [
        (WORLD_NOW,), (WORLD_NOW,),
    ]  # fmt: skip


def _conversion(stage: Stage, campaign: UUID, of_event: UUID, **values: Any) -> UUID:
    event = stage.put(
        "attribution_events", campaign_id=of_event, attribution_type="purchase", attribution_data={},
        occurred_at=WORLD_NOW,
    )  # fmt: skip
    return stage.put(
        "attribution_paths", campaign_id=campaign, conversion_event_id=event, converted_at=WORLD_NOW,
        last_event_at=WORLD_NOW, conversion_type="purchase", touchpoints=Jsonb([]), **values,
    )  # fmt: skip


def test_rows_of_before_are_made_anew_or_lose_what_is_not_theirs(stage: Stage) -> None:
    world = stage.world
    mine, other = (world.campaigns[name] for name in list(world.campaigns)[:2])
    stage.connection.execute("reset role")
    stage.connection.execute(
        "alter table attribution_paths drop constraint attribution_paths_value_whole; "
        "drop trigger require_campaign_of_event on attribution_paths; "
        "drop trigger require_own_subjects on integrations; "
        "alter table attribution_analytics drop constraint attribution_analytics_metrics_known; "
        "delete from internal.dirty_campaigns"
    )
    good = {
        _conversion(stage, mine, mine), _conversion(stage, mine, mine, value_micros=5, currency="EUR"),
    }  # fmt: skip
    _conversion(stage, mine, mine, currency="EUR")
    _conversion(stage, mine, mine, value_micros=5)
    _conversion(stage, mine, other)
    fits = {"version": 1, "conversions": 1, "leads": 0, "purchases": 1, "overlap": 0, "anonymous": 0,
            "revenue_micros": {}, "by_source": {}, "windows": {}}  # fmt: skip
    days = [WORLD_NOW.date() + timedelta(days=900 + n) for n in range(2)]
    for day, metrics in zip(days, (fits, fits | {"nonsense": 1}), strict=True):
        stage.put("attribution_analytics", campaign_id=other, analysis_date=day, metrics=metrics)
    own = [
        str(row[0])
        for row in stage.rows("select id from podcasts where tenant_id = %s", world.a.tenant_id)[:2]
    ]
    foreign = str(stage.put("podcasts", world.b.tenant_id, name="Theirs"))
    service = stage.put(
        "integrations", name="Ads", integration_type="ad_server",
        configuration={"podcast_ids": [own[1].upper(), foreign, own[0]], "sponsor_ids": [str(uuid4())], "account": "x"},
    )  # fmt: skip
    stage.connection.execute(
        "alter table attribution_analytics add constraint attribution_analytics_metrics_known "
        "check (internal.is_attribution_metrics(metrics)) not valid"
    )

    # Triggers of references have fired by then, as they have where another version runs.
    stage.connection.execute("set constraints all immediate")
    stage.connection.execute("set local role podboard_owner")
    stage.connection.execute("select set_account_context(null, null)")
    (version,) = [each for each in load(FOLDER, "plain") if each.version == 125]
    mending, results, _ = split_statements(version.sql)
    stage.connection.execute(mending.encode())
    stage.connection.execute(results.encode())
    stage.connection.execute("reset role")

    left = stage.rows("select id from attribution_paths where converted_at = %s", WORLD_NOW)
    assert {row[0] for row in left} == good
    assert stage.rows(
        "select analysis_date from attribution_analytics where analysis_date >= %s", days[0]
    ) == [(days[0],)]
    assert stage.rows("select configuration from integrations where id = %s", service) == [
        ({"podcast_ids": [own[1], own[0]], "sponsor_ids": [], "account": "x"},)
    ]
    queued = stage.rows("select tenant_id, campaign_id, since::text from internal.dirty_campaigns")
    assert set(queued) == {(world.a.tenant_id, each, "-infinity") for each in (mine, other)}
