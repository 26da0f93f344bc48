-- purpose: the roles a person of the tenant can have
-- params: tenant_id
-- returns: name text
-- grain: one row per role
-- source: roles
-- relies on: roles_tenant_id_name_key
select name
from roles
where tenant_id is not distinct from cast(:tenant_id as uuid)
order by name
