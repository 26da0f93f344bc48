-- purpose: listeners whom podcasts share in a period; a podcast with itself: its listeners
-- params: period_start, period_end, podcast_ids
-- returns: podcast_id uuid, podcast_name text, other_id uuid, other_name text, listeners bigint
-- grain: pair of podcasts, in both orders
-- source: listener_days, episodes, podcasts
-- relies on: listener_days_pkey
with shows as materialized (
    select ep.id as episode_id, ep.podcast_id
    from episodes ep
    where cardinality(cast(:podcast_ids as uuid[])) = 0 or ep.podcast_id = any (cast(:podcast_ids as uuid[]))
),
seen as materialized (
    select s.podcast_id, d.listener_no
    from listener_days d
    join shows s using (episode_id)
    where d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
    group by s.podcast_id, d.listener_no
),
pairs as (
    select one.podcast_id, other.podcast_id as other_id, count(*) as listeners
    from seen one
    join seen other using (listener_no)
    group by one.podcast_id, other.podcast_id
)
select p.podcast_id, one.name as podcast_name, p.other_id, other.name as other_name, p.listeners
from pairs p
join podcasts one on one.id = p.podcast_id
join podcasts other on other.id = p.other_id
order by p.podcast_id, p.listeners desc, p.other_id
