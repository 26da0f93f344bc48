-- purpose: every tenant
-- params: none
-- returns: tenant_id uuid
-- grain: one row per tenant
-- source: internal.tenant_directory
-- relies on: primary key
select d.tenant_id
from internal.tenant_directory d
order by d.tenant_id
