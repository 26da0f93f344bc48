-- purpose: forgets which listener downloaded what on days past the tenant's listener retention
-- params: tenant_id
-- returns: nothing
-- grain: listener, tenant day and episode
-- source: internal.listener_days
-- relies on: listener_days_pkey; the owner role
-- Raw events keep their listener until they go. Impressions have no retention, and campaign_listener_days are made from them: what was
-- deleted there would come back with the next refresh of its day.
-- Whoever changes the retention waits until this is done, and looks afterwards at what is kept.
with kept as materialized (
    select coalesce(cast(s.settings ->> 'listener_retention_days' as integer), 1095) as days
    from tenant_settings s
    where s.tenant_id = cast(:tenant_id as uuid)
    for share
)
delete from internal.listener_days r
using internal.tenant_directory d
where r.tenant_id = cast(:tenant_id as uuid)
    and d.tenant_id = r.tenant_id
    and r.local_day < (now() at time zone d.time_zone)::date - coalesce((select k.days from kept k), 1095)
