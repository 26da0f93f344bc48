-- purpose: notes how far a running report is and keeps it for this attempt
-- params: report_id, attempt, percent, note, lease_seconds
-- returns: report_id uuid; nothing when it was cancelled or taken over
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
update reports
set progress_percent = greatest(progress_percent, cast(:percent as smallint)), progress_note = :note,
    lease_until = now() + make_interval(secs => :lease_seconds)
where id = :report_id and status = 'running' and attempts = :attempt
returning id as report_id
