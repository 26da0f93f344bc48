-- purpose: the titles of these episodes, as far as the reader may see them
-- params: ids
-- returns: episode_id uuid, title text
-- grain: episode
-- source: episodes
-- relies on: episodes_tenant_id_id_key
select e.id as episode_id, e.title
from episodes e
where e.tenant_id = (select app_tenant()) and e.id = any (cast(:ids as uuid[])) and e.deleted_at is null
order by e.title, e.id
