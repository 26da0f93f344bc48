-- purpose: one row in the audit log, in the name of the session's person, else of the tenant
-- params: action, resource_type, resource_id, changes
-- returns: nothing
-- grain: one row
-- source: audit_logs
-- relies on: nothing
insert into audit_logs (tenant_id, user_id, action, resource_type, resource_id, changes)
values ((select app_tenant()), (select app_user()), cast(:action as text), cast(:resource_type as text), cast(:resource_id as uuid),
        cast(:changes as jsonb))
