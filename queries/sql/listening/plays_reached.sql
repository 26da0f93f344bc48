-- purpose: plays of a period by how far they got. A play is what one listener heard of an episode from a start to the next, within 24 hours
-- params: starts_at, ends_at, podcast_ids, episode_ids
-- returns: episode_id uuid, title text, duration_seconds integer, reached_seconds numeric (null: to the end), plays bigint
-- grain: episode and second reached
-- source: listener_events, episodes, rollups_as_of()
-- relies on: listener_events_tenant_time
with numbered as (
    select e.episode_id, e.listener_id, e.event_type, e.occurred_at, e.id, (e.event_data ->> 'to_s')::numeric as to_s,
           count(*) filter (where e.event_type = 'play') over (
               partition by e.episode_id, e.listener_id order by e.occurred_at, e.event_type <> 'play', e.id) as play_no
    from listener_events e
    where e.tenant_id = (select app_tenant())
        and e.event_type in ('play', 'progress', 'complete')
        and e.occurred_at >= cast(:starts_at as timestamptz)
        and e.occurred_at < cast(:ends_at as timestamptz) + interval '24 hours'
        -- As of the numbers that the rollups tell.
        and e.created_at <= (select rollups_as_of())
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or e.episode_id = any (array(select ep.id from episodes ep where ep.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.episode_id = any (cast(:episode_ids as uuid[])))
),
started as (
    -- Progress before the period's first start belongs to a play of an earlier one.
    select n.episode_id, n.listener_id, n.play_no, n.event_type, n.to_s, n.occurred_at,
           min(n.occurred_at) over (partition by n.episode_id, n.listener_id, n.play_no) as started_at
    from numbered n
    where n.play_no > 0
),
plays as (
    select s.episode_id, coalesce(max(s.to_s) filter (where s.event_type = 'progress'), 0) as reached_seconds,
           bool_or(s.event_type = 'complete') as is_complete
    from started s
    where s.started_at < cast(:ends_at as timestamptz) and s.occurred_at < s.started_at + interval '24 hours'
    group by s.episode_id, s.listener_id, s.play_no
),
reached as (
    select p.episode_id, case when not p.is_complete then p.reached_seconds end as reached_seconds, count(*) as plays
    from plays p
    group by 1, 2
)
select r.episode_id, ep.title, ep.duration_seconds, r.reached_seconds, r.plays
from reached r
join episodes ep on ep.id = r.episode_id
order by r.episode_id, r.reached_seconds
