-- purpose: how far one report is, and what it was asked with
-- params: report_id
-- returns: report_id uuid, title text, report_type text, parameters jsonb, status text, progress_percent smallint, progress_note text, page_count integer, pdf_bytes integer, created_by_name text, created_at timestamptz, generated_at timestamptz, error_message text
-- grain: one report or none
-- source: reports, users
-- relies on: reports_pkey
select
    r.id as report_id, r.title, r.report_type, r.parameters, r.status, r.progress_percent, r.progress_note, r.page_count,
    r.pdf_bytes, coalesce(nullif(u.full_name, ''), split_part(u.email, '@', 1)) as created_by_name,
    r.created_at, r.generated_at, r.error_message
from reports r
left join users u on u.tenant_id = r.tenant_id and u.id = r.created_by
where r.id = :report_id
