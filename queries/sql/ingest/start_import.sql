-- purpose: opens the row of an import that was begun so many seconds ago, with what was read of it since
-- params: import_type, source, source_name, created_by, options, seconds_ago
-- returns: id uuid
-- grain: one row
-- source: etl_imports
-- relies on: nothing
insert into etl_imports (tenant_id, import_type, source, source_name, created_by, options, started_at)
values ((select app_tenant()), cast(:import_type as text), cast(:source as text), cast(:source_name as text),
        cast(:created_by as uuid), cast(:options as jsonb),
        clock_timestamp() - make_interval(secs => cast(:seconds_ago as double precision)))
returning id
