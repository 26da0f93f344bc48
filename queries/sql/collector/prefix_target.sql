-- purpose: where the audio of an episode lies and how its tenant counts, before a tenant is known
-- params: episode_id
-- returns: tenant_id uuid, audio_url text, audio_bytes bigint, duration_seconds integer, time_zone text (IANA), download_window text,
--     listener_key bytea, asked_at timestamptz
-- grain: one row or none
-- source: episodes, tenant_settings, listener_keys through prefix_target()
-- relies on: primary key of internal.directory, episodes_tenant_id_id_key
select tenant_id, audio_url, audio_bytes, duration_seconds, time_zone, download_window, listener_key, asked_at
from prefix_target(cast(:episode_id as uuid))
