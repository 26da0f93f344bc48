-- purpose: one row in the audit log, in the name of the tenant
-- params: action, resource_type, resource_id, changes
-- returns: nothing
-- grain: one row
-- source: audit_logs
-- relies on: nothing
insert into audit_logs (tenant_id, action, resource_type, resource_id, changes)
values ((select app_tenant()), cast(:action as text), cast(:resource_type as text), cast(:resource_id as uuid), cast(:changes as jsonb))
