-- purpose: notes as of when the tenant's attribution is once this transaction has computed it
-- params: as_of
-- returns: nothing
-- grain: one row
-- source: rollup_states
-- relies on: rollup_states_pkey; the owner role
update rollup_states
set attributed_at = cast(:as_of as timestamptz)
where tenant_id = (select app_tenant())
