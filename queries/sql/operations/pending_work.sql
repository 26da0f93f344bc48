-- purpose: what waits to be digested, over all tenants; nothing for a tenant's session
-- params: none
-- returns: queue text, waiting bigint, oldest timestamptz
-- grain: queue
-- source: pending_work()
-- relies on: none
select p.queue, p.waiting, p.oldest
from pending_work() p
where (select app_tenant()) is null
order by p.queue
