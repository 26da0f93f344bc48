-- purpose: counts the first 1, 3, 7 and 30 days of one tenant's episodes of which there is all data since the last call, and notes
--          of which it is missing
-- params: tenant_id
-- returns: rows_written bigint
-- grain: one row
-- source: episodes, listener_events, download_quarters, etl_imports
-- relies on: listener_events_episode_time, episode_milestones_pkey, download_quarters_pkey, download_quarters_bucket, etl_imports_recent;
--            the owner role
select internal.refresh_milestones(cast(:tenant_id as uuid), '{}') as rows_written
