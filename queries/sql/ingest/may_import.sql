-- purpose: whether the person of the session may import
-- params: none
-- returns: may_import boolean
-- grain: one row
-- source: user_roles, role_permissions, permissions
-- relies on: user_roles_tenant_user
select exists (
    select from user_roles ur
    join role_permissions rp on rp.tenant_id = ur.tenant_id and rp.role_id = ur.role_id
    join permissions p on p.id = rp.permission_id
    where ur.tenant_id = (select app_tenant()) and ur.user_id = (select app_user()) and p.name = 'imports.create'
) as may_import
