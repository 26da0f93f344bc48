-- purpose: tenants with events that their rollups do not know yet
-- params: none
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.dirty_hours
-- relies on: dirty_hours_claim; the owner role
select distinct q.tenant_id from internal.dirty_hours q order by q.tenant_id
