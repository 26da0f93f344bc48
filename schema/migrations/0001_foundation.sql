-- Purpose: private schema, tenant and scope context, the helper that gives a table its tenant policy.
-- Everything runs as podboard_owner; the runtime roles podboard_web and podboard_worker exist already (deploy/roles.sql).

create schema internal;
comment on schema internal is
    'Materialisations, rollups, partitions and queues. No usage for the runtime roles: what may be read stands in public as a barrier view.';

revoke all on schema public from public;
grant usage on schema public to podboard_web, podboard_worker;

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to podboard_web, podboard_worker', current_database());
end
$$;

-- uuid-ossp is not trusted and not everywhere; the name the data model uses exists all the same.
do $$
begin
    if to_regprocedure('public.uuid_generate_v4()') is null then
        create function public.uuid_generate_v4() returns uuid
            language sql volatile parallel safe
            as 'select pg_catalog.gen_random_uuid()';
    end if;
end
$$;

-- The tenant of this transaction. Two settings are understood: one of them set counts, both set and
-- different is a mistake and therefore nobody. A setting that has ended reads as '', hence nullif.
create function app_tenant() returns uuid
    language sql stable parallel safe
    as $$
    select case
        when nullif(current_setting('app.current_tenant', true), '') is null
            then nullif(current_setting('app.current_tenant_id', true), '')::uuid
        when nullif(current_setting('app.current_tenant_id', true), '') is null
            then nullif(current_setting('app.current_tenant', true), '')::uuid
        when nullif(current_setting('app.current_tenant', true), '')::uuid
            = nullif(current_setting('app.current_tenant_id', true), '')::uuid
            then nullif(current_setting('app.current_tenant', true), '')::uuid
    end
    $$;
comment on function app_tenant() is 'Tenant of this transaction; null (and so no rows) when none is set or the two settings disagree.';

create function app_user() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.current_user', true), '')::uuid $$;
comment on function app_user() is 'Person of this transaction; null when the tenant itself acts (worker, commands).';

create function set_tenant_context(tenant_uuid uuid) returns void
    language plpgsql volatile
    as $$
begin
    perform set_config('app.current_tenant', coalesce(tenant_uuid::text, ''), true),
            set_config('app.current_tenant_id', coalesce(tenant_uuid::text, ''), true);
end
$$;
comment on function set_tenant_context(uuid) is
    'Sets the tenant for the rest of this transaction (both settings). Null clears it. Enter a person''s rights with enter_session().';

-- Scope inside a tenant has two axes: campaigns and podcasts. Each is 'all', 'none' or a comma-separated list of ids.
-- Nothing set and no person: the tenant acts, all. Nothing set but a person: a forgotten scope, so none.
create function app_sees_all_campaigns() returns boolean
    language sql stable parallel safe
    as $$
    select coalesce(
        nullif(current_setting('app.campaign_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

create function app_sees_all_podcasts() returns boolean
    language sql stable parallel safe
    as $$
    select coalesce(
        nullif(current_setting('app.podcast_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

create function app_campaigns() returns setof uuid
    language sql stable parallel safe rows 20
    as $$
    select unnest(string_to_array(
        case when current_setting('app.campaign_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.campaign_scope', true), '') end, ','))::uuid
    $$;

create function app_sponsors() returns setof uuid
    language sql stable parallel safe rows 5
    as $$
    select unnest(string_to_array(
        case when current_setting('app.sponsor_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.sponsor_scope', true), '') end, ','))::uuid
    $$;

create function app_podcasts() returns setof uuid
    language sql stable parallel safe rows 20
    as $$
    select unnest(string_to_array(
        case when current_setting('app.podcast_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.podcast_scope', true), '') end, ','))::uuid
    $$;

comment on function app_sees_all_campaigns() is 'True when this transaction may read every campaign of the tenant.';
comment on function app_sees_all_podcasts() is 'True when this transaction may read every podcast of the tenant.';
comment on function app_campaigns() is 'Campaigns this transaction is limited to (empty when all or none).';
comment on function app_sponsors() is 'Sponsors this transaction is limited to (empty when all or none).';
comment on function app_podcasts() is 'Podcasts this transaction is limited to (empty when all or none).';

create function internal.touch_updated_at() returns trigger
    language plpgsql
    as $$
begin
    new.updated_at := now();
    return new;
end
$$;

-- Gives a tenant table what every tenant table has. Scope inside the tenant is a RESTRICTIVE policy of its own,
-- granted to the runtime roles only, so that a barrier view of the owner can show a narrower set of columns.
create function internal.protect_tenant_table(target regclass, grants text default 'select, insert, update, delete',
                                              forced boolean default true) returns void
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', target);
    if forced then
        execute format('alter table %s force row level security', target);
    end if;
    execute format('create policy tenant_isolation on %s using (tenant_id = (select app_tenant())) '
                   'with check (tenant_id = (select app_tenant()))', target);
    execute format('grant %s on %s to podboard_web, podboard_worker', grants, target);
    if exists (select from pg_attribute where attrelid = target and attname = 'updated_at' and not attisdropped) then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

-- Look-ups that must happen before a tenant is known (an e-mail at log-in, a session cookie) go through one table
-- and one function, so that no tenant table needs a policy with a hole in it.
create table internal.directory (
    kind text not null,
    key text not null,
    tenant_id uuid,
    entity_id uuid not null,
    primary key (kind, key)
);
create index directory_entity on internal.directory (kind, entity_id);
comment on table internal.directory is 'Global keys and whose they are: kept by triggers, read by tenant_for_key() alone.';

create function internal.keep_directory() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    entry_kind constant text := tg_argv[0];
    key_column constant text := tg_argv[1];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        delete from internal.directory d where d.kind = entry_kind and d.entity_id = (to_jsonb(old) ->> 'id')::uuid;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into internal.directory (kind, key, tenant_id, entity_id)
        values (entry_kind, to_jsonb(new) ->> key_column, (to_jsonb(new) ->> 'tenant_id')::uuid, (to_jsonb(new) ->> 'id')::uuid);
    end if;
    return null;
end
$$;

create function tenant_for_key(p_kind text, p_key text)
    returns table (tenant_id uuid, entity_id uuid)
    language sql stable security definer set search_path = pg_catalog, internal
    as $$ select d.tenant_id, d.entity_id from internal.directory d where d.kind = p_kind and d.key = p_key $$;
comment on function tenant_for_key(text, text) is
    'The tenant and id behind a global key: the only way from an e-mail, a session or a token to a tenant.';
revoke all on function tenant_for_key(text, text) from public;
grant execute on function tenant_for_key(text, text) to podboard_web, podboard_worker;
