-- purpose: the audio files of the tenant's episodes
-- params: none
-- returns: id uuid, guid text, audio_url text, enclosure_url text, audio_bytes bigint, duration_seconds integer
-- grain: one row per episode
-- source: episodes
-- relies on: episodes_published
select e.id, e.guid, e.audio_url, e.enclosure_url, e.audio_bytes, e.duration_seconds
from episodes e
where e.tenant_id = (select app_tenant()) and e.deleted_at is null
order by e.id
