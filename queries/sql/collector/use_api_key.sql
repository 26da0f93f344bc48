-- purpose: notes that an API key is used, to the minute, and says whether it may send events: by its scopes, and by its person's right
-- params: key_id
-- returns: may_write boolean, name text
-- grain: one row for a key that is good; none for one that was revoked or has run out, or whose person is not active
-- source: api_keys, users, user_roles, role_permissions, permissions
-- relies on: api_keys_tenant_id_id_key, user_roles_tenant_user
with good as (
    select k.id,
           'events.write' = any (k.scopes) and exists (
               select from user_roles ur
               join role_permissions rp on rp.tenant_id = ur.tenant_id and rp.role_id = ur.role_id
               join permissions p on p.id = rp.permission_id
               where ur.tenant_id = u.tenant_id and ur.user_id = u.id and p.name = 'imports.create'
           ) as may_write,
           k.name, k.last_used_at
    from api_keys k
    join users u on u.tenant_id = k.tenant_id and u.id = k.user_id and u.disabled_at is null and u.deleted_at is null
    where k.tenant_id = (select app_tenant()) and k.id = cast(:key_id as uuid)
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
),
used as (
    update api_keys k
    set last_used_at = date_trunc('minute', now())
    from good g
    where k.tenant_id = (select app_tenant()) and k.id = g.id
        and k.last_used_at is distinct from date_trunc('minute', now())
)
select g.may_write, g.name from good g
