-- purpose: marks a report as failed, if this attempt still holds it
-- params: report_id, attempt, message
-- returns: report_id uuid; nothing when it was cancelled or taken over
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
update reports
set status = 'failed', progress_note = '', lease_until = null, error_message = :message
where id = :report_id and status = 'running' and attempts = :attempt
returning id as report_id
