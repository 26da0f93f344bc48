-- purpose: downloads per hour of the period, gaps at zero, from the hourly aggregate
-- params: starts_at, ends_at, podcast_ids, episode_ids
-- returns: bucket timestamptz, downloads bigint
-- grain: one row per hour
-- source: listener_events_hourly
-- relies on: listener_events_hourly_bucket
with hours as (
    select h.bucket
    from generate_series(cast(:starts_at as timestamptz), cast(:ends_at as timestamptz) - interval '1 microsecond', interval '1 hour') as h (bucket)
),
counted as (
    select r.bucket, sum(r.event_count) as downloads
    from listener_events_hourly r
    where r.bucket >= cast(:starts_at as timestamptz)
        and r.bucket < cast(:ends_at as timestamptz)
        and r.event_type = 'download'
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
    group by r.bucket
)
select h.bucket, cast(coalesce(c.downloads, 0) as bigint) as downloads
from hours h
left join counted c on c.bucket = h.bucket
order by h.bucket
