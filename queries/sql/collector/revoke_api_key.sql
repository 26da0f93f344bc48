-- purpose: ends an API key
-- params: prefix
-- returns: id uuid, user_id uuid
-- grain: one row; none when there is no such key that is good
-- source: api_keys
-- relies on: api_keys_tenant_id_id_key
update api_keys k
set revoked_at = greatest(now(), k.created_at)
where k.tenant_id = (select app_tenant()) and k.prefix = cast(:prefix as text) and k.revoked_at is null
returning k.id, k.user_id
