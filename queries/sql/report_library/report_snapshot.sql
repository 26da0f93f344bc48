-- purpose: what one finished report was made from
-- params: report_id
-- returns: report_data jsonb
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
select r.report_data
from reports r
where r.id = :report_id and r.status = 'ready'
