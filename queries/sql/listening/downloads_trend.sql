-- purpose: downloads per day, week (from the tenant's first day) or month of a period beside those of the period compared with, day laid on day
-- params: period_start, period_end, whole_end, compared_start, compared_end, grain, podcast_ids, episode_ids, by_dimension, apps, countries, devices
-- returns: bucket date, downloads bigint, whole bigint (of the days that are over),
--          previous_bucket date, previous bigint (both null without a comparison and where no day of the bucket is over)
-- grain: bucket
-- source: episode_days; download_days when filtered by app, country or device
-- relies on: episode_days_pkey, download_days_pkey
with weeks as (
    select case when cast(:grain as text) = 'week' then tenant_week_shift() else 0 end as shift
),
days as (
    select cast(:period_start as date) + n as day,
           case when cast(:compared_start as date) + n < cast(:compared_end as date) then cast(:compared_start as date) + n end as compared_day
    from generate_series(0, cast(:period_end as date) - cast(:period_start as date) - 1) as n
),
counted as (
    select d.local_day, d.episode_id, d.downloads
    from episode_days d
    where not cast(:by_dimension as boolean)
        and ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
             or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select d.local_day, d.episode_id, d.downloads
    from download_days d
    where cast(:by_dimension as boolean)
        and ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
             or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0 or d.app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or d.country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or d.device_type = any (cast(:devices as text[])))
),
per_day as (
    select local_day, sum(downloads) as downloads from counted group by local_day
)
select cast(date_trunc(cast(:grain as text), (days.day + weeks.shift)::timestamp) as date) - weeks.shift as bucket,
       cast(coalesce(sum(now_day.downloads), 0) as bigint) as downloads,
       cast(coalesce(sum(now_day.downloads) filter (where days.day < cast(:whole_end as date)), 0) as bigint) as whole,
       min(days.compared_day) as previous_bucket,
       case when min(days.compared_day) is not null
            then cast(coalesce(sum(then_day.downloads), 0) as bigint) end as previous
from days
cross join weeks
left join per_day now_day on now_day.local_day = days.day
left join per_day then_day on then_day.local_day = days.compared_day
group by 1
order by 1
