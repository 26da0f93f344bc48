-- purpose: workers heard of in the last day; nothing for a tenant's session
-- params: none
-- returns: worker text, started_at timestamptz, beat_at timestamptz, silent_seconds numeric
-- grain: worker
-- source: worker_heartbeats
-- relies on: worker_heartbeats_pkey
select w.worker, w.started_at, w.beat_at, extract(epoch from now() - w.beat_at) as silent_seconds
from worker_heartbeats w
where (select app_tenant()) is null
order by w.beat_at desc, w.worker
