-- purpose: takes a report out of the queue that has no row to work on any more
-- params: report_id
-- returns: number of rows
-- grain: report
-- source: internal.report_queue
-- relies on: report_queue_pkey
delete from internal.report_queue where report_id = :report_id
