-- purpose: forgets workers that have not been heard of for a day
-- params: none
-- returns: number of rows
-- grain: worker
-- source: worker_heartbeats
-- relies on: worker_heartbeats_pkey
delete from worker_heartbeats where beat_at < now() - interval '1 day'
