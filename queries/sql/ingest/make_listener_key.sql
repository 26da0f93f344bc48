-- purpose: gives the tenant a secret for its listener ids, once
-- params: key
-- returns: nothing
-- grain: at most one row
-- source: listener_keys
-- relies on: primary key of listener_keys
insert into listener_keys (tenant_id, key) values ((select app_tenant()), cast(:key as bytea)) on conflict (tenant_id) do nothing
