-- purpose: which of these ids are episodes of the tenant, and how long they are
-- params: ids
-- returns: id uuid, duration_seconds integer, audio_bytes bigint
-- grain: one row per episode
-- source: episodes
-- relies on: episodes_tenant_id_id_key
select e.id, e.duration_seconds, e.audio_bytes
from episodes e
where e.tenant_id = (select app_tenant()) and e.id = any (cast(:ids as uuid[])) and e.deleted_at is null
