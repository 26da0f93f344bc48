-- purpose: downloads of a period by what is known of the bytes that were sent for them, and by app, country and device type as far as
--          asked. Nothing is filtered here by app, country or device: whether a cell is told is judged among all of its kind
-- params: by_app, by_country, by_device, starts_at, ends_at, period_start, period_end, podcast_ids, episode_ids
-- returns: source text (null: all downloads, also those whose bytes are known), app, country, device_type text (empty where not asked
--          for), downloads bigint
-- grain: source and cell
-- source: episode_days; download_days when asked by app, country or device; listener_events whose bytes are unknown, rollups_as_of()
-- relies on: episode_days_pkey, download_days_pkey, listener_events_unmeasured
with counted as (
    select cast(null as text) as source, '' as app, '' as country, '' as device_type, d.downloads
    from episode_days d
    where not (cast(:by_app as boolean) or cast(:by_country as boolean) or cast(:by_device as boolean))
        and d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select null, d.app, d.country, d.device_type, d.downloads
    from download_days d
    where (cast(:by_app as boolean) or cast(:by_country as boolean) or cast(:by_device as boolean))
        and d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select coalesce(nullif(e.event_data ->> 'source', ''), 'unknown'),
           coalesce(nullif(e.event_data ->> 'app', ''), 'unknown'),
           coalesce(nullif(e.event_data ->> 'country', ''), 'unknown'),
           coalesce(nullif(e.event_data ->> 'device', ''), 'unknown'),
           1
    from listener_events e
    where e.tenant_id = (select app_tenant())
        and e.event_type = 'download' and e.event_data ? 'unmeasured'
        and e.occurred_at >= cast(:starts_at as timestamptz) and e.occurred_at < cast(:ends_at as timestamptz)
        -- As of the downloads beside it, which the rollups tell.
        and e.created_at <= (select rollups_as_of())
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or e.episode_id = any (array(select x.id from episodes x where x.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.episode_id = any (cast(:episode_ids as uuid[])))
),
cells as (
    select source, downloads,
           case when cast(:by_app as boolean) then app else '' end as app,
           case when cast(:by_country as boolean) then country else '' end as country,
           case when cast(:by_device as boolean) then device_type else '' end as device_type
    from counted
)
select source, app, country, device_type, cast(sum(downloads) as bigint) as downloads
from cells
group by source, app, country, device_type
order by source, app, country, device_type
