-- purpose: adds the new listener events of one batch, and names the rows not added
-- params: ids, episodes, listeners, types, data, times, earliest, latest, by_day
-- returns: place bigint, outcome text (standing, counted)
-- grain: one row per row of the batch that was not added
-- source: listener_events
-- relies on: primary key of listener_events, listener_events_episode_time
-- What is new is found by inserting it: a row whose id stands at its time is standing, one whose download of the tenant day is
-- there already is counted; with by_day false nothing is counted: whoever asks has judged. The six lists are one row each place.
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- TRICKY: nobody knows how many rows a list holds when it is planned. What is looked up in is hashed whole ("in", "not in"): as a
-- join it was walked through for each row of the batch.
-- What is not a download goes past the search for its twin: sorting the whole batch for it took as long as looking up the days.
-- TRICKY: "offset 0" keeps the look-up an index scan for each episode and day; joined freely, every partition was read.
with incoming as materialized (
    select r.place, r.id, r.episode_id, r.listener_id, r.event_type, cast(r.event_data as jsonb) as event_data, r.occurred_at,
           case when r.event_type = 'download' and cast(:by_day as boolean)
               then cast(r.occurred_at at time zone (select tenant_time_zone()) as date) end as download_day
    from unnest(cast(:ids as uuid[]), cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:types as text[]),
                cast(:data as text[]), cast(:times as timestamptz[]))
        with ordinality as r (id, episode_id, listener_id, event_type, event_data, occurred_at, place)
),
-- One download per listener, episode and tenant day: downloads are unique when they are stored.
episode_days as (
    select i.episode_id, i.download_day,
           cast(i.download_day as timestamp) at time zone (select tenant_time_zone()) as starts_at,
           cast(i.download_day + 1 as timestamp) at time zone (select tenant_time_zone()) as ends_at
    from incoming i
    where i.download_day is not null
    group by i.episode_id, i.download_day
),
counted as materialized (
    select distinct d.episode_id, d.download_day, e.listener_id
    from episode_days d
    cross join lateral (
        select l.listener_id
        from listener_events l
        where l.tenant_id = (select app_tenant()) and l.episode_id = d.episode_id
            and l.occurred_at >= d.starts_at and l.occurred_at < d.ends_at
            and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
            and l.event_type = 'download'
        offset 0
    ) e
),
judged as materialized (
    select i.place, i.id, i.episode_id, i.listener_id, i.event_type, i.event_data, i.occurred_at,
           false as is_counted
    from incoming i
    where i.download_day is null
    union all
    select i.place, i.id, i.episode_id, i.listener_id, i.event_type, i.event_data, i.occurred_at,
           (i.episode_id, i.download_day, i.listener_id) in (select c.episode_id, c.download_day, c.listener_id from counted c)
               or row_number() over (partition by i.episode_id, i.download_day, i.listener_id order by i.place) > 1
    from incoming i
    where i.download_day is not null
),
added as (
    insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
    select j.id, (select app_tenant()), j.episode_id, j.listener_id, j.event_type, j.event_data, j.occurred_at
    from judged j
    where not j.is_counted
    on conflict do nothing
    returning id
)
select j.place, case when j.is_counted then 'counted' else 'standing' end as outcome
from judged j
where j.id not in (select a.id from added a)
