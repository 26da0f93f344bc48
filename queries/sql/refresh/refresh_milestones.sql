-- purpose: counts the first 1, 3, 7 and 30 days of one tenant's episodes that have reached them since the last call
-- params: tenant_id
-- returns: rows_written bigint
-- grain: one row
-- source: episodes, listener_events
-- relies on: listener_events_episode_time, episode_milestones_pkey; the owner role
select internal.refresh_milestones(cast(:tenant_id as uuid), '{}') as rows_written
