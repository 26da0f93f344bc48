-- purpose: where the audio of an episode lies, for a prefix that sends listeners on to it
-- params: episode_id
-- returns: id uuid, audio_url text, audio_bytes bigint, duration_seconds integer
-- grain: at most one row
-- source: episodes
-- relies on: episodes_tenant_id_id_key
select e.id, e.audio_url, e.audio_bytes, e.duration_seconds
from episodes e
where e.tenant_id = (select app_tenant()) and e.id = cast(:episode_id as uuid) and e.deleted_at is null
