-- purpose: notes how a run ended, if it is still this worker's
-- params: run_id, status, result, error_message
-- returns: number of rows
-- grain: run
-- source: job_runs
-- relies on: job_runs_pkey
update job_runs
set status = :status, finished_at = greatest(now(), started_at), result = result || cast(:result as jsonb), error_message = :error_message
where id = :run_id and status = 'running'
