-- purpose: the episodes of these feed guids, and how long they are; a guid used by several podcasts gives several rows
-- params: guids
-- returns: id uuid, guid text, duration_seconds integer, audio_bytes bigint
-- grain: one row per episode
-- source: episodes
-- relies on: episodes_published
select e.id, e.guid, e.duration_seconds, e.audio_bytes
from episodes e
where e.tenant_id = (select app_tenant()) and e.guid = any (cast(:guids as text[])) and e.deleted_at is null
