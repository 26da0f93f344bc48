-- purpose: marks imports that died as failed; to be called by the holder of the import lock only
-- params: none
-- returns: nothing
-- grain: one row per import still called running
-- source: etl_imports
-- relies on: etl_imports_status
update etl_imports
set status = 'failed',
    error_message = case when lines_done = 0 then 'Interrupted: nothing of it was kept.'
        else 'Interrupted: what its figures say stands; the same file again goes on there.' end,
    completed_at = now()
where tenant_id = (select app_tenant()) and status = 'running'
