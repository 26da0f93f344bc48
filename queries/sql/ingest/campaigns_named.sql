-- purpose: the campaigns of these names; a name of several campaigns gives several rows
-- params: names
-- returns: id uuid, name text
-- grain: one row per campaign
-- source: campaigns
-- relies on: campaigns_tenant_id_id_key
select c.id, c.name
from campaigns c
where c.tenant_id = (select app_tenant()) and c.name = any (cast(:names as text[])) and c.deleted_at is null
