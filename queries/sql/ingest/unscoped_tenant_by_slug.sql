-- purpose: the tenant of a slug, across tenants
-- params: slug
-- returns: tenant_id uuid
-- grain: at most one row
-- source: internal.tenant_directory
-- relies on: tenant_directory_slug
select d.tenant_id from internal.tenant_directory d where d.slug = cast(:slug as text)
