-- purpose: podcasts the reader may see, by name
-- params: none
-- returns: podcast_id uuid, name text
-- grain: podcast
-- source: podcasts
-- relies on: podcasts_tenant_id_id_key
select p.id as podcast_id, p.name
from podcasts p
where p.tenant_id = (select app_tenant())
    and p.deleted_at is null
order by lower(p.name), p.id
