-- purpose: stores a finished report, if this attempt still holds it
-- params: report_id, attempt, title, report_data, podcast_ids, pdf, pdf_sha256, page_count
-- returns: report_id uuid; nothing when it was cancelled or taken over
-- grain: one report or none
-- source: reports
-- relies on: reports_pkey
update reports
set status = 'ready', progress_percent = 100, progress_note = '', lease_until = null, generated_at = now(),
    title = case when title = '' then :title else title end,
    report_data = cast(:report_data as jsonb), podcast_ids = cast(:podcast_ids as uuid[]),
    pdf = :pdf, pdf_sha256 = :pdf_sha256, pdf_bytes = octet_length(:pdf), page_count = :page_count
where id = :report_id and status = 'running' and attempts = :attempt
returning id as report_id
