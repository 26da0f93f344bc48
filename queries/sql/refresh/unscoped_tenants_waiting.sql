-- purpose: tenants with requests at prefixes, pixels or vanity URLs that are not counted yet
-- params: before
-- returns: tenant_id uuid
-- grain: tenant
-- source: internal.waiting_requests, internal.waiting_outcomes
-- relies on: primary keys of internal.waiting_requests and internal.waiting_outcomes; the owner role
select q.tenant_id from internal.waiting_requests q where q.occurred_at < cast(:before as timestamptz)
union
select o.tenant_id from internal.waiting_outcomes o where o.occurred_at < cast(:before as timestamptz)
order by tenant_id
