-- purpose: downloads per tenant day, days without any left out
-- params: period_start, period_end, podcast_ids, episode_ids, apps, countries, devices
-- returns: day date, downloads bigint
-- grain: one row per day with downloads
-- source: download_days
-- relies on: primary key of download_days
select r.local_day as day, cast(sum(r.downloads) as bigint) as downloads
from download_days r
where r.local_day >= cast(:period_start as date)
    and r.local_day < cast(:period_end as date)
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
    and (cardinality(cast(:apps as text[])) = 0 or r.app = any (cast(:apps as text[])))
    and (cardinality(cast(:countries as text[])) = 0 or r.country = any (cast(:countries as text[])))
    and (cardinality(cast(:devices as text[])) = 0 or r.device_type = any (cast(:devices as text[])))
group by r.local_day
order by r.local_day
