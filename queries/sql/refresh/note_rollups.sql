-- purpose: notes that the rollups of the tenant, which had nothing to refresh, are as of this moment
-- params: tenant_id, refreshed_at
-- returns: number of rows
-- grain: one row
-- source: rollup_states
-- relies on: rollup_states_pkey; the owner role
insert into rollup_states as s (tenant_id, refreshed_at) values (cast(:tenant_id as uuid), cast(:refreshed_at as timestamptz))
on conflict (tenant_id) do update
set refreshed_at = greatest(s.refreshed_at, excluded.refreshed_at)
