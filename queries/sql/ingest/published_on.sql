-- purpose: the day (UTC) on which each of these episodes came out
-- params: ids
-- returns: episode_id uuid, published_on date
-- grain: one row per episode that is known to have come out
-- source: episodes
-- relies on: episodes_tenant_id_id_key
select e.id as episode_id, cast(e.published_at at time zone 'UTC' as date) as published_on
from episodes e
where e.tenant_id = (select app_tenant()) and e.id = any (cast(:ids as uuid[])) and e.published_at is not null
