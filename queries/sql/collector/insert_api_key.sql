-- purpose: adds an API key of a person
-- params: email, key_hash, prefix, name, scopes, expires_at
-- returns: id uuid, user_id uuid
-- grain: one row; none when the tenant has no such active person
-- source: api_keys, users
-- relies on: users_tenant_id_id_key
insert into api_keys (tenant_id, user_id, key_hash, prefix, name, scopes, expires_at)
select u.tenant_id, u.id, cast(:key_hash as text), cast(:prefix as text), cast(:name as text), cast(:scopes as text[]),
       cast(:expires_at as timestamptz)
from users u
where u.tenant_id = (select app_tenant()) and u.email = cast(:email as text) and u.disabled_at is null and u.deleted_at is null
returning id, user_id
