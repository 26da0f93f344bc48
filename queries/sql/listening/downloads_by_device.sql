-- purpose: downloads by device in the period, with the period compared with
-- params: period_start, period_end, compared_start, compared_end, podcast_ids, episode_ids, apps, countries, devices
-- returns: device_type text, downloads bigint, previous bigint
-- grain: one row per device
-- source: download_days
-- relies on: primary key of download_days
select r.device_type,
       cast(coalesce(sum(r.downloads) filter (where r.local_day >= cast(:period_start as date) and r.local_day < cast(:period_end as date)), 0)
            as bigint) as downloads,
       cast(coalesce(sum(r.downloads) filter (where r.local_day >= cast(:compared_start as date) and r.local_day < cast(:compared_end as date)), 0)
            as bigint) as previous
from download_days r
where r.local_day >= least(cast(:period_start as date), cast(:compared_start as date))
    and r.local_day < cast(:period_end as date)
    and (r.local_day >= cast(:period_start as date)
         or (r.local_day >= cast(:compared_start as date) and r.local_day < cast(:compared_end as date)))
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
    and (cardinality(cast(:apps as text[])) = 0 or r.app = any (cast(:apps as text[])))
    and (cardinality(cast(:countries as text[])) = 0 or r.country = any (cast(:countries as text[])))
    and (cardinality(cast(:devices as text[])) = 0 or r.device_type = any (cast(:devices as text[])))
group by r.device_type
order by downloads desc, r.device_type
