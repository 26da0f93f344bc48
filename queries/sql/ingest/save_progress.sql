-- purpose: notes how far an import is, in the transaction of the batch that brought it there
-- params: import_id, lines_done_last, lines_done, lines_sha256, records_imported, records_duplicate, records_refused, figures
-- returns: nothing
-- grain: one row; none when the import is not this process's any more
-- source: etl_imports
-- relies on: etl_imports_tenant_id_id_key
update etl_imports
set lines_done = :lines_done,
    lines_sha256 = cast(:lines_sha256 as text),
    records_imported = :records_imported,
    records_duplicate = :records_duplicate,
    records_refused = :records_refused,
    figures = cast(:figures as jsonb)
where tenant_id = (select app_tenant()) and id = cast(:import_id as uuid) and status = 'running' and lines_done = cast(:lines_done_last as bigint)
