-- purpose: the one row of an import in the audit log
-- params: import_id, created_by, changes
-- returns: nothing
-- grain: one row
-- source: audit_logs
-- relies on: nothing
insert into audit_logs (tenant_id, user_id, action, resource_type, resource_id, changes)
values ((select app_tenant()), cast(:created_by as uuid), 'import', 'etl_import', cast(:import_id as uuid), cast(:changes as jsonb))
