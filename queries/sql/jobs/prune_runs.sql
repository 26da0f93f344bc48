-- purpose: keeps job_runs small: two weeks, and of the runs that did nothing one hour, the newest always
-- params: none
-- returns: number of rows
-- grain: run
-- source: job_runs
-- relies on: job_runs_recent
delete from job_runs r
where (r.scheduled_for < now() - interval '14 days'
       or (r.scheduled_for < now() - interval '1 hour' and r.status = 'succeeded'
           and coalesce(cast(r.result ->> 'rows' as bigint), 0) = 0))
    and exists (select from job_runs newer where newer.job = r.job and newer.scheduled_for > r.scheduled_for)
