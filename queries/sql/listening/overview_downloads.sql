-- purpose: downloads of each day of a period and of the period compared with, gaps filled with 0
-- params: period_start, period_end, compared_start, compared_end, podcast_ids, episode_ids, by_dimension, apps, countries, devices
-- returns: span text (period or compared), day date, downloads bigint
-- grain: span and tenant day
-- source: episode_days; download_days when filtered by app, country or device
-- relies on: episode_days_pkey, download_days_pkey
with spans (span, starts_on, ends_on) as (
    values ('period', cast(:period_start as date), cast(:period_end as date)),
           ('compared', cast(:compared_start as date), cast(:compared_end as date))
),
days as (
    select s.span, cast(g as date) as day
    from spans s
    cross join lateral generate_series(s.starts_on::timestamp, s.ends_on::timestamp - interval '1 day', interval '1 day') as g
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
select days.span, days.day, cast(coalesce(p.downloads, 0) as bigint) as downloads
from days
left join per_day p on p.local_day = days.day
order by days.span, days.day
