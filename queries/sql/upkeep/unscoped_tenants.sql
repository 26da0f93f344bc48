-- purpose: every tenant
-- params: none
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.tenant_directory
-- relies on: tenant_directory_pkey
select d.tenant_id from internal.tenant_directory d order by d.tenant_id
