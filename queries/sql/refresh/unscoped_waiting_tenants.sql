-- purpose: tenants with events, refused requests or corrected durations that their rollups do not know yet
-- params: none
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.dirty_hours, internal.dirty_excluded_hours, internal.dirty_durations
-- relies on: dirty_hours_claim, dirty_excluded_hours_claim, dirty_durations_claim; the owner role
select q.tenant_id from internal.dirty_hours q
union
select x.tenant_id from internal.dirty_excluded_hours x
union
select c.tenant_id from internal.dirty_durations c
order by tenant_id
