-- purpose: tenants with campaigns whose attribution is out of date
-- params: none
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.dirty_campaigns
-- relies on: dirty_campaigns_tenant; the owner role
select distinct q.tenant_id from internal.dirty_campaigns q order by q.tenant_id
