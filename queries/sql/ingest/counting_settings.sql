-- purpose: how the tenant counts: its zone, within what requests are one download, the secret of its listener ids
-- params: none
-- returns: time_zone text (IANA), download_window text, oldest_listener_event timestamptz, now timestamptz,
--     key bytea, has_other_windows boolean
-- grain: one row
-- source: tenant_settings, listener_keys, counting_methods
-- relies on: primary keys of the three
select tenant_time_zone() as time_zone,
       coalesce((select s.settings ->> 'download_window' from tenant_settings s where s.tenant_id = (select app_tenant())),
                'calendar_day') as download_window,
       raw_retention_start()
           + case when (now() + interval '3 hours') at time zone 'UTC' >= date_trunc('day', now() at time zone 'UTC') + interval '1 day'
                  then interval '1 day' else interval '0' end as oldest_listener_event,
       now() as now,
       (select k.key from listener_keys k where k.tenant_id = (select app_tenant())) as key,
       exists (select from counting_methods m
               where m.tenant_id = (select app_tenant()) and m.download_window <> 'unknown'
                   and not (m.download_window = 'calendar_day' and m.time_zone = tenant_time_zone())) as has_other_windows
