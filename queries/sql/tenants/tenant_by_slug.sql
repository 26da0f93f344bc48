-- purpose: the tenant of a slug, asked across tenants
-- params: slug
-- returns: tenant_id uuid
-- grain: one row or none
-- source: internal.tenant_directory
-- relies on: none: a handful of rows
select tenant_id
from internal.tenant_directory
where slug = :slug
