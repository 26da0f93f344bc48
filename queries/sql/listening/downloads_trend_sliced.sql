-- purpose: downloads per day, week or month of tenant days, gaps at zero; the first bucket begins with the period
-- params: period_start, period_end, grain, podcast_ids, episode_ids, apps, countries, devices
-- returns: bucket date, downloads bigint
-- grain: one row per bucket of the period
-- source: download_days
-- relies on: primary key of download_days
with days as (
    select cast(d.day as date) as day, date_trunc(:grain, d.day) as unit
    from generate_series(cast(:period_start as timestamp), cast(:period_end as timestamp) - interval '1 day', interval '1 day') as d (day)
),
buckets as (
    select unit, min(day) as bucket from days group by unit
),
counted as (
    select date_trunc(:grain, cast(r.local_day as timestamp)) as unit, sum(r.downloads) as downloads
    from download_days r
    where r.local_day >= cast(:period_start as date)
        and r.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0 or r.app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or r.country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or r.device_type = any (cast(:devices as text[])))
    group by 1
)
select b.bucket, cast(coalesce(c.downloads, 0) as bigint) as downloads
from buckets b
left join counted c on c.unit = b.unit
order by b.bucket
