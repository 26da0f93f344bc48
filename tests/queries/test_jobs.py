"""Slots, leases and heartbeats of the worker's jobs, on the real database as the worker's role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from queries import jobs, operations, upkeep
from queries.engine import dispose_engines
from queries.session import Actor, anonymous_session, tenant_session
from queries.settings import Settings, use_settings
from tests.conftest import Database

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


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
            "insert into sessions (token_hash, tenant_id, user_id, last_seen_at, expires_at, ended_at) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, now() - age, "
            "       now() - age + interval '12 hours', case when kind = 'ended' then now() - age end "
            "from users u cross join "
            "(values ('idle', interval '2 days'), ('ended', interval '2 days'), ('open', interval '0')) "
            "  as s (kind, age)"
        )
        admin.execute(
            "insert into password_reset_tokens (token, tenant_id, user_id, expires_at, used_at) "
            "select encode(sha256((u.id::text || kind)::bytea), 'hex'), u.tenant_id, u.id, now() + until, "
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
