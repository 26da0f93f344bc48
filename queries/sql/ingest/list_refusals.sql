-- purpose: lists rows that an import did not take
-- params: import_id, rows
-- returns: nothing
-- grain: one row per refused row
-- source: import_refusals
-- relies on: nothing
insert into import_refusals (tenant_id, import_id, line_number, reason, detail)
select (select app_tenant()), cast(:import_id as uuid), r.line_number, r.reason, r.detail
from jsonb_to_recordset(cast(:rows as jsonb)) as r (line_number bigint, reason text, detail text)
