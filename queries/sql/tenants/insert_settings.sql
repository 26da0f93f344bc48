-- purpose: sets time zone and currency of a new tenant
-- params: tenant_id, time_zone, currency
-- returns: nothing
-- grain: one row
-- source: tenant_settings
-- relies on: tenant_settings_pkey
insert into tenant_settings (tenant_id, settings)
values (:tenant_id, jsonb_build_object('time_zone', cast(:time_zone as text), 'currency', cast(:currency as text)))
