-- purpose: the bytes of one finished report
-- params: report_id
-- returns: pdf bytea, pdf_sha256 text, subject text, report_type text, parameters jsonb
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
select r.pdf, r.pdf_sha256, r.report_data ->> 'title' as subject, r.report_type, r.parameters
from reports r
where r.id = :report_id and r.status = 'ready'
