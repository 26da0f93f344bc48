-- purpose: marks runs whose worker has not been heard of for the length of the lease
-- params: none
-- returns: job text, scheduled_for timestamptz, worker text
-- grain: run
-- source: job_runs
-- relies on: job_runs_recent
update job_runs
set status = 'abandoned', finished_at = now()
where status = 'running' and lease_until < now()
returning job, scheduled_for, worker
