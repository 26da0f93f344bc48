-- purpose: says that a worker is alive
-- params: worker, started_at
-- returns: number of rows
-- grain: worker
-- source: worker_heartbeats
-- relies on: worker_heartbeats_pkey
insert into worker_heartbeats (worker, started_at, beat_at)
values (:worker, :started_at, now())
on conflict (worker) do update set beat_at = excluded.beat_at
