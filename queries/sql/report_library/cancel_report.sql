-- purpose: cancels a report that is not finished
-- params: report_id
-- returns: report_id uuid; nothing when it was finished already
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
update reports
set status = 'cancelled', progress_note = '', lease_until = null
where id = :report_id and status in ('queued', 'running')
returning id as report_id
