-- purpose: downloads per hour of a period (hours counted from each midnight of the tenant) beside those of the period compared with
-- params: relation, time_zone, period_start, period_end, compared_start, compared_end, podcast_ids, episode_ids, apps, countries, devices
-- returns: bucket timestamptz, downloads bigint, previous_bucket timestamptz, previous bigint (null without a comparison, where
--          the day compared with had fewer hours, and on a day that is not over)
-- grain: hour; a day may have 23 or 25 of them, and the last may be shorter where clocks change by half an hour
-- source: listener_events_hourly, download_quarters or listener_events, as :relation says; rollups_as_of()
-- relies on: listener_events_hourly_bucket, download_quarters_bucket, listener_events_tenant_time
with days as (
    select n,
           day_start(cast(:period_start as date) + n, cast(:time_zone as text)) as starts_at,
           day_start(cast(:period_start as date) + n + 1, cast(:time_zone as text)) as ends_at,
           -- Days of the period that are not over have none to be compared with.
           case when cast(:compared_start as date) + n < cast(:compared_end as date)
                then day_start(cast(:compared_start as date) + n, cast(:time_zone as text)) end as compared_from,
           case when cast(:compared_start as date) + n < cast(:compared_end as date)
                then day_start(cast(:compared_start as date) + n + 1, cast(:time_zone as text)) end as compared_to
    from generate_series(0, cast(:period_end as date) - cast(:period_start as date) - 1) as n
),
edges as materialized (
    select day_start(cast(:period_start as date), cast(:time_zone as text)) as starts_at,
           day_start(cast(:period_end as date), cast(:time_zone as text)) as ends_at,
           day_start(cast(:compared_start as date), cast(:time_zone as text)) as compared_from,
           day_start(cast(:compared_end as date), cast(:time_zone as text)) as compared_to
),
counted as (
    select h.bucket, h.event_count as downloads
    from listener_events_hourly h
    where cast(:relation as text) = 'listener_events_hourly'
        and h.event_type = 'download'
        and ((h.bucket >= (select starts_at from edges) and h.bucket < (select ends_at from edges))
             or (h.bucket >= (select compared_from from edges) and h.bucket < (select compared_to from edges)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or h.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or h.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select q.bucket, q.downloads
    from download_quarters q
    where cast(:relation as text) = 'download_quarters'
        and ((q.bucket >= (select starts_at from edges) and q.bucket < (select ends_at from edges))
             or (q.bucket >= (select compared_from from edges) and q.bucket < (select compared_to from edges)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or q.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or q.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select date_bin('15 minutes', v.occurred_at, timestamptz '2000-01-01 00:00:00+00'), count(*)
    from listener_events v
    where cast(:relation as text) = 'listener_events'
        and v.tenant_id = (select app_tenant())
        and v.event_type = 'download'
        -- As of the downloads that the rollups tell.
        and v.created_at <= (select rollups_as_of())
        and ((v.occurred_at >= (select starts_at from edges) and v.occurred_at < (select ends_at from edges))
             or (v.occurred_at >= (select compared_from from edges) and v.occurred_at < (select compared_to from edges)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or v.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or v.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0
             or coalesce(nullif(v.event_data ->> 'app', ''), 'unknown') = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0
             or coalesce(nullif(v.event_data ->> 'country', ''), 'unknown') = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0
             or coalesce(nullif(v.event_data ->> 'device', ''), 'unknown') = any (cast(:devices as text[])))
    group by 1
),
per_bucket as materialized (
    select bucket, sum(downloads) as downloads from counted group by bucket
),
hours as (
    select d.n, hour, d.starts_at + hour * interval '1 hour' as bucket
    from days d
    cross join lateral generate_series(0, cast(ceil(extract(epoch from d.ends_at - d.starts_at) / 3600) as integer) - 1) as hour
),
current_hours as (
    select d.n, cast(floor(extract(epoch from b.bucket - d.starts_at) / 3600) as integer) as hour, sum(b.downloads) as downloads
    from days d
    join per_bucket b on b.bucket >= d.starts_at and b.bucket < d.ends_at
    group by 1, 2
),
-- An hour that the day of the period does not have (clocks went forward) counts with its last one, so that nothing is lost.
compared_hours as (
    select d.n,
           least(cast(floor(extract(epoch from b.bucket - d.compared_from) / 3600) as integer), l.last_hour) as hour,
           sum(b.downloads) as downloads
    from days d
    join (select n, max(hour) as last_hour from hours group by n) l on l.n = d.n
    join per_bucket b on b.bucket >= d.compared_from and b.bucket < d.compared_to
    group by 1, 2
)
select h.bucket,
       cast(coalesce(c.downloads, 0) as bigint) as downloads,
       case when d.compared_from + h.hour * interval '1 hour' < d.compared_to
            then d.compared_from + h.hour * interval '1 hour' end as previous_bucket,
       case when d.compared_from + h.hour * interval '1 hour' < d.compared_to
            then cast(coalesce(p.downloads, 0) as bigint) end as previous
from hours h
join days d on d.n = h.n
left join current_hours c on c.n = h.n and c.hour = h.hour
left join compared_hours p on p.n = h.n and p.hour = h.hour
order by h.bucket
