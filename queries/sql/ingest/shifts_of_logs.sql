-- purpose: how far the access logs of which something counts were read, and to which day each was moved
-- params: none
-- returns: shift_to text (a day; null of a log that was not moved), lines_done bigint, lines_sha256 text, started_at timestamptz
-- grain: one row per beginning of a log and day, with its newest import
-- source: etl_imports
-- relies on: etl_imports_named
select i.options ->> 'shift_to' as shift_to, i.lines_done, i.lines_sha256, max(i.started_at) as started_at
from etl_imports i
where i.tenant_id = (select app_tenant())
    and i.import_type = 'access_log'
    and i.lines_done > 0
    and i.lines_sha256 is not null
    -- Of an old log that was not moved every line is refused: it may well be moved then.
    and i.records_imported + i.records_duplicate > 0
group by 1, 2, 3
order by 4 desc, 1, 2, 3
