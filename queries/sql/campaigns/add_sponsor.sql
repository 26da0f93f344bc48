-- purpose: adds a sponsor, unless the tenant has one of that name, in whatever capitals
-- params: name
-- returns: id uuid
-- grain: one row, or none when the name is taken
-- source: sponsors
-- relies on: sponsors_name
insert into sponsors (tenant_id, name)
values ((select app_tenant()), cast(:name as text))
on conflict (tenant_id, lower(name)) where deleted_at is null do nothing
returning id
