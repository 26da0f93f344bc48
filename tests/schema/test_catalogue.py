"""The catalogue itself is asked: policies, grants, functions, keys and views, whatever tables there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

RUNTIME = ("podboard_web", "podboard_worker")
# System tables: the same for every tenant, without any tenant's data. Written by the worker's jobs and at log-in.
SYSTEM_TABLES = {
    "login_attempts", "refresh_states", "job_runs", "worker_heartbeats",
    "schema_migrations", "database_engine",
}  # fmt: skip
# System tables that everybody reads and the owner or an operator writes.
OPEN_TABLES = {
    "permissions", "subscription_tiers", "onboarding_steps", "replication_status", "failover_events", "recovery_procedures",
}  # fmt: skip
# A continuous aggregate would be emptied by FORCE: its owner would see no rows.
NOT_FORCED = {"listener_events", "attribution_events", "listener_metrics"}
# SECURITY DEFINER functions that a runtime role may call: each is a door with one narrow purpose.
DOORS = {
    "tenant_for_key", "tenant_time_zone", "app_episodes", "ensure_event_storage",
    "refresh_metrics_daily", "pending_work", "search_transcripts", "find_names",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(superuser_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        yield connection


def _rows(catalogue: psycopg.Connection[Any], statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return catalogue.execute(statement, parameters).fetchall()


def _tables(catalogue: psycopg.Connection[Any]) -> list[tuple[str, bool, bool]]:
    return _rows(
        catalogue,
        "select relname, relrowsecurity, relforcerowsecurity from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
    )


def test_every_tenant_table_has_row_security(catalogue: psycopg.Connection[Any]) -> None:
    found = {name: (enabled, forced) for name, enabled, forced in _tables(catalogue)}
    assert found.keys() >= SYSTEM_TABLES
    for name, (enabled, forced) in found.items():
        if name not in SYSTEM_TABLES:
            assert enabled, name
            assert forced == (name not in NOT_FORCED | OPEN_TABLES), name


def test_every_tenant_table_has_one_permissive_policy_for_both_directions(
    catalogue: psycopg.Connection[Any],
) -> None:
    policies = _rows(
        catalogue,
        "select tablename, policyname, cmd, roles::text[], qual, with_check from pg_policies "
        "where schemaname = 'public' and permissive = 'PERMISSIVE' order by 1",
    )
    policies = [policy for policy in policies if policy[0] not in OPEN_TABLES]
    tables = [name for name, enabled, _ in _tables(catalogue) if enabled and name not in OPEN_TABLES]
    assert [policy[0] for policy in policies] == tables
    for table, name, command, roles, qual, check in policies:
        assert (name, command, roles) == ("tenant_isolation", "ALL", ["public"]), table
        assert "app_tenant()" in qual, table
        assert "app_tenant()" in check, table


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
            assert "app_is_operator()" in qual, table
            assert "app_is_operator()" in check, table
    assert not _rows(
        catalogue,
        "select attrelid::regclass from pg_attribute where attname = 'tenant_id' and not attisdropped "
        "and attrelid = any (%(tables)s::regclass[])",
        tables=sorted(OPEN_TABLES),
    )


def test_scope_policies_restrict_the_runtime_roles(catalogue: psycopg.Connection[Any]) -> None:
    restrictive = _rows(
        catalogue,
        "select tablename, policyname, roles::text[] from pg_policies where schemaname = 'public' and "
        "permissive = 'RESTRICTIVE'",
    )
    assert {table for table, _, _ in restrictive} >= {
        "podcasts", "episodes", "sponsors", "campaigns", "ad_units", "io_bookings", "listener_events",
        "attribution_events", "listener_metrics", "attribution_paths", "attribution_analytics", "reports", "users",
    }  # fmt: skip
    assert all(sorted(roles) == sorted(RUNTIME) for _, _, roles in restrictive)


def test_runtime_roles_are_no_owners_and_have_no_way_round(catalogue: psycopg.Connection[Any]) -> None:
    roles = _rows(
        catalogue,
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit from pg_roles where "
        "rolname = any (%(roles)s) order by 1",
        roles=list(RUNTIME),
    )
    assert roles == [
        ("podboard_web", False, False, False, False, True),
        ("podboard_worker", False, False, False, False, False),
    ]
    owned = _rows(
        catalogue,
        "select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any (%(roles)s)",
        roles=list(RUNTIME),
    )
    assert owned == []
    assert _rows(catalogue, "select pg_has_role('podboard_web', 'podboard_owner', 'member')") == [(False,)]


def test_nothing_private_is_granted(catalogue: psycopg.Connection[Any]) -> None:
    for role in (*RUNTIME, "public"):
        if role != "public":
            assert _rows(
                catalogue, "select has_schema_privilege(%(role)s, 'internal', 'usage')", role=role
            ) == [(False,)]
        granted = _rows(
            catalogue,
            "select table_name, privilege_type from information_schema.role_table_grants where table_schema = "
            "'internal' and grantee = %(role)s",
            role=role,
        )
        assert granted == [], role


def test_runtime_roles_have_none_of_the_dangerous_rights(catalogue: psycopg.Connection[Any]) -> None:
    granted = _rows(
        catalogue,
        "select table_name, grantee, privilege_type from information_schema.role_table_grants "
        "where table_schema = 'public' and grantee in ('podboard_web', 'podboard_worker', 'PUBLIC') "
        "and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')",
    )
    assert granted == []
    for role in RUNTIME:
        rights = _rows(
            catalogue,
            "select has_schema_privilege(%(role)s, 'public', 'create'), has_database_privilege(%(role)s, "
            "current_database(), 'temp')",
            role=role,
        )
        assert rights == [(False, False)], role


def test_views_are_barriers_and_belong_to_the_owner(catalogue: psycopg.Connection[Any]) -> None:
    views = _rows(
        catalogue,
        "select c.relname, c.reloptions, r.rolname, pg_get_viewdef(c.oid) from pg_class c "
        "join pg_roles r on r.oid = c.relowner where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm') order by 1",
    )
    assert {name for name, *_ in views} >= {
        "listener_events_hourly",
        "listener_events_daily",
        "metrics_daily",
    }
    for name, options, owner, definition in views:
        assert options == ["security_barrier=true"], name
        assert owner == "podboard_owner", name
        assert "app_tenant()" in definition, name
        assert "app_sees_all_" in definition, name


def test_definer_functions_stand_on_a_list_and_pin_their_path(catalogue: psycopg.Connection[Any]) -> None:
    functions = _rows(
        catalogue,
        "select p.proname, n.nspname, p.proconfig, "
        "has_function_privilege('podboard_web', p.oid, 'execute') "
        "or has_function_privilege('podboard_worker', p.oid, 'execute'), "
        "exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0), "
        "p.prorettype = 'trigger'::regtype "
        "from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where p.prosecdef and n.nspname in ('public', 'internal')",
    )
    for name, schema, config, _, _, _ in functions:
        assert any(setting.startswith("search_path=pg_catalog") for setting in config or ()), (
            f"{schema}.{name}"
        )
    callable_by_runtime = {
        name
        for name, schema, _, may_call, _, is_trigger in functions
        if schema == "public" and may_call and not is_trigger
    }
    assert callable_by_runtime == DOORS
    assert not [
        name
        for name, schema, _, _, by_public, is_trigger in functions
        if schema == "public" and by_public and not is_trigger
    ]


def test_context_functions_are_stable(catalogue: psycopg.Connection[Any]) -> None:
    volatility = dict(
        _rows(
            catalogue,
            "select proname, provolatile::text from pg_proc where proname like 'app\\_%%' and pronamespace = "
            "'public'::regnamespace",
        )
    )
    assert volatility
    assert set(volatility.values()) == {"s"}


def test_references_carry_the_tenant_where_both_sides_have_one(catalogue: psycopg.Connection[Any]) -> None:
    lonely = _rows(
        catalogue,
        """
        with tenant_tables as (
            select attrelid from pg_attribute where attname = 'tenant_id' and not attisdropped and attnotnull
        )
        select c.conrelid::regclass::text, c.conname
        from pg_constraint c
        where c.contype = 'f'
            and c.conparentid = 0
            and c.connamespace = 'public'::regnamespace
            and c.conrelid in (select attrelid from tenant_tables)
            and c.confrelid in (select attrelid from tenant_tables)
            and not exists (
                select from unnest(c.conkey) k (attnum)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
                where a.attname = 'tenant_id'
            )
        order by 1, 2
        """,
    )
    assert lonely == []


def test_foreign_keys_and_tenant_columns_lead_an_index(catalogue: psycopg.Connection[Any]) -> None:
    bare = _rows(
        catalogue,
        """
        select c.conrelid::regclass::text, c.conname
        from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace
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
    # listener_events is never deleted from by tenant or episode; its indexes begin with the tenant and end with time.
    assert [row for row in bare if row[0] not in NOT_FORCED] == []


def test_tables_say_what_they_are_for(catalogue: psycopg.Connection[Any]) -> None:
    silent = _rows(
        catalogue,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and obj_description(oid, 'pg_class') is null and relname not in ('schema_migrations', "
        "'database_engine') order by 1",
    )
    assert silent == []


def test_updated_at_is_kept(catalogue: psycopg.Connection[Any]) -> None:
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
