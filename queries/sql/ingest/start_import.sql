-- purpose: opens the row of an import
-- params: import_type, source, source_name, created_by, options
-- returns: id uuid
-- grain: one row
-- source: etl_imports
-- relies on: nothing
insert into etl_imports (tenant_id, import_type, source, source_name, created_by, options)
values ((select app_tenant()), cast(:import_type as text), cast(:source as text), cast(:source_name as text),
        cast(:created_by as uuid), cast(:options as jsonb))
returning id
