-- purpose: what waits to be digested
-- params: none
-- returns: queue text, waiting bigint, oldest timestamptz
-- grain: queue
-- source: pending_work()
-- relies on: none
select p.queue, p.waiting, p.oldest
from pending_work() p
order by p.queue
