-- purpose: the tenant behind a global key of the collector: an API key, an episode, a pixel or a vanity URL
-- params: kind, key
-- returns: tenant_id uuid, entity_id uuid
-- grain: at most one row
-- source: tenant_for_key()
-- relies on: primary key of internal.directory
select f.tenant_id, f.entity_id from tenant_for_key(cast(:kind as text), cast(:key as text)) f
