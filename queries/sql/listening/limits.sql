-- purpose: as of when the relations behind listening numbers are complete, and how far back each reaches
-- params: none
-- returns: rollups, metrics_daily, aggregates timestamptz (aggregates: null where the rollups keep them),
--          raw_start timestamptz (oldest raw event kept), listener_days integer (days for which listeners are kept one by one)
-- grain: one row
-- source: refresh_states, tenant_settings
-- relies on: refresh_states_pkey, tenant_settings_pkey
select max(s.refreshed_at) filter (where s.relation = 'rollups') as rollups,
       max(s.refreshed_at) filter (where s.relation = 'metrics_daily') as metrics_daily,
       max(s.refreshed_at) filter (where s.relation = 'aggregates') as aggregates,
       raw_retention_start() as raw_start,
       coalesce((select cast(t.settings ->> 'listener_retention_days' as integer) from tenant_settings t), 1095) as listener_days
from refresh_states s
