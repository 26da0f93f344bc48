"""No table is empty in the demo: what is primary is loaded, what is derived is made by the worker's jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from dashboard.jobs import JOBS
from dashboard.worker import Worker
from queries.settings import Settings, use_settings, with_databases
from schema import demo
from schema.demo.large import large_tenant
from schema.demo.small import small_tenants

NOW = datetime.now(UTC)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
            "order by 1"
        )
    ]


def _empty(connection: psycopg.Connection[Any], condition: str = "true") -> set[str]:
    return {
        table
        for table in _tables(connection)
        if connection.execute(f"select exists (select from {table} where {condition})").fetchone() == (False,)
    }


@pytest.fixture(scope="module")
def worked(make_database: Callable[[str], Any], settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A short story of one tenant and a small share of a large one, digested by a worker; seen by the superuser."""
    database = make_database("podboard_demo_tables")
    story = dataclasses.replace(small_tenants()[2], history_days=150, back_catalogue_days=0)
    demo.load_tenants(
        database.owner_dsn, [story, large_tenant(1, size=0.002)], now=NOW, log=lambda _line: None
    )
    use_settings(
        with_databases(
            settings, runtime=database.worker_dsn, worker=database.worker_dsn, owner=database.owner_dsn
        )
    )
    try:
        worker = Worker()
        worker.beat()
        for job in JOBS:
            worker.run(job)
        with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
            yield connection
    finally:
        use_settings(settings)


def test_no_table_is_empty(worked: psycopg.Connection[Any]) -> None:
    assert _empty(worked) == set()
    assert worked.execute("select count(*) from job_runs where status <> 'succeeded'").fetchone() == (0,)


def test_the_report_that_was_asked_for_is_made(worked: psycopg.Connection[Any]) -> None:
    found = worked.execute("select status, page_count > 0 from reports order by status").fetchall()
    assert found == [("failed", None), ("ready", True)]


def test_a_large_tenant_has_a_few_rows_of_what_a_person_makes(worked: psycopg.Connection[Any]) -> None:
    """So that no page of a large tenant is a page without data; reports it makes when it is asked."""
    (tenant,) = worked.execute("select id from tenants where slug = 'large01'").fetchone() or (None,)
    assert tenant
    bare = set()
    for table in _tables(worked):
        has_tenant = worked.execute(
            "select exists (select from pg_attribute where attrelid = %s::regclass and attname = 'tenant_id')",
            (f"public.{table}",),
        ).fetchone()
        if has_tenant == (True,):
            there = worked.execute(
                f"select exists (select from {table} where tenant_id = %s)", (tenant,)
            ).fetchone()
            if there == (False,):
                bare.add(table)
    assert bare <= {"reports", "report_deliveries"}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("access_logs", "occurred_at"), ("security_events", "occurred_at"), ("audit_logs", "occurred_at"),
        ("excluded_requests", "occurred_at"), ("etl_imports", "completed_at"), ("sessions", "last_seen_at"),
        ("integration_sync_logs", "completed_at"), ("share_link_views", "viewed_at"), ("alerts", "opened_at"),
        ("gdpr_requests", "requested_at"), ("api_keys", "last_used_at"), ("annotations", "starts_at"),
    ],
)  # fmt: skip
def test_nothing_has_happened_tomorrow(worked: psycopg.Connection[Any], table: str, column: str) -> None:
    row = worked.execute(f"select max({column}) from {table}").fetchone()
    assert row
    assert NOW - timedelta(days=60) < row[0] < NOW


def test_nobody_holds_what_the_demo_keeps_as_proof(worked: psycopg.Connection[Any]) -> None:
    """No session of the demo is open, and the tokens are of nothing: a demo on a public address stays shut."""
    assert worked.execute(
        "select count(*) from sessions where ended_at is null and last_seen_at > now() - interval '30 minutes'"
    ).fetchone() == (0,)
    for table, column in (
        ("share_links", "token_hash"),
        ("api_keys", "key_hash"),
        ("refresh_tokens", "token"),
    ):
        row = worked.execute(
            f"select count(*), count(distinct {column}), bool_and({column} ~ '^[0-9a-f]{{64}}$') from {table}"
        ).fetchone()
        assert row
        assert row[0] == row[1] > 0
        assert row[2]


def test_excluded_requests_are_in_proportion(worked: psycopg.Connection[Any]) -> None:
    """About one request in eight is not counted, in every week, and repeats are the most of them."""
    counted = worked.execute(
        """
        select (select count(*) from excluded_requests x where x.tenant_id = t.id)::numeric
            / nullif((select count(*) from listener_events e where e.tenant_id = t.id and e.event_type = 'download'
                      and e.occurred_at > now() - interval '45 days'), 0)
        from tenants t where t.slug = 'third'
        """
    ).fetchone()
    assert counted
    assert 0.10 < counted[0] < 0.20
    top = worked.execute(
        "select reason from excluded_requests group by reason order by count(*) desc limit 1"
    ).fetchone()
    assert top == ("repeat",)
    linked = worked.execute(
        "select count(*) filter (where import_id is null), count(*) from excluded_requests"
    ).fetchone()
    assert linked
    assert linked[0] < 0.2 * linked[1]


def test_there_is_a_rule_for_each_kind_of_subject(worked: psycopg.Connection[Any]) -> None:
    assert worked.execute(
        "select count(podcast_id) > 0, count(episode_id) > 0, count(campaign_id) > 0 from alert_rules"
    ).fetchone() == (True, True, True)


def test_the_exercise_is_a_test_of_its_procedure(worked: psycopg.Connection[Any]) -> None:
    assert worked.execute(
        "select procedure_name, last_tested_at = "
        "(select completed_at from failover_events where event_type = 'exercise') "
        "from recovery_procedures where last_tested_at is not null"
    ).fetchall() == [("Take over with a replica", True)]
