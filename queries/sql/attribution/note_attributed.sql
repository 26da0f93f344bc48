-- purpose: notes as of when the tenant's attribution is once this transaction has computed it
-- params: as_of
-- returns: nothing
-- grain: one row
-- source: attribution_states
-- relies on: attribution_states_pkey; the owner role
insert into attribution_states as s (tenant_id, attributed_at) values ((select app_tenant()), cast(:as_of as timestamptz))
on conflict (tenant_id) do update
set attributed_at = greatest(s.attributed_at, excluded.attributed_at)
