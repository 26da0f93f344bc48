-- purpose: downloads per tenant day, days without any left out
-- params: period_start, period_end, podcast_ids, episode_ids
-- returns: day date, downloads bigint
-- grain: one row per day with downloads
-- source: episode_days
-- relies on: primary key of episode_days
select r.local_day as day, cast(sum(r.downloads) as bigint) as downloads
from episode_days r
where r.local_day >= cast(:period_start as date)
    and r.local_day < cast(:period_end as date)
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
group by r.local_day
order by r.local_day
