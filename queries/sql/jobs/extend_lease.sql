-- purpose: keeps a run for its worker while it is at work
-- params: run_id, lease_seconds
-- returns: number of rows; 0 when the run was given up
-- grain: run
-- source: job_runs
-- relies on: job_runs_pkey
update job_runs
set lease_until = now() + make_interval(secs => :lease_seconds)
where id = :run_id and status = 'running'
