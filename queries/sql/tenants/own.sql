-- purpose: makes a person the owner of a sponsor or podcast, unless somebody else is
-- params: tenant_id, resource_type, resource_id, owner_id
-- returns: owner_id uuid
-- grain: one row, or none when somebody else owns it
-- source: resource_ownership
-- relies on: resource_ownership_resource_type_resource_id_key
insert into resource_ownership as o (tenant_id, resource_type, resource_id, owner_id)
values (:tenant_id, :resource_type, :resource_id, :owner_id)
on conflict (resource_type, resource_id) do update set owner_id = o.owner_id
where o.owner_id = excluded.owner_id
returning owner_id
