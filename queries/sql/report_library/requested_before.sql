-- purpose: the report that a person asked for with this idempotency key
-- params: created_by, idempotency_key
-- returns: report_id uuid, report_type text, parameters jsonb
-- grain: one report or none
-- source: reports
-- relies on: reports_idempotency
select r.id as report_id, r.report_type, r.parameters
from reports r
where r.created_by = cast(:created_by as uuid) and r.idempotency_key = :idempotency_key
