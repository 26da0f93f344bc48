-- purpose: retention curves as platforms told them of the episodes of a view, the latest of each platform and measure up to a day
-- params: until, podcast_ids, episode_ids
-- returns: episode_id uuid, title text, platform text, as_of date, measure text (listeners, plays, share), position_unit text (second, percent),
--          positions numeric[], amounts numeric[]
-- grain: episode, platform and measure
-- source: retention_curves, episodes
-- relies on: unique key of retention_curves by episode, platform, day and measure
select distinct on (c.episode_id, c.platform, c.measure)
       c.episode_id, ep.title, c.platform, c.as_of, c.measure, c.position_unit, c.positions, c.amounts
from retention_curves c
join episodes ep on ep.id = c.episode_id
where c.tenant_id = (select app_tenant())
    and c.as_of < cast(:until as date)
    and (cardinality(cast(:podcast_ids as uuid[])) = 0 or ep.podcast_id = any (cast(:podcast_ids as uuid[])))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or c.episode_id = any (cast(:episode_ids as uuid[])))
order by c.episode_id, c.platform, c.measure, c.as_of desc, c.position_unit
