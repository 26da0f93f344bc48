-- purpose: the newest import of this file and source that stopped on its way, with how far it came
-- params: import_type, source, source_name, options
-- returns: id uuid, lines_done bigint, lines_sha256 text, records_imported bigint, records_duplicate bigint,
--     records_refused bigint, figures jsonb
-- grain: at most one row
-- source: etl_imports
-- relies on: etl_imports_recent
select i.id, i.lines_done, i.lines_sha256, i.records_imported, i.records_duplicate, i.records_refused, i.figures
from etl_imports i
where i.tenant_id = (select app_tenant())
    and i.import_type = cast(:import_type as text)
    and i.source = cast(:source as text)
    -- The release before named sources named none.
    and coalesce(i.source_name, cast(:source_name as text)) = cast(:source_name as text)
    and i.options = cast(:options as jsonb)
    and i.status in ('running', 'failed')
    and i.lines_done > 0
order by i.started_at desc, i.id
limit 1
