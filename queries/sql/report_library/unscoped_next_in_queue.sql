-- purpose: the oldest queued report of any tenant that nobody works on, locked for this transaction
-- params: none
-- returns: report_id uuid, tenant_id uuid
-- grain: one report or none
-- source: internal.report_queue
-- relies on: report_queue_order
select q.report_id, q.tenant_id
from internal.report_queue q
where q.lease_until is null or q.lease_until < now()
order by q.queued_at, q.report_id
limit 1
for update skip locked
