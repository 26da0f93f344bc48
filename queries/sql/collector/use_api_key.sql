-- purpose: notes that an API key is used, to the minute, and says whether it may send events
-- params: key_id
-- returns: may_write boolean, name text
-- grain: one row for a key that is good; none for one that was revoked or has run out, or whose person is not active
-- source: api_keys, users
-- relies on: api_keys_tenant_id_id_key
with good as (
    select k.id, 'events.write' = any (k.scopes) as may_write, k.name, k.last_used_at
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
