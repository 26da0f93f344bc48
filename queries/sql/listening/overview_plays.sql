-- purpose: plays, completes and listening time of each day of a period and of the period compared with that has any
-- params: period_start, period_end, compared_start, compared_end, podcast_ids, episode_ids
-- returns: day date, plays numeric, completes numeric, listen_seconds numeric
-- grain: tenant day
-- source: metrics_daily
-- relies on: metrics_daily_episode
select m.day,
       coalesce(sum(m.total_value) filter (where m.metric_name = 'plays'), 0) as plays,
       coalesce(sum(m.total_value) filter (where m.metric_name = 'completes'), 0) as completes,
       coalesce(sum(m.total_value) filter (where m.metric_name = 'listen_seconds'), 0) as listen_seconds
from metrics_daily m
where m.metric_name in ('plays', 'completes', 'listen_seconds')
    and ((m.day >= cast(:period_start as date) and m.day < cast(:period_end as date))
         or (m.day >= cast(:compared_start as date) and m.day < cast(:compared_end as date)))
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or m.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or m.episode_id = any (cast(:episode_ids as uuid[])))
group by m.day
order by m.day
