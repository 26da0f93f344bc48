-- no-transaction
-- Purpose: imports are found by whose they are; those of before are named by their files and addresses.

create index concurrently if not exists etl_imports_named on etl_imports (tenant_id, import_type, source_name, started_at desc)
    where source_name is not null;
-- What pixels and vanity URLs brought; impressions, which are most, tell no source.
create index concurrently if not exists campaign_days_source on internal.campaign_days (tenant_id, source, local_day)
    where source <> '';

update etl_imports i
set source_name = left(case
    when i.source ~ '^API key .' then i.source
    when i.source ~ '^[a-z]+://[^/:]' then substring(i.source from '^[a-z]+://([^/:]+)')
    else coalesce(nullif(replace(trim(regexp_replace(lower(split_part(i.source, '.', 1)), '[^a-z]+', ' ', 'g')), ' ', '-'), ''), 'file')
    end, 250)
where i.source_name is null;

-- Made without looking at what was there, and true of all of it. Tables by name and not their parts: TimescaleDB validates a chunk by
-- way of its table alone.
alter table etl_imports validate constraint etl_imports_source_name_check;
alter table import_columns validate constraint import_columns_kind_check;
