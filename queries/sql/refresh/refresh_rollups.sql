-- purpose: brings every rollup of one tenant up to date with the hours noted as changed
-- params: tenant_id
-- returns: rows_written bigint
-- grain: one row
-- source: internal.dirty_hours, internal.dirty_excluded_hours, internal.dirty_durations, listener_events, attribution_events, excluded_requests
-- relies on: dirty_hours_claim, dirty_durations_claim, listener_events_tenant_time, listener_events_episode_time, attribution_events_tenant_time; the owner role
select internal.refresh_rollups(cast(:tenant_id as uuid)) as rows_written
