-- Purpose: how many people, podcasts and campaigns a tenant may have, and that nobody gets past it.

create table tenant_quotas (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    max_users integer check (max_users >= 0),
    max_podcasts integer check (max_podcasts >= 0),
    max_campaigns integer check (max_campaigns >= 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table tenant_quotas is
    'What a tenant may have at most, deleted rows not counted; null is without limit. Set by whoever runs the system, '
    'never by a person of the tenant. A limit below what is there stops new ones and takes nothing away.';
select internal.protect_tenant_table('tenant_quotas', 'select, insert, update'),
       internal.guard_table('tenant_quotas', p_reading => 'settings.manage', p_writing => 'no person');

create function internal.create_tenant_quotas() returns trigger
    language plpgsql
    as $$
begin
    insert into public.tenant_quotas (tenant_id) values (new.id);
    return null;
end
$$;
create trigger create_tenant_quotas after insert on tenants for each row execute function internal.create_tenant_quotas();

do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        insert into tenant_quotas (tenant_id) values (tenant) on conflict (tenant_id) do nothing;
    end loop;
    perform set_tenant_context(null);
end
$$;

-- Whoever creates something in a tenant with a limit updates this row first, so two never count at the same time: the
-- second waits, and counts what the first has committed. An update and no mere lock, because under repeatable read a
-- lock would let the second count what it saw before; an update that came in between fails it instead.
create table internal.quota_gates (
    tenant_id uuid primary key references public.tenants (id) on delete cascade,
    passed bigint not null default 1
);
comment on table internal.quota_gates is 'One row per tenant with a limit: held by the transaction that creates something until it ends.';

-- After the statement and not before each row: thousands of rows are counted once, and the rows themselves count.
-- As the owner, because a person whose scope is narrow must not count fewer than there are.
create function internal.enforce_quota() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    tenants uuid[];
    tenant uuid;
    allowed integer;
    present bigint;
begin
    if tg_level = 'ROW' then
        tenants := array[new.tenant_id];
    else
        select array_agg(distinct a.tenant_id) into tenants from added a where a.deleted_at is null;
    end if;
    for tenant in select t.tenant_id from unnest(tenants) as t (tenant_id) where t.tenant_id is not null loop
        select case tg_table_name
                   when 'users' then q.max_users when 'podcasts' then q.max_podcasts when 'campaigns' then q.max_campaigns
               end
        into allowed
        from public.tenant_quotas q where q.tenant_id = tenant;
        continue when allowed is null;

        insert into internal.quota_gates as g (tenant_id) values (tenant)
        on conflict (tenant_id) do update set passed = g.passed + 1;

        if tg_table_name = 'users' then
            select count(*) into present from public.users r where r.tenant_id = tenant and r.deleted_at is null;
        elsif tg_table_name = 'podcasts' then
            select count(*) into present from public.podcasts r where r.tenant_id = tenant and r.deleted_at is null;
        else
            select count(*) into present from public.campaigns r where r.tenant_id = tenant and r.deleted_at is null;
        end if;
        if present > allowed then
            raise exception 'the quota of % % is used up', allowed, tg_table_name
                using errcode = 'PB001', detail = allowed::text, table = tg_table_name, column = 'max_' || tg_table_name;
        end if;
    end loop;
    return null;
end
$$;
comment on function internal.enforce_quota() is
    'Refuses, with SQLSTATE PB001, what would be more than tenant_quotas allows: new rows (statement) and undeleted ones (row).';

do $$
declare
    target text;
begin
    foreach target in array array['users', 'podcasts', 'campaigns'] loop
        execute format('create trigger enforce_quota after insert on %I referencing new table as added '
                       'for each statement execute function internal.enforce_quota()', target);
        execute format('create trigger enforce_quota_undeleted after update of deleted_at on %I for each row '
                       'when (old.deleted_at is not null and new.deleted_at is null) '
                       'execute function internal.enforce_quota()', target);
    end loop;
end
$$;
