-- purpose: creates a tenant; its roles come by trigger
-- params: tenant_id, name, slug
-- returns: nothing
-- grain: one row
-- source: tenants
-- relies on: tenants_pkey
insert into tenants (id, name, slug)
values (:tenant_id, :name, :slug)
