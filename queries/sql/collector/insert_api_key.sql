-- purpose: adds an API key of a person, who has the right to what it is to write
-- params: email, key_hash, prefix, name, scopes, expires_at
-- returns: id uuid (null where the person may not import), user_id uuid
-- grain: one row; none when the tenant has no such active person
-- source: api_keys, users, user_roles, role_permissions, permissions
-- relies on: users_tenant_id_id_key, user_roles_tenant_user
with person as (
    select u.tenant_id, u.id,
           exists (
               select from user_roles ur
               join role_permissions rp on rp.tenant_id = ur.tenant_id and rp.role_id = ur.role_id
               join permissions p on p.id = rp.permission_id
               where ur.tenant_id = u.tenant_id and ur.user_id = u.id and p.name = 'imports.create'
           ) as may_import
    from users u
    where u.tenant_id = (select app_tenant()) and u.email = cast(:email as text) and u.disabled_at is null and u.deleted_at is null
),
made as (
    insert into api_keys (tenant_id, user_id, key_hash, prefix, name, scopes, expires_at)
    select p.tenant_id, p.id, cast(:key_hash as text), cast(:prefix as text), cast(:name as text), cast(:scopes as text[]),
           cast(:expires_at as timestamptz)
    from person p
    where p.may_import or not 'events.write' = any (cast(:scopes as text[]))
    returning id
)
select (select m.id from made m) as id, p.id as user_id
from person p
