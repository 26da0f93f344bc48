-- purpose: what the roles of a person grant
-- params: user_id
-- returns: name text
-- grain: one row per permission
-- source: user_roles, role_permissions, permissions
-- relies on: user_roles_pkey
select distinct p.name
from user_roles ur
join role_permissions rp on rp.role_id = ur.role_id
join permissions p on p.id = rp.permission_id
where ur.user_id = :user_id
order by p.name
