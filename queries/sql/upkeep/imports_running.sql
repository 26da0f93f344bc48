-- purpose: whether an import of the tenant is still called running
-- params: none
-- returns: is_running boolean
-- grain: one row
-- source: etl_imports
-- relies on: etl_imports_status
select exists (
    select from etl_imports i where i.tenant_id = (select app_tenant()) and i.status = 'running'
) as is_running
