-- purpose: gives a person a role of the tenant (or the operator role, without one)
-- params: user_id, tenant_id, role
-- returns: role_id uuid
-- grain: one row, or none for an unknown role
-- source: roles, user_roles
-- relies on: roles_tenant_id_name_key
insert into user_roles (tenant_id, user_id, role_id)
select cast(:tenant_id as uuid), cast(:user_id as uuid), r.id
from roles r
where r.tenant_id is not distinct from cast(:tenant_id as uuid) and r.name = :role
on conflict (user_id, role_id) do update set assigned_at = user_roles.assigned_at
returning role_id
