"""Slots, leases and heartbeats of the worker's jobs, on the real database as the worker's role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from dashboard.jobs import job
from queries import jobs, operations, upkeep
from queries.engine import dispose_engines
from queries.session import Actor, anonymous_session, tenant_session
from queries.settings import Settings, use_settings
from tests.conftest import Database

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
_IMPORT, _LINK, _INTEGRATION = 3, 4, 5
_AGES = (timedelta(days=800), timedelta(days=700))


@pytest.fixture(scope="module")
def worker_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """A database of its own, reached as the worker reaches it: everything here commits."""
    made = make_database("podboard_jobs")
    use_settings(replace(settings, database_url=made.worker_dsn, database_worker_url=made.worker_dsn))
    yield made
    dispose_engines()
    use_settings(settings)


@pytest.fixture(autouse=True)
def _empty(worker_database: Database) -> None:
    with psycopg.connect(worker_database.worker_dsn) as connection:
        connection.execute("delete from job_runs")
        connection.execute("delete from worker_heartbeats")


def _runs(database: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(database.worker_dsn) as connection:
        return connection.execute(
            "select job, status, worker, result, error_message from job_runs order by scheduled_for"
        ).fetchall()


def test_a_slot_belongs_to_one_of_many_workers(worker_database: Database) -> None:
    won: list[str] = []
    ready = threading.Barrier(8)

    def compete(name: str) -> None:
        ready.wait()
        if jobs.claim_slot("rollups", NOON, name, lease_seconds=60):
            won.append(name)

    threads = [threading.Thread(target=compete, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert _runs(worker_database) == [("rollups", "running", won[0], {}, None)]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_finished_slot_is_never_run_again(worker_database: Database, status: str) -> None:
    run_id = jobs.claim_slot("rollups", NOON, "one", lease_seconds=60)
    assert run_id is not None
    assert jobs.finish_run(run_id, status, result={"rows": 3}, error_message=None)  # type: ignore[arg-type]
    assert jobs.claim_slot("rollups", NOON, "two", lease_seconds=60) is None
    assert jobs.claim_slot("rollups", NOON + timedelta(seconds=30), "two", lease_seconds=60) is not None
    assert [row[:3] for row in _runs(worker_database)] == [
        ("rollups", status, "one"),
        ("rollups", "running", "two"),
    ]


def test_the_slot_of_a_dead_worker_is_taken_again_and_its_late_end_has_no_effect(
    worker_database: Database,
) -> None:
    dead = jobs.claim_slot("retention", NOON, "dead", lease_seconds=0)
    assert dead is not None
    heir = jobs.claim_slot("retention", NOON, "heir", lease_seconds=60)
    assert heir is not None
    assert heir != dead
    assert not jobs.extend_lease(dead, lease_seconds=60)
    assert not jobs.finish_run(dead, "succeeded", result={"rows": 99})
    assert jobs.finish_run(heir, "succeeded", result={"rows": 1})
    assert _runs(worker_database) == [
        ("retention", "succeeded", "heir", {"rows": 1, "abandoned_by": "dead"}, None)
    ]


def test_dead_runs_are_marked_and_living_ones_left_alone(worker_database: Database) -> None:
    jobs.claim_slot("rollups", NOON, "dead", lease_seconds=0)
    living = jobs.claim_slot("attribution", NOON, "alive", lease_seconds=0)
    assert living is not None
    assert jobs.extend_lease(living, lease_seconds=60)
    assert [(row["job"], row["worker"]) for row in jobs.abandon_dead_runs()] == [("rollups", "dead")]
    assert jobs.abandon_dead_runs() == []
    assert jobs.claim_slot("rollups", NOON, "heir", lease_seconds=60) is not None


def test_idle_runs_are_pruned_after_an_hour_and_the_newest_stays(worker_database: Database) -> None:
    now = datetime.now(UTC)
    for hours, rows in ((15 * 24, 5), (3, 0), (2, 7), (1.5, 0), (1.2, 0)):
        run_id = jobs.claim_slot("rollups", now - timedelta(hours=hours), "one", lease_seconds=60)
        assert run_id is not None
        jobs.finish_run(run_id, "succeeded", result={"rows": rows})
    assert jobs.prune_runs() == 3
    assert [row[3] for row in _runs(worker_database)] == [{"rows": 7}, {"rows": 0}]


def test_heartbeats_say_who_lives(worker_database: Database) -> None:
    jobs.beat("one", NOON)
    jobs.beat("one", NOON)
    jobs.beat("two", NOON)
    with psycopg.connect(worker_database.worker_dsn) as connection:
        connection.execute(
            "update worker_heartbeats set beat_at = now() - interval '1 minute' where worker = 'two'"
        )
    with anonymous_session() as connection:
        shown = operations.workers(connection).rows
    assert [(row["worker"], row["is_alive"]) for row in shown] == [("one", True), ("two", False)]
    assert operations.health().is_worker_alive
    jobs.leave("one")
    assert not operations.health().is_worker_alive


def test_freshness_names_what_was_never_refreshed_and_what_is_late(worker_database: Database) -> None:
    with psycopg.connect(worker_database.owner_dsn) as owner:
        owner.execute("delete from refresh_states")
        owner.execute(
            "insert into refresh_states (relation, refreshed_at, rows_written) values "
            "('rollups', now() - interval '5 seconds', 12), ('metrics_daily', now() - interval '2 hours', 0)"
        )
    with anonymous_session() as connection:
        shown = {row["relation"]: row for row in operations.freshness(connection).rows}
    assert {key: row["state"] for key, row in shown.items()} == {
        "rollups": "up to date",
        "metrics_daily": "late",
        "attribution": "never",
    }
    assert "rows_written" not in shown["rollups"]
    found = operations.health()
    assert found.late == ("metrics_daily", "attribution")
    assert found.ages["attribution"] is None
    assert 7200 <= (found.ages["metrics_daily"] or 0) < 7300


def test_the_newest_run_of_each_job_is_shown_with_its_failures(worker_database: Database) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    first = jobs.claim_slot("rollups", now - timedelta(minutes=2), "one", lease_seconds=60)
    second = jobs.claim_slot("rollups", now - timedelta(minutes=1), "one", lease_seconds=60)
    assert first is not None
    assert second is not None
    jobs.finish_run(first, "succeeded", result={"rows": 4})
    jobs.finish_run(second, "failed", result={}, error_message="ValueError")
    with anonymous_session() as connection:
        (row,) = operations.job_runs_recent(connection).rows
    assert row["job"] == "rollups"
    assert row["status"] == "failed"
    assert row["error_message"] == "ValueError"
    assert row["failures"] == 1
    assert row["succeeded_at"] is not None
    assert row["scheduled_for"] == now - timedelta(minutes=1)


def test_a_tenant_is_told_nothing_of_runs_queues_and_workers(worker_database: Database) -> None:
    assert jobs.claim_slot("rollups", NOON, "one", lease_seconds=60) is not None
    jobs.beat("one", NOON)
    questions = (operations.job_runs_recent, operations.pending_work, operations.workers)
    with anonymous_session() as connection:
        assert all(question(connection).rows for question in questions)
    with tenant_session(Actor(uuid4())) as connection:
        assert [question(connection).rows for question in questions] == [[], [], []]


def test_ended_logins_and_used_links_are_cleared_in_every_tenant_and_for_operators(
    worker_database: Database,
) -> None:
    with psycopg.connect(worker_database.superuser_dsn) as admin:
        admin.execute("truncate users, tenants cascade")
        admin.execute(
            "insert into tenants (id, name, slug) values ('00000000-0000-4000-8000-00000000000a', 'A', 'a'), "
            "('00000000-0000-4000-8000-00000000000b', 'B', 'b')"
        )
        admin.execute(
            "insert into users (id, tenant_id, email, is_operator) values "
            "('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000000a', 'a@a.example', false), "
            "('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b', 'b@b.example', false), "
            "('00000000-0000-4000-8000-0000000000f1', null, 'op@x.example', true)"
        )
        admin.execute(
            "insert into sessions (token_hash, tenant_id, user_id, created_at, last_seen_at, expires_at, ended_at) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, now() - age, now() - age, "
            "       now() - age + interval '12 hours', case when kind = 'ended' then now() - age end "
            "from users u cross join "
            "(values ('idle', interval '2 days'), ('ended', interval '2 days'), ('open', interval '0')) "
            "  as s (kind, age)"
        )
        admin.execute(
            "insert into password_reset_tokens (token, tenant_id, user_id, created_at, expires_at, used_at) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, "
            "       now() - interval '10 days', now() + until, "
            "       case when kind = 'used' then now() - interval '8 days' end "
            "from users u cross join "
            "(values ('used', interval '-7 days'), ('late', interval '-8 days'), ('open', interval '1 hour')) "
            "  as t (kind, until)"
        )
        admin.execute(
            "insert into email_verification_tokens (token, tenant_id, user_id, email, created_at, expires_at) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, u.email, "
            "       now() - interval '10 days', now() + until "
            "from users u cross join "
            "(values ('late', interval '-8 days'), ('open', interval '1 hour')) as t (kind, until)"
        )
        # A spent token stays as long as it would have been good: its coming again must be known.
        admin.execute(
            "insert into refresh_tokens (token, tenant_id, user_id, family_id, created_at, expires_at, revoked_at, "
            "revoked_reason) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, u.id, "
            "       now() - interval '20 days', now() + until, case when spent then now() end, "
            "       case when spent then 'rotated' end "
            "from users u cross join (values ('late', interval '-8 days', true), ('spent', interval '1 hour', true), "
            "  ('open', interval '1 hour', false)) as t (kind, until, spent)"
        )
        admin.execute(
            "insert into login_attempts (attempt_key, failures, blocked_until, last_failed_at) values "
            "(repeat('a', 64), 3, null, now() - interval '2 days'), "
            "(repeat('b', 64), 3, now() + interval '1 minute', now())"
        )
    assert upkeep.unscoped_clear_logins() == 3 * 2 + 3 * 2 + 3 + 3 + 1
    assert upkeep.unscoped_clear_logins() == 0
    with psycopg.connect(worker_database.superuser_dsn) as admin:
        left = admin.execute(
            "select (select count(*) from sessions), (select count(*) from password_reset_tokens), "
            "(select count(*) from login_attempts), (select count(*) from internal.directory where kind <> 'account')"
        ).fetchone()
    # A session, a link to a password and one to an address, and two refresh tokens of each are left.
    assert left == (3, 3, 1, 3 * 5)


# Tables that the daily tidying of logs clears: the column that counts, and what else a row needs.
_GROWN: dict[str, tuple[str, dict[str, object]]] = {
    "access_logs": ("occurred_at", {"resource_type": "session", "action": "log_in", "allowed": False}),
    "security_events": ("occurred_at", {"event_type": "login_failed", "severity": "low"}),
    "api_usage": (
        "occurred_at", {"endpoint": "/api/v1/events", "method": "POST", "status_code": 202, "response_time_ms": 3},
    ),
    "import_refusals": ("created_at", {"import_id": _IMPORT, "line_number": 1, "reason": "no time"}),
    "share_link_views": ("viewed_at", {"share_link_id": _LINK, "visitor": "b" * 64}),
    "integration_sync_logs": ("started_at", {"integration_id": _INTEGRATION, "sync_type": "full"}),
}  # fmt: skip


@pytest.fixture
def grown(worker_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Two tenants with a row on either side of the edge in each of these tables, and in two of them rows of nobody."""
    with psycopg.connect(worker_database.superuser_dsn) as admin:
        admin.execute("truncate users, tenants, access_logs, security_events, internal.directory cascade")
        for letter in "ab":
            tenant = UUID(int=0xA if letter == "a" else 0xB)
            admin.execute(
                "insert into tenants (id, name, slug) values (%s, %s, %s)", [tenant, letter, letter]
            )
            admin.execute("select set_tenant_context(%s)", [tenant])
            person, podcast, episode = (_of(tenant, n) for n in range(3))
            _put(admin, "users", id=person, tenant_id=tenant, email=f"{letter}@x.example")
            _put(admin, "podcasts", id=podcast, tenant_id=tenant, name="Show")
            _put(admin, "episodes", id=episode, tenant_id=tenant, podcast_id=podcast, title="One")
            _put(
                admin,
                "etl_imports",
                id=_of(tenant, _IMPORT),
                tenant_id=tenant,
                import_type="feed",
                source="x",
            )
            _put(
                admin,
                "integrations",
                id=_of(tenant, _INTEGRATION),
                tenant_id=tenant,
                name="x",
                integration_type="shop",
            )
            _put(
                admin, "share_links", id=_of(tenant, _LINK), tenant_id=tenant, token_hash=letter * 64, kind="view",
                page="/overview", created_by=person, podcast_ids=[podcast],
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )  # fmt: skip
            for table, (column, values) in _GROWN.items():
                of_tenant = {
                    name: _of(tenant, v) if name.endswith("_id") else v for name, v in values.items()
                }
                for age in _AGES:
                    _put(admin, table, tenant_id=tenant, **of_tenant, **{column: datetime.now(UTC) - age})
        for table in ("access_logs", "security_events"):
            column, values = _GROWN[table]
            for age in _AGES:
                _put(admin, table, **values, **{column: datetime.now(UTC) - age})
    with psycopg.connect(worker_database.superuser_dsn, autocommit=True) as admin:
        yield admin


def test_lines_of_logs_go_when_the_raw_events_do(grown: psycopg.Connection[Any]) -> None:
    """In every tenant, and of nobody; doing it twice does no more."""
    assert upkeep.unscoped_clear_grown() == 2 * len(_GROWN) + 2
    assert upkeep.unscoped_clear_grown() == 0
    for table, (column, _) in _GROWN.items():
        left = grown.execute(
            f"select count(*), min({column}) > raw_retention_start() from {table}"
        ).fetchone()
        assert left == (3 if table in ("access_logs", "security_events") else 2, True), table


def test_a_window_of_counting_goes_a_month_after_it_closed_and_was_last_written(
    grown: psycopg.Connection[Any],
) -> None:
    """Old windows that an import is at stay: it may need them for its next lines."""
    upkeep.unscoped_clear_grown()
    tenant = UUID(int=0xA)
    kept = {
        "closed and left": (40, 35), "closed long ago, written now": (400, 1),
        "closed lately": (20, 20), "open": (-1, 0),
    }  # fmt: skip
    for listener, (closed, written) in kept.items():
        closes_at = datetime.now(UTC) - timedelta(days=closed)
        _put(
            grown, "counting_windows", tenant_id=tenant, listener_id=listener, episode_id=_of(tenant, 2),
            opened_at=closes_at - timedelta(days=1), closes_at=closes_at,
            updated_at=datetime.now(UTC) - timedelta(days=written),
        )  # fmt: skip
    assert upkeep.unscoped_clear_grown() == 1
    assert upkeep.unscoped_clear_grown() == 0
    left = {name for (name,) in grown.execute("select listener_id from counting_windows")}
    assert left == kept.keys() - {"closed and left"}
    # Written again, it is young again.
    grown.execute("update counting_windows set is_counted = true where listener_id = 'open'")
    assert grown.execute(
        "select updated_at > now() - interval '1 minute' from counting_windows where listener_id = 'open'"
    ).fetchone() == (True,)


def test_the_table_of_jobs_clears_logs_every_day() -> None:
    logs = job("logs")
    assert (logs.every, logs.command, logs.slotted) == (timedelta(days=1), upkeep.unscoped_clear_grown, True)


def _of(tenant: UUID, row: object) -> UUID:
    return UUID(int=tenant.int << 64 | (row if isinstance(row, int) else 0) + 1)


def _put(connection: psycopg.Connection[Any], table: str, **values: object) -> None:
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Placeholder, values)),
        ),
        values,
    )
