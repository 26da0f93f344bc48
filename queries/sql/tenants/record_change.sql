-- purpose: writes to audit_logs what was done to a person
-- params: tenant_id, action, user_id, changes, now
-- returns: nothing
-- grain: one row
-- source: audit_logs
-- relies on: audit_logs_pkey
insert into audit_logs (tenant_id, action, resource_type, resource_id, changes, occurred_at)
values (:tenant_id, :action, 'user', :user_id, cast(:changes as jsonb), :now)
