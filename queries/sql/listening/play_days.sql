-- purpose: plays, completes and seconds heard per tenant day
-- params: period_start, period_end, podcast_ids, episode_ids
-- returns: day date, plays numeric, completes numeric, listen_seconds numeric
-- grain: one row per day with plays
-- source: metrics_daily
-- relies on: metrics_daily_episode
select r.day,
       coalesce(sum(r.total_value) filter (where r.metric_name = 'plays'), 0) as plays,
       coalesce(sum(r.total_value) filter (where r.metric_name = 'completes'), 0) as completes,
       coalesce(sum(r.total_value) filter (where r.metric_name = 'listen_seconds'), 0) as listen_seconds
from metrics_daily r
where r.day >= cast(:period_start as date)
    and r.day < cast(:period_end as date)
    and r.metric_name in ('plays', 'completes', 'listen_seconds')
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
group by r.day
order by r.day
