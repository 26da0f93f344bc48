-- purpose: forgets who listened on days behind a tenant's listener retention (three years unless it says otherwise)
-- params: tenant_id
-- returns: nothing
-- grain: rows of listener_days
-- source: tenant_settings
-- relies on: primary key of listener_days
delete from internal.listener_days r
using tenant_settings s
where s.tenant_id = cast(:tenant_id as uuid)
    and r.tenant_id = s.tenant_id
    and r.local_day < current_date - coalesce(cast(s.settings ->> 'listener_retention_days' as integer), 1095)
