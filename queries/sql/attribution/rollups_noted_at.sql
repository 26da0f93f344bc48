-- purpose: as of when the rollups have noted which campaigns of the tenant changed
-- params: none
-- returns: refreshed_at timestamptz
-- grain: one row; none before the tenant's first refresh
-- source: rollup_states
-- relies on: rollup_states_pkey; the owner role
-- Asked before the queue is read: a refresh that ends between the two has noted more than is said.
select s.refreshed_at from rollup_states s where s.tenant_id = (select app_tenant())
