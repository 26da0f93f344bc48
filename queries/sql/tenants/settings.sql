-- purpose: how the tenant of the session is set up, with what holds where nothing is said
-- params: none
-- returns: time_zone text (IANA), currency text (ISO 4217), week_start text (monday or sunday), download_window text,
--     listener_retention_days integer, listeners_kept_from date (null: as far back as that), today date
-- grain: one row
-- source: tenant_settings, internal.tenant_directory through tenant_time_zone()
-- relies on: tenant_settings_pkey
select tenant_time_zone() as time_zone,
       coalesce(s.settings ->> 'currency', 'USD') as currency,
       coalesce(s.settings ->> 'week_start', 'monday') as week_start,
       coalesce(s.settings ->> 'download_window', 'calendar_day') as download_window,
       coalesce(cast(s.settings ->> 'listener_retention_days' as integer), 1095) as listener_retention_days,
       s.listeners_kept_from,
       cast(now() at time zone tenant_time_zone() as date) as today
from (select (select app_tenant()) as tenant_id) t
left join tenant_settings s on s.tenant_id = t.tenant_id
