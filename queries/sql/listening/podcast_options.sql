-- purpose: podcasts the reader may filter by
-- params: none
-- returns: id uuid, name text
-- grain: one row per podcast
-- source: podcasts
-- relies on: primary key
select p.id, p.name
from podcasts p
where p.deleted_at is null
order by p.name, p.id
