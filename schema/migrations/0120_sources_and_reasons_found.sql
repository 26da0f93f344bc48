-- no-transaction
-- Purpose: imports are found by whose they are; those of before are named by their files and addresses. Requests of before that did not
-- count are counted by the day.

create index concurrently if not exists etl_imports_named on etl_imports (tenant_id, import_type, source_name, started_at desc)
    where source_name is not null;
-- What pixels and vanity URLs brought; impressions, which are most, tell no source.
create index concurrently if not exists campaign_days_source on internal.campaign_days (tenant_id, source, local_day)
    where source <> '';

-- Under row security each tenant's rows are its own.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        update etl_imports i
        set source_name = left(case
            when i.source ~ '^API key .' then i.source
            when i.source ~ '^[a-z]+://[^/:]' then substring(i.source from '^[a-z]+://([^/:]+)')
            else coalesce(
                nullif(replace(trim(regexp_replace(lower(split_part(i.source, '.', 1)), '[^a-z]+', ' ', 'g')), ' ', '-'), ''), 'file')
            end, 250)
        -- A row that was written past the imports, before 0024 refused such, stays as it is: written anew it would be refused.
        where i.tenant_id = tenant and i.source_name is null and (i.status = 'running') = (i.completed_at is null)
            and (i.completed_at >= i.started_at) is not false;
    end loop;
    perform set_tenant_context(null);
end
$$;

-- What comes meanwhile is noted by the trigger; an hour noted twice is counted once.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        insert into internal.dirty_excluded_hours (tenant_id, hour)
        select distinct tenant, date_trunc('hour', x.occurred_at, 'UTC') from excluded_requests x where x.tenant_id = tenant;
    end loop;
    perform set_tenant_context(null);
end
$$;

-- Made without looking at what was there, and true of all of it. Tables by name and not their parts: TimescaleDB validates a chunk by
-- way of its table alone.
alter table etl_imports validate constraint etl_imports_source_name_check;
alter table import_columns validate constraint import_columns_kind_check;
