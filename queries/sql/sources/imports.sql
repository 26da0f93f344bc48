-- purpose: the imports that began last, with what became of their rows
-- params: limit
-- returns: import_id uuid, import_type text, source text, status text, started_at timestamptz, seconds numeric, records_imported bigint, records_duplicate bigint, records_refused bigint, error_message text
-- grain: one row per import
-- source: etl_imports
-- relies on: etl_imports_recent
select i.id as import_id, i.import_type, i.source, i.status, i.started_at,
       extract(epoch from i.completed_at - i.started_at) as seconds,
       i.records_imported, i.records_duplicate, i.records_refused, i.error_message
from etl_imports i
where i.tenant_id = (select app_tenant())
order by i.started_at desc
limit :limit
