"""Each break of what leads round the policies, or of a promise, is noticed, by the rule that is there for it.

What opens a policy, a view or a function to another tenant is tried by test_mutants.py. Here are the grants, owners and
schemas beside them, and what holds rows together. Each is made in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests import kept
from tests.by_trigger import misled, unmoved
from tests.canary_world import CanaryWorld
from tests.catalogue import Connection
from tests.catalogue_bounds import BOUNDS, beyond

pytestmark = pytest.mark.drill

# Whoever notices, by a word of the rule's title, or by the name of the way.
_RELATIONS = "web and worker alone have rights on relations"
_BROUGHT = "what the server and extensions brought"
_SCHEMAS = "there is no schema but public and internal"
_ENTERED = "of the schemas web and worker may enter public"
_CONNECT = "into the database web and worker alone"
_ADVANCE = "nothing is granted in advance"
_ROLES = "of our roles the worker alone is another one"
_SETTINGS = "a session begins with no setting"
_OWNERS = "everything of ours is podboard_owner's"
_LEAVES = "nothing leaves the database by itself"
_WHOSE = "a row of a tenant's table says whose it is"
_HISTORY = "what is only ever added to outlives"
_TENANTS = "a tenant with people, money or results"

_COLUMNS_OF_A_VIEW = """
    do $$ begin
        execute (select format('grant insert (%%1$s) on campaign_days to podboard_web', string_agg(attname, ', '))
                 from pg_attribute where attrelid = 'campaign_days'::regclass and attnum > 0);
    end $$
""".replace("%%", "%")
_ACTION = (
    "alter table {0} drop constraint {1}; "
    "alter table {0} add constraint {1} foreign key (tenant_id, {2}) references {3} (tenant_id, id) on delete {4}"
)

# Who notices, what it names, and the break.
BREAKS: dict[str, tuple[str, str, str]] = {
    # Grants on relations, by table, by column, to whomever.
    "columns of a view inserted": (_RELATIONS, "campaign_days.tenant_id: INSERT", _COLUMNS_OF_A_VIEW),
    "a column of a view updated": (
        _RELATIONS, "campaign_days.value_micros: UPDATE", "grant update (value_micros) on campaign_days to podboard_web"),
    "a view deleted from": (_RELATIONS, "campaign_days: DELETE", "grant delete on campaign_days to podboard_worker"),
    "a column of a view for somebody else": (
        _RELATIONS, "download_days.episode_id: SELECT", "grant select (episode_id) on download_days to pg_monitor"),
    "a view for somebody else": (_RELATIONS, "campaign_days: SELECT to pg_monitor", "grant select on campaign_days to pg_monitor"),
    "a private table for somebody else": (
        _RELATIONS, "internal.campaign_days: SELECT", "grant select on internal.campaign_days to pg_monitor"),
    "a private column": (
        _RELATIONS, "internal.campaign_days.tenant_id", "grant select (tenant_id) on internal.campaign_days to podboard_web"),
    "a private sequence": (
        _RELATIONS, "USAGE to podboard_web",
        "do $$ begin execute (select format('grant usage on sequence %s to podboard_web', oid::regclass) from pg_class "
        "where relkind = 'S' and relnamespace = 'internal'::regnamespace limit 1); end $$"),
    "a partition": (
        _RELATIONS, "listener_events", "do $$ begin execute (select format('grant select on %s to podboard_web', "
        "inhrelid::regclass) from pg_inherits where inhparent = 'listener_events'::regclass limit 1); end $$"),
    "passing on": (_RELATIONS, "campaigns: SELECT", "grant select on campaigns to podboard_web with grant option"),
    "truncate": (_RELATIONS, "campaigns: TRUNCATE", "grant truncate on campaigns to podboard_worker"),
    "the server's passwords": (_BROUGHT, "pg_authid: SELECT", "grant select on pg_authid to podboard_web"),
    "a column of the server's": (_BROUGHT, "pg_authid.rolpassword", "grant select (rolpassword) on pg_authid to podboard_web"),
    "the server's files": (
        _BROUGHT, "pg_read_file(text)", "grant execute on function pg_catalog.pg_read_file(text) to podboard_web"),
    # Schemas.
    "a third schema": (
        _SCHEMAS, "schema reporting", "create schema reporting; create view reporting.x as select * from internal.campaign_days; "
        "grant usage on schema reporting to podboard_web; grant select on reporting.x to podboard_web"),
    "a view of a third schema": (
        _RELATIONS, "reporting.x: SELECT", "create schema reporting; create view reporting.x as select * from internal.campaign_days; "
        "grant select on reporting.x to podboard_web"),
    "a table of a third schema for all": (
        _RELATIONS, "reporting.y: SELECT to everybody",
        "create schema reporting; create table reporting.y (n int); grant select on reporting.y to public"),
    "the private schema for somebody else": (_ENTERED, "internal: USAGE", "grant usage on schema internal to pg_monitor"),
    "the public schema for all": (_ENTERED, "public: USAGE to everybody", "grant usage on schema public to public"),
    "making things in public": (_ENTERED, "public: CREATE", "grant create on schema public to podboard_worker"),
    "anybody in the database": (
        _CONNECT, "CONNECT to everybody",
        "do $$ begin execute format('grant connect on database %I to public', current_database()); end $$"),
    # In advance.
    "tables to come": (
        _ADVANCE, "by default on r to podboard_web",
        "alter default privileges for role podboard_owner in schema public grant insert on tables to podboard_web"),
    "functions to come": (
        _ADVANCE, "by default on f to everybody",
        "alter default privileges in schema internal grant execute on functions to public"),
    "a parameter": (
        _ADVANCE, "session_replication_role: SET", "grant set on parameter session_replication_role to podboard_web"),
    # Roles and what they begin with.
    "somebody else is the worker": (
        _ROLES, "a_friend is podboard_worker", "create role a_friend; grant podboard_worker to a_friend"),
    "the web reads all": (_ROLES, "podboard_web is pg_read_all_data", "grant pg_read_all_data to podboard_web"),
    "the owner is somebody": (_ROLES, "podboard_owner is a_dba", "create role a_dba; grant a_dba to podboard_owner"),
    "the owner passes policies": (_ROLES, "podboard_owner has powers", "alter role podboard_owner bypassrls"),
    "the worker gives the owner away": (
        _ROLES, "podboard_worker is podboard_owner", "grant podboard_owner to podboard_worker with admin option"),
    "a tenant from the start": (
        _SETTINGS, "podboard_web: app.current_tenant",
        "alter role podboard_web set app.current_tenant = '00000000-0000-0000-0000-000000000000'"),
    "another path": (_SETTINGS, "search_path", "alter role podboard_web set search_path = internal, public"),
    # Owners, and what goes out.
    "a superuser's function": (_OWNERS, "find_names", "alter function find_names(text, integer) owner to current_user"),
    "the web's table": (_OWNERS, "relation campaigns", "alter table campaigns owner to podboard_web"),
    "a superuser's private table": (
        _OWNERS, "relation internal.campaign_days", "alter table internal.campaign_days owner to current_user"),
    "a publication": (_LEAVES, "publication leak", "create publication leak for table campaigns"),
    "a rule on a table": (
        _LEAVES, "rule leak on campaigns",
        "create table copies (like campaigns); create rule leak as on insert to campaigns do also insert into copies select new.*"),
    # Who may execute what.
    "the web refreshes": (
        "kept", "execute: refresh_metrics_daily()", "grant execute on function refresh_metrics_daily() to podboard_web"),
    "a door for all": ("kept", "execute: tenant_for_key", "do $$ begin execute (select format('grant execute on function "
        "%s to public', oid::regprocedure) from pg_proc where proname = 'tenant_for_key'); end $$"),
    "a door shut": ("kept", "execute: tenant_data_to()", "revoke execute on function tenant_data_to() from podboard_worker"),
    # References and what a deletion does.
    "the log goes with the person": (
        _HISTORY, "audit_logs.user_id",
        _ACTION.format("audit_logs", "audit_logs_user_of_tenant", "user_id", "users", "cascade")),
    "episodes go with the podcast": (
        "kept", "episodes_tenant_id_podcast_id_fkey",
        _ACTION.format("episodes", "episodes_tenant_id_podcast_id_fkey", "podcast_id", "podcasts", "cascade")),
    "campaigns go with the sponsor": (
        "kept", "campaigns_tenant_id_sponsor_id_fkey",
        _ACTION.format("campaigns", "campaigns_tenant_id_sponsor_id_fkey", "sponsor_id", "sponsors", "cascade")),
    "people go with the tenant": (
        _TENANTS, "users", "alter table users drop constraint users_tenant_id_fkey; "
        "alter table users add foreign key (tenant_id) references tenants (id) on delete cascade"),
    # What may not be empty.
    "a campaign of nobody": (_WHOSE, "campaigns", "alter table campaigns alter tenant_id drop not null"),
    "a booking of nobody": (_WHOSE, "io_bookings", "alter table io_bookings alter tenant_id drop not null"),
    "a campaign without a name": ("kept", "never_empty: campaigns: name", "alter table campaigns alter name drop not null"),
    # Indexes, comments and functions.
    "a job twice": (
        "kept", "job_runs_job_scheduled_for_key", "alter table job_runs drop constraint job_runs_job_scheduled_for_key"),
    "a sponsor twice": ("kept", "indexes: sponsors.sponsors_name", "drop index sponsors_name"),
    "a podcast twice": ("kept", "indexes: podcasts.podcasts_feed", "drop index podcasts_feed"),
    "an index of another order": (
        "kept", "indexes: api_usage.api_usage_time",
        "drop index api_usage_time; create index api_usage_time on api_usage (occurred_at)"),
    "a comment": ("kept", "explained: campaigns: stage", "comment on column campaigns.stage is null"),
    "a trigger gone": ("kept", "triggers: campaigns.stamp_stage_change", "drop trigger stamp_stage_change on campaigns"),
    "a trigger asleep": (
        "kept", "triggers: campaigns.touch_updated_at", "alter table campaigns disable trigger touch_updated_at"),
    "hours that nobody notes": (
        "kept", "triggers: listener_metrics.note_dirty_update", "drop trigger note_dirty_update on listener_metrics"),
    # What triggers do.
    "changes undated": (
        "moved", "campaigns was changed",
        "create or replace function internal.touch_updated_at() returns trigger language plpgsql as "
        "$$ begin return new; end $$"),
    "changes of one table undated": (
        "moved", "io_bookings was changed", "drop trigger touch_updated_at on io_bookings"),
    "validations of another campaign": (
        "led", "attribution_validations, changed", "drop trigger take_campaign_of_event on attribution_validations"),
    "metadata of another campaign": (
        "led", "attribution_event_metadata, written", "drop trigger take_campaign_of_event on attribution_event_metadata"),
    "another campaign by a change": (
        "led", "attribution_validations, changed",
        "drop trigger take_campaign_of_event on attribution_validations; create trigger take_campaign_of_event before insert "
        "on attribution_validations for each row execute function internal.take_campaign_of_event('attribution_event_id')"),
}  # fmt: skip
_WAYS: dict[str, Callable[[Connection], Iterator[str]]] = {
    "kept": kept.broken,
    "moved": unmoved,
    "led": misled,
}


@pytest.fixture(scope="module")
def superuser(canary_world: CanaryWorld) -> Iterator[psycopg.Connection[Any]]:
    """In whose transaction everything is broken; what it says at first must be nothing."""
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=None) as connection:
        assert beyond(connection) == []
        assert [fault for way in _WAYS.values() for fault in way(connection)] == []
        yield connection
        connection.rollback()


def _said(connection: Connection, by: str) -> list[str]:
    if by in _WAYS:
        return list(_WAYS[by](connection))
    (bound,) = (title for title in BOUNDS if title.startswith(by))
    return beyond(connection, bound)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_noticed(superuser: psycopg.Connection[Any], name: str) -> None:
    by, what, statement = BREAKS[name]
    with superuser.transaction(force_rollback=True):
        superuser.execute(statement.encode())
        said = _said(superuser, by)
    assert any(what in fault for fault in said), said


def test_every_bound_is_broken_by_one(superuser: psycopg.Connection[Any]) -> None:
    """A rule that no break breaks would be no rule; and without a break none says anything."""
    noticing = {title for title in BOUNDS for by, _, _ in BREAKS.values() if title.startswith(by)}
    assert noticing == BOUNDS.keys()
    with superuser.transaction(force_rollback=True):
        superuser.execute("select 1")
        assert beyond(superuser) == []


# Everything of a kind, dropped; what another thing needs is dropped by its constraint.
_ALL_OF = {
    "references": "select format('alter table %s drop constraint %I', conrelid::regclass, conname) from pg_constraint "
    "where contype = 'f' and conparentid = 0",
    "checks": "select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) from pg_constraint k "
    "join pg_class c on c.oid = k.conrelid where k.contype = 'c' and not c.relispartition and k.coninhcount = 0 "
    "and c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace)",
    "triggers": "select format('drop trigger %I on %s', tgname, tgrelid::regclass) from pg_trigger "
    "where not tgisinternal and tgparentid = 0",
    "indexes": "select format('drop index %s', i.indexrelid::regclass) from pg_index i join pg_class c on c.oid = i.indrelid "
    "where c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and not c.relispartition "
    "and not exists (select from pg_constraint k where k.conindid = i.indexrelid)",
    "never_empty": "select format('alter table %s alter %I drop not null', a.attrelid::regclass, a.attname) "
    "from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attnum > 0 and not a.attisdropped and a.attnotnull "
    "and a.attidentity = '' and c.relkind in ('r', 'p') and not c.relispartition "
    "and c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and not exists ("
    "select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))",
}  # fmt: skip


@pytest.mark.parametrize("kind", _ALL_OF)
def test_every_line_is_a_promise(superuser: psycopg.Connection[Any], kind: str) -> None:
    """One after another is dropped, all in one transaction: each line of the file says so."""
    with superuser.transaction(force_rollback=True):
        statements = [statement for (statement,) in superuser.execute(_ALL_OF[kind].encode()).fetchall()]
        assert len(statements) > 80
        superuser.execute("; ".join(statements).encode())
        broken = [fault for fault in kept.broken(superuser) if fault.startswith(f"{kind}: ")]
    assert len(broken) == len(statements)
