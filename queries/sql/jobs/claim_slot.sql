-- purpose: takes a job's time slot; a slot whose worker died is taken again, any other stays with whom it belongs to
-- params: job, scheduled_for, worker, lease_seconds
-- returns: run_id uuid; nothing when another run has the slot
-- grain: one run or none
-- source: job_runs
-- relies on: job_runs_job_scheduled_for_key
insert into job_runs as r (job, scheduled_for, worker, lease_until)
values (:job, :scheduled_for, :worker, now() + make_interval(secs => :lease_seconds))
on conflict (job, scheduled_for) do update
set id = excluded.id, status = 'running', worker = excluded.worker, started_at = now(), finished_at = null,
    lease_until = excluded.lease_until, error_message = null,
    result = jsonb_build_object('abandoned_by', r.worker)
where r.status = 'abandoned' or (r.status = 'running' and r.lease_until < now())
returning r.id as run_id
