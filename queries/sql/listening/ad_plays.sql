-- purpose: ads that apps confirmed as heard in a period, by how far: one for each listener, ad and tenant day, with its furthest quartile
-- params: starts_at, ends_at, time_zone, podcast_ids, episode_ids
-- returns: ad_unit_id uuid, episode_id uuid, title text, unit_type text, position_seconds integer (both null where the ad is not known any more),
--          ad_plays, quartile_1, quartile_2, quartile_3, quartile_4 bigint
-- grain: ad unit and episode
-- source: listener_events, episodes, podcast_placements, rollups_as_of()
-- relies on: listener_events_tenant_time
with heard as (
    select e.episode_id, (e.event_data ->> 'ad_unit_id')::uuid as ad_unit_id, max(coalesce((e.event_data ->> 'quartile')::integer, 0)) as quartile
    from listener_events e
    where e.tenant_id = (select app_tenant())
        and e.event_type = 'ad_play'
        and e.occurred_at >= cast(:starts_at as timestamptz)
        and e.occurred_at < cast(:ends_at as timestamptz)
        -- As of the numbers that the rollups tell.
        and e.created_at <= (select rollups_as_of())
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or e.episode_id = any (array(select ep.id from episodes ep where ep.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.episode_id = any (cast(:episode_ids as uuid[])))
    group by e.episode_id, e.event_data ->> 'ad_unit_id', e.listener_id, cast(e.occurred_at at time zone cast(:time_zone as text) as date)
),
per_ad as (
    select h.episode_id, h.ad_unit_id, count(*) as ad_plays,
           count(*) filter (where h.quartile >= 1) as quartile_1,
           count(*) filter (where h.quartile >= 2) as quartile_2,
           count(*) filter (where h.quartile >= 3) as quartile_3,
           count(*) filter (where h.quartile >= 4) as quartile_4
    from heard h
    group by h.episode_id, h.ad_unit_id
)
select a.ad_unit_id, a.episode_id, ep.title, p.unit_type, p.position_seconds, a.ad_plays, a.quartile_1, a.quartile_2, a.quartile_3, a.quartile_4
from per_ad a
join episodes ep on ep.id = a.episode_id
left join podcast_placements p on p.ad_unit_id = a.ad_unit_id and p.episode_id = a.episode_id
order by a.ad_plays desc, a.ad_unit_id, a.episode_id
