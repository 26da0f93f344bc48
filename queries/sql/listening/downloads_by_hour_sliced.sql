-- purpose: downloads per hour of the period by app, country or device, from raw events
-- params: starts_at, ends_at, podcast_ids, episode_ids, apps, countries, devices
-- returns: bucket timestamptz, downloads bigint
-- grain: one row per hour
-- source: listener_events
-- relies on: listener_events_tenant_time
with hours as (
    select h.bucket
    from generate_series(cast(:starts_at as timestamptz), cast(:ends_at as timestamptz) - interval '1 microsecond', interval '1 hour') as h (bucket)
),
counted as (
    select date_bin('1 hour', r.occurred_at, cast(:starts_at as timestamptz)) as bucket, count(*) as downloads
    from listener_events r
    where r.occurred_at >= cast(:starts_at as timestamptz)
        and r.occurred_at < cast(:ends_at as timestamptz)
        and r.event_type = 'download'
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0
             or coalesce(nullif(r.event_data ->> 'app', ''), 'unknown') = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0
             or coalesce(nullif(r.event_data ->> 'country', ''), 'unknown') = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0
             or coalesce(nullif(r.event_data ->> 'device', ''), 'unknown') = any (cast(:devices as text[])))
    group by 1
)
select h.bucket, cast(coalesce(c.downloads, 0) as bigint) as downloads
from hours h
left join counted c on c.bucket = h.bucket
order by h.bucket
