-- purpose: keeps the settings of the tenant of the session from being changed by others, until the end of the transaction
-- params: none
-- returns: tenant_id uuid
-- grain: one row, or none where nothing was ever set
-- source: tenant_settings
-- relies on: tenant_settings_pkey
select s.tenant_id
from tenant_settings s
where s.tenant_id = (select app_tenant())
for update
