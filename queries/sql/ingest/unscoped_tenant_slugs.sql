-- purpose: slugs of the tenants there are, for a command that was given one that is none
-- params: limit
-- returns: slug text
-- grain: tenant
-- source: internal.tenant_directory
-- relies on: tenant_directory_slug
select d.slug from internal.tenant_directory d order by d.slug limit cast(:limit as integer)
