-- purpose: adds the downloads among requests
-- params: downloads, counted_by
-- returns: number of rows
-- grain: one row per download
-- source: listener_events
-- relies on: primary key of listener_events
insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at, counted_by)
select d.id, (select app_tenant()), d.episode_id, d.listener_id, 'download', d.event_data, d.occurred_at,
       cast(:counted_by as smallint)
from jsonb_to_recordset(cast(:downloads as jsonb)) as d (
    id uuid, episode_id uuid, listener_id text, event_data jsonb, occurred_at timestamptz)
