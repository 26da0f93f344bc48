-- purpose: adds the new listener events of one batch, with the impressions of ads in its downloads, and names the rows not added
-- params: ids, episodes, listeners, types, data, times, earliest, latest
-- returns: place bigint (0: the number of impressions made stands in made), outcome text (standing, counted), made bigint
-- grain: one row per row of the batch that was not added, and one for the impressions
-- source: listener_events, attribution_events, ad_units, campaigns
-- relies on: primary key of listener_events, listener_events_episode_time, ad_units_episode, primary key of attribution_events
-- What is new is found by inserting it: a row whose id stands at its time is standing, one whose download of the tenant day is
-- there already is counted. The six lists are one row each place.
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- TRICKY: nobody knows how many rows a list holds when it is planned. What is looked up in is hashed whole ("in", "not in"): as a
-- join it was walked through for each row of the batch.
-- What is not a download goes past the search for its twin: sorting the whole batch for it took as long as looking up the days.
-- TRICKY: "offset 0" keeps the look-up an index scan for each episode and day; joined freely, every partition was read.
-- The id of an impression is a name-based UUID (version 8 over SHA-256) of download and ad unit: made again it is the same.
with incoming as materialized (
    select r.place, r.id, r.episode_id, r.listener_id, r.event_type, cast(r.event_data as jsonb) as event_data, r.occurred_at,
           case when r.event_type = 'download'
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
),
impressions as (
    insert into attribution_events
        (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
    select cast(overlay(overlay(
               left(encode(sha256(convert_to('impression ' || d.id || ' ' || a.id, 'UTF8')), 'hex'), 32)
               placing '8' from 13 for 1) placing '8' from 17 for 1) as uuid),
           a.tenant_id, a.campaign_id, a.episode_id, d.listener_id, 'impression',
           jsonb_build_object('ad_unit_id', a.id), d.occurred_at
    from judged d
    join ad_units a on a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id and a.deleted_at is null
    join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id and c.deleted_at is null
    where d.event_type = 'download' and not d.is_counted and d.id in (select s.id from added s)
        and c.stage in ('booked', 'live', 'paused', 'completed')
        and cast(d.occurred_at at time zone (select tenant_time_zone()) as date) between c.start_date and c.end_date
    on conflict (tenant_id, id, occurred_at) do nothing
    returning id
)
select j.place, case when j.is_counted then 'counted' else 'standing' end as outcome, cast(0 as bigint) as made
from judged j
where j.id not in (select a.id from added a)
union all
select 0, 'made', count(*) from impressions
