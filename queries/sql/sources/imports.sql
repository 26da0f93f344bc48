-- purpose: the imports that began last, with what became of their rows
-- params: hourly, api_key, limit
-- returns: import_id uuid, import_type text, source text, status text, started_at timestamptz, seconds numeric (null while it runs, and of
--     hours whose work was not measured), records_imported bigint, records_duplicate bigint, records_refused bigint, taken_back bigint,
--     counted_late bigint, error_message text
-- grain: one row per import
-- source: etl_imports
-- relies on: etl_imports_recent
select i.id as import_id, i.import_type, i.source, i.status, i.started_at,
       case
           when i.source_sha256 is null and (i.source = any (cast(:hourly as text[])) or starts_with(i.source, cast(:api_key as text)))
               -- The time between the first and the last batch of an hour is no work.
               then cast(i.figures ->> 'worked_ms' as numeric) / 1000
           else extract(epoch from i.completed_at - i.started_at)
       end as seconds,
       i.records_imported, i.records_duplicate, i.records_refused,
       coalesce(cast(i.figures ->> 'taken_back' as bigint), 0) as taken_back,
       coalesce(cast(i.figures ->> 'counted_late' as bigint), 0) as counted_late, i.error_message
from etl_imports i
where i.tenant_id = (select app_tenant())
order by i.started_at desc
limit :limit
