-- purpose: different listeners with a download in exactly the period, from raw events because listener_days has no app, country or device
-- params: by_day, starts_at, ends_at, zone, podcast_ids, episode_ids, apps, countries, devices
-- returns: day date (null for the whole period), listeners bigint
-- grain: one row for the period, one per day with downloads
-- source: listener_events
-- relies on: listener_events_tenant_time
with heard as (
    select distinct cast(r.occurred_at at time zone :zone as date) as local_day, r.listener_id
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
)
select cast(null as date) as day, count(*) as listeners from (select distinct listener_id from heard) as people
union all
select local_day, count(*) from heard where cast(:by_day as boolean) group by local_day
order by day nulls first
