-- purpose: one page of the rows that an import did not take, after a given one
-- params: import_id, after_line, after_id, limit
-- returns: id uuid, line_number bigint, reason text, detail text, batch uuid, created_at timestamptz
-- grain: one row per refused row
-- source: import_refusals
-- relies on: import_refusals_import
select r.id, r.line_number, r.reason, r.detail, r.batch, r.created_at
from import_refusals r
where r.tenant_id = (select app_tenant())
    and r.import_id = cast(:import_id as uuid)
    and (r.line_number, r.id) > (:after_line, cast(:after_id as uuid))
order by r.line_number, r.id
limit :limit
