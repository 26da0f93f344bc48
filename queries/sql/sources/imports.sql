-- purpose: the newest imports, with what became of their rows: so many of files and feeds, and beside them so many hours
-- params: hourly, api_key, name, files, hours
-- returns: import_id uuid, import_type text, source text, is_hour boolean (of what comes request by request), status text,
--     started_at timestamptz, seconds numeric (null while it runs, and of hours whose work was not measured), records_imported bigint,
--     records_duplicate bigint, records_refused bigint, taken_back bigint, counted_late bigint, error_message text
-- grain: one row per import, what was written last first; with a name only those of this source, or called so
-- source: etl_imports
-- relies on: etl_imports_recent
with known as not materialized (
    select i.id, i.import_type, i.source, i.status, i.started_at, i.completed_at, i.records_imported, i.records_duplicate, i.records_refused,
           i.figures, i.error_message,
           i.source_sha256 is null
               and (i.source = any (cast(:hourly as text[])) or starts_with(i.source, cast(:api_key as text))) as is_hour
    from etl_imports i
    where i.tenant_id = (select app_tenant())
        and (cast(:name as text) is null or cast(:name as text) in (i.source_name, i.source))
),
-- What was written last is among what began last: an hour ends with the clock, and few imports are resumed much later.
files as (
    select b.*
    from (select k.* from known k where not k.is_hour order by k.started_at desc limit 20 * cast(:files as bigint)) b
    order by coalesce(b.completed_at, 'infinity') desc, b.started_at desc, b.id
    limit :files
),
hours as (
    select b.*
    from (select k.* from known k where k.is_hour order by k.started_at desc limit 20 * cast(:hours as bigint)) b
    order by b.completed_at desc, b.started_at desc, b.id
    limit :hours
)
select i.id as import_id, i.import_type, i.source, i.is_hour, i.status, i.started_at,
       -- The time between the batches of an hour is no work, nor that between a run which stopped and the one that went on.
       case when i.completed_at is null then null
           when i.is_hour or i.figures ->> 'worked_ms' is not null then cast(i.figures ->> 'worked_ms' as numeric) / 1000
           else extract(epoch from i.completed_at - i.started_at) end as seconds,
       i.records_imported, i.records_duplicate, i.records_refused,
       coalesce(cast(i.figures ->> 'taken_back' as bigint), 0) as taken_back,
       coalesce(cast(i.figures ->> 'counted_late' as bigint), 0) as counted_late, i.error_message
from (select f.* from files f union all select h.* from hours h) i
order by coalesce(i.completed_at, 'infinity') desc, i.started_at desc, i.id
