-- purpose: tenants with requests at prefixes that are not counted yet
-- params: before
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.waiting_requests
-- relies on: primary key of internal.waiting_requests; the owner role
select distinct q.tenant_id from internal.waiting_requests q where q.occurred_at < cast(:before as timestamptz) order by q.tenant_id
