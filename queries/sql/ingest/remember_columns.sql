-- purpose: remembers what the columns of a source mean
-- params: source, kind, columns
-- returns: nothing
-- grain: one row
-- source: import_columns
-- relies on: primary key of import_columns
insert into import_columns (tenant_id, source, kind, columns)
values ((select app_tenant()), cast(:source as text), cast(:kind as text), cast(:columns as jsonb))
on conflict (tenant_id, source, kind) do update set columns = excluded.columns
