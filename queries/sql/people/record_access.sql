-- purpose: writes who was let in or not
-- params: tenant_id, user_id, action, allowed, reason, ip_prefix, user_agent, now
-- returns: nothing
-- grain: one row
-- source: access_logs
-- relies on: access_logs_pkey
insert into access_logs (tenant_id, user_id, resource_type, action, allowed, reason, ip_address, user_agent, occurred_at)
values (cast(:tenant_id as uuid), cast(:user_id as uuid), 'session', :action, :allowed, :reason, cast(:ip_prefix as inet), :user_agent, :now)
