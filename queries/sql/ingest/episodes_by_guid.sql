-- purpose: the episodes of these feed guids; a guid used by several podcasts gives several rows
-- params: guids
-- returns: id uuid, guid text
-- grain: one row per episode
-- source: episodes
-- relies on: episodes_published
select e.id, e.guid
from episodes e
where e.tenant_id = (select app_tenant()) and e.guid = any (cast(:guids as text[])) and e.deleted_at is null
