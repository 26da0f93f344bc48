-- purpose: sets what is given of the settings of the tenant of the session
-- params: download_window, listener_retention_days, listeners_kept_from
-- returns: nothing
-- grain: one row
-- source: tenant_settings
-- relies on: tenant_settings_pkey
-- Null leaves a setting as it is. Listeners are kept from the later of two days: what was forgotten once stays so.
insert into tenant_settings as s (tenant_id, settings, listeners_kept_from)
values (
    (select app_tenant()),
    jsonb_strip_nulls(jsonb_build_object('download_window', cast(:download_window as text),
                                         'listener_retention_days', cast(:listener_retention_days as integer))),
    cast(:listeners_kept_from as date))
on conflict (tenant_id) do update
set settings = s.settings || excluded.settings,
    listeners_kept_from = greatest(s.listeners_kept_from, excluded.listeners_kept_from)
