-- purpose: lists rows that an import did not take
-- params: import_id, batch, rows
-- returns: nothing
-- grain: one row per refused row
-- source: import_refusals
-- relies on: nothing
insert into import_refusals (tenant_id, import_id, line_number, reason, detail, batch)
select (select app_tenant()), cast(:import_id as uuid), r.line_number, r.reason, r.detail, cast(:batch as uuid)
from jsonb_to_recordset(cast(:rows as jsonb)) as r (line_number bigint, reason text, detail text)
