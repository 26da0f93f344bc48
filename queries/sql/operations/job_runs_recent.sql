-- purpose: the newest run of each job, when it last succeeded and how often it failed in a day; nothing for a tenant's session
-- params: none
-- returns: job text, status text, scheduled_for timestamptz, started_at timestamptz, finished_at timestamptz, duration_seconds numeric, worker text, rows bigint, error_message text, succeeded_at timestamptz, failures bigint
-- grain: job
-- source: job_runs
-- relies on: job_runs_recent
select
    r.job, r.status, r.scheduled_for, r.started_at, r.finished_at,
    extract(epoch from coalesce(r.finished_at, now()) - r.started_at) as duration_seconds,
    r.worker, cast(r.result ->> 'rows' as bigint) as rows, r.error_message,
    (select max(g.finished_at) from job_runs g where g.job = r.job and g.status = 'succeeded') as succeeded_at,
    (select count(*) from job_runs f
     where f.job = r.job and f.status in ('failed', 'abandoned') and f.started_at > now() - interval '24 hours') as failures
from (select distinct on (job) * from job_runs order by job, scheduled_for desc) r
where (select app_tenant()) is null
order by r.job
