-- purpose: closes the row of an import that stands
-- params: import_id, records_imported, records_duplicate, records_refused, source_sha256, figures
-- returns: nothing
-- grain: one row
-- source: etl_imports
-- relies on: etl_imports_tenant_id_id_key
update etl_imports
set status = 'completed',
    records_imported = :records_imported,
    records_duplicate = :records_duplicate,
    records_refused = :records_refused,
    source_sha256 = cast(:source_sha256 as text),
    figures = cast(:figures as jsonb),
    completed_at = clock_timestamp()
where tenant_id = (select app_tenant()) and id = cast(:import_id as uuid) and status = 'running'
