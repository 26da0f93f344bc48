-- purpose: the currency that the tenant counts in
-- params: none
-- returns: currency text (ISO 4217)
-- grain: one row
-- source: tenant_settings
-- relies on: tenant_settings_pkey
select coalesce((select s.settings ->> 'currency' from tenant_settings s), 'USD') as currency
