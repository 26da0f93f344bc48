"""The catalogue itself is asked: policies, grants, functions, keys and views, whatever tables there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.catalogue import RUNNERS_OWN, relations
from tests.catalogue_rules import ACROSS_TENANTS, FORMS, RULES, faults

RUNTIME = ("podboard_web", "podboard_worker")
# System tables: the same for every tenant, without any tenant's data. Written by the worker's jobs.
SYSTEM_TABLES = {
    "refresh_states", "job_runs", "worker_heartbeats",
    "schema_migrations", "database_engine",
}  # fmt: skip
# System tables that everybody reads and the owner or an operator writes.
OPEN_TABLES = {
    "permissions", "subscription_tiers", "onboarding_steps", "replication_status", "failover_events", "recovery_procedures",
}  # fmt: skip
# SECURITY DEFINER functions that a runtime role may call: each is a door with one narrow purpose.
DOORS = {
    "tenant_for_key", "tenant_time_zone", "app_episodes", "ensure_event_storage",
    "refresh_metrics_daily", "pending_work", "search_transcripts", "find_names",
    "account_for_email", "password_token_use", "replace_password", "tenant_data_to",
    "forget_attempts", "uncount_attempt", "keep_request", "keep_outcome",
    "app_campaigns", "app_sponsors", "app_podcasts", "attribution_as_of",
}  # fmt: skip


def _rows(catalogue: psycopg.Connection[Any], statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return catalogue.execute(statement, parameters).fetchall()


def _tables(catalogue: psycopg.Connection[Any]) -> list[tuple[str, bool, bool]]:
    return _rows(
        catalogue,
        "select relname, relrowsecurity, relforcerowsecurity from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
    )


@pytest.mark.parametrize("rule", [*RULES, *FORMS])
def test_the_rules_hold(catalogue: psycopg.Connection[Any], rule: str) -> None:
    """What tests/catalogue_rules.py states, which the mutants break one by one."""
    assert faults(catalogue, rule) == []


def test_keys_over_all_tenants_are_there(catalogue: psycopg.Connection[Any]) -> None:
    """An exception for what has gone would let in what comes under its name."""
    found = _rows(catalogue, "select relname from pg_class where relkind = 'i' and relname = any (%(names)s)",
                  names=list(ACROSS_TENANTS))  # fmt: skip
    assert {name for (name,) in found} == ACROSS_TENANTS.keys()


def test_what_has_no_row_security_is_no_tenants(catalogue: psycopg.Connection[Any]) -> None:
    bare = _rows(
        catalogue,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not relrowsecurity",
    )
    assert {name for (name,) in bare} == SYSTEM_TABLES


def test_open_tables_are_read_by_all_and_written_by_operators(catalogue: psycopg.Connection[Any]) -> None:
    policies = _rows(
        catalogue,
        "select tablename, policyname, permissive, cmd, roles::text[], qual, with_check from pg_policies "
        "where schemaname = 'public' and (tablename = any (%(tables)s) or policyname in ('system_read', 'operator_write')) "
        "order by 1, 2 desc",
        tables=sorted(OPEN_TABLES),
    )
    assert [policy[0] for policy in policies] == [table for table in sorted(OPEN_TABLES) for _ in range(2)]
    for table, name, permissive, command, roles, qual, check in policies:
        assert permissive == "PERMISSIVE", table
        assert sorted(roles) == sorted(RUNTIME), table
        if name == "system_read":
            assert (command, qual, check) == ("SELECT", "true", None), table
        else:
            assert (name, command) == ("operator_write", "ALL"), table
            assert qual == check == "( SELECT app_is_operator() AS app_is_operator)", table
    assert not _rows(
        catalogue,
        "select attrelid::regclass from pg_attribute where attname = 'tenant_id' and not attisdropped "
        "and attrelid = any (%(tables)s::regclass[])",
        tables=sorted(OPEN_TABLES),
    )


def test_definer_functions_stand_on_a_list(catalogue: psycopg.Connection[Any]) -> None:
    callable_by_runtime = _rows(
        catalogue,
        "select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace "
        "and prorettype <> 'trigger'::regtype and (has_function_privilege('podboard_web', oid, 'execute') "
        "or has_function_privilege('podboard_worker', oid, 'execute'))",
    )
    assert {name for (name,) in callable_by_runtime} == DOORS


# Columns that a policy names and no index begins with (alone, or after the tenant), and why none has to.
NO_INDEX = {
    ("annotations", "visibility"): "a word of three, beside the tenant and the time",
    ("report_schedules", "podcast_ids"): "a list that is compared, not looked up",
    ("reports", "podcast_ids"): "a list that is compared, not looked up",
    ("saved_views", "visibility"): "a word of two, beside the person",
    ("share_links", "campaign_ids"): "a list that is compared, not looked up",
    ("share_links", "podcast_ids"): "a list that is compared, not looked up",
}


def test_what_a_policy_asks_for_leads_an_index(catalogue: psycopg.Connection[Any]) -> None:
    named = _rows(
        catalogue,
        """
        select distinct c.relname, a.attname,
            exists (
                select from pg_index i
                where i.indrelid = c.oid and i.indisvalid
                    and (i.indkey[0] = a.attnum or (i.indkey[1] = a.attnum
                         and i.indkey[0] = (select t.attnum from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id'))))
        from pg_policy p
        join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
        join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p')
        join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and a.attnum > 0
        """,
    )
    assert len(named) > 100
    assert sorted((table, column) for table, column, leads in named if not leads) == sorted(NO_INDEX)


def test_foreign_keys_and_tenant_columns_lead_an_index(catalogue: psycopg.Connection[Any]) -> None:
    bare = _rows(
        catalogue,
        """
        select c.conrelid::regclass::text, c.conname
        from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0
            and c.connamespace in ('public'::regnamespace, 'internal'::regnamespace)
            and not exists (
                select from pg_index i
                where i.indrelid = c.conrelid and i.indpred is null
                    and (select array_agg(k order by k) from unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) k)
                        = (select array_agg(k order by k) from unnest(c.conkey) k)
            )
            and not exists (
                select from pg_index i
                where i.indrelid = c.conrelid and i.indpred is null
                    and cardinality(c.conkey) = 1 and i.indkey[0] = c.conkey[1]
            )
        order by 1, 2
        """,
    )
    assert bare == []


def test_tables_and_views_say_what_they_are_for(catalogue: psycopg.Connection[Any]) -> None:
    silent = [
        name
        for name in relations(catalogue).keys() - RUNNERS_OWN
        if _rows(
            catalogue, "select 1 where obj_description(%(name)s::regclass, 'pg_class') is null", name=name
        )
    ]
    assert silent == []


def test_updated_at_is_kept(catalogue: psycopg.Connection[Any]) -> None:
    # That it is also at work is one of the rules.
    forgotten = _rows(
        catalogue,
        "select a.attrelid::regclass::text from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "where a.attname = 'updated_at' and not a.attisdropped "
        "and c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "
        "and not exists (select from pg_trigger t where t.tgrelid = a.attrelid and t.tgname = 'touch_updated_at')",
    )
    assert forgotten == []


@pytest.fixture
def runtime(world: Any) -> Iterator[psycopg.Connection[Any]]:
    """A transaction of the runtime role on the world's database."""
    with psycopg.connect(world.database.web_dsn, prepare_threshold=None) as opened:
        yield opened
        opened.rollback()


def test_the_two_settings_of_the_model(runtime: psycopg.Connection[Any], world: Any) -> None:
    """One set: it counts. Both set and different: nobody. None, or set and ended: nobody."""
    mine, other = str(world.people.alice.tenant_id), str(world.people.charlie.tenant_id)

    def seen(**settings: str) -> int:
        runtime.rollback()
        for name, value in settings.items():
            runtime.execute("select set_config(%s, %s, true)", (f"app.{name}", value))
        row = runtime.execute("select count(*) from podcasts").fetchone()
        assert row
        return int(row[0])

    assert seen(current_tenant=mine) > 0
    assert seen(current_tenant=mine) == seen(current_tenant_id=mine)
    assert seen(current_tenant=mine) == seen(current_tenant=mine, current_tenant_id=mine.upper())
    assert seen(current_tenant=mine, current_tenant_id=other) == 0
    assert seen() == 0
    assert seen(current_tenant="") == 0


def test_a_person_without_a_scope_sees_nothing(runtime: psycopg.Connection[Any], world: Any) -> None:
    runtime.execute("select set_tenant_context(%s)", (world.people.alice.tenant_id,))
    runtime.execute("select set_config('app.current_user', %s, true)", (str(world.people.bob.user_id),))
    for relation in (
        "podcasts", "campaigns", "sponsors", "listener_events", "attribution_events", "episode_days", "metrics_daily",
    ):  # fmt: skip
        row = runtime.execute(
            psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(relation))
        ).fetchone()
        assert row == (0,), relation
