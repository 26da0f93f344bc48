-- purpose: which of these ids are campaigns of the tenant
-- params: ids
-- returns: id uuid
-- grain: one row per campaign
-- source: campaigns
-- relies on: campaigns_tenant_id_id_key
select c.id
from campaigns c
where c.tenant_id = (select app_tenant()) and c.id = any (cast(:ids as uuid[])) and c.deleted_at is null
