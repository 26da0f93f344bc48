-- purpose: gives a report to a worker for the length of a lease; counts the attempt
-- params: report_id, lease_seconds
-- returns: report_id uuid, tenant_id uuid, created_by uuid, report_type text, title text, parameters jsonb, attempt smallint
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
update reports
set status = 'running', attempts = attempts + 1, lease_until = now() + make_interval(secs => :lease_seconds),
    progress_percent = 5, progress_note = 'Starting', error_message = null
where id = :report_id and status in ('queued', 'running') and (lease_until is null or lease_until < now())
returning id as report_id, tenant_id, created_by, report_type, title, parameters, attempts as attempt
