-- purpose: downloads of a period by app, country or device type, most first, with those of the period compared with;
--          slices that had downloads only then are among them: which small ones are told is decided over all of its days
-- params: dimension, period_start, period_end, whole_end, compared_start, compared_end, podcast_ids, episode_ids, apps, countries, devices
-- returns: slice text, downloads bigint, whole bigint (of the days that are over), previous bigint
-- grain: slice
-- source: download_days
-- relies on: download_days_pkey
with counted as (
    select d.local_day, d.downloads,
           case cast(:dimension as text) when 'app' then d.app when 'country' then d.country when 'device_type' then d.device_type end as slice
    from download_days d
    where ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
           or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0 or d.app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or d.country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or d.device_type = any (cast(:devices as text[])))
),
per_slice as (
    select slice,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:period_end as date)), 0) as downloads,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:whole_end as date)), 0) as whole,
           coalesce(sum(downloads) filter (where local_day >= cast(:compared_start as date) and local_day < cast(:compared_end as date)), 0) as previous
    from counted
    group by slice
)
select slice, cast(downloads as bigint) as downloads, cast(whole as bigint) as whole,
       case when cast(:compared_start as date) is not null then cast(previous as bigint) end as previous
from per_slice
where downloads > 0 or previous > 0
order by downloads desc, slice
