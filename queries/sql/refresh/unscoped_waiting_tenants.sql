-- purpose: tenants with events or refused requests that their rollups do not know yet
-- params: none
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.dirty_hours, internal.dirty_excluded_hours
-- relies on: dirty_hours_claim, dirty_excluded_hours_claim; the owner role
select q.tenant_id from internal.dirty_hours q
union
select x.tenant_id from internal.dirty_excluded_hours x
order by tenant_id
