-- purpose: opens the row of an interrupted import again
-- params: import_id, lines_done
-- returns: nothing
-- grain: one row; none when somebody else went on with it
-- source: etl_imports
-- relies on: etl_imports_tenant_id_id_key
update etl_imports
set status = 'running', completed_at = null, error_message = null
where tenant_id = (select app_tenant()) and id = cast(:import_id as uuid) and status in ('running', 'failed')
    and lines_done = cast(:lines_done as bigint)
