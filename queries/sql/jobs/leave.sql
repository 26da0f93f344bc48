-- purpose: takes a worker that ends from the list
-- params: worker
-- returns: number of rows
-- grain: worker
-- source: worker_heartbeats
-- relies on: worker_heartbeats_pkey
delete from worker_heartbeats where worker = :worker
