-- purpose: the downloads that do not count: on their tenant day one of the same listener and episode stands, or comes before them here
-- params: episodes, listeners, times, earliest, latest
-- returns: place bigint
-- grain: one row per download that does not count
-- source: listener_events
-- relies on: listener_events_episode_time
-- The three lists are one download each place. earliest and latest hold the days whole, in any zone: given as they are, all other
-- partitions are left out when it is planned.
-- All episodes of a day are looked up together: one by one that took twice as long, as each began anew in every partition and read
-- the same pages of the table. Of whom none is asked for is left out at once: keeping them all to compare took a third of the time.
-- They are a list and no subquery: the list is hashed, the subquery was gone through once for each row that stands.
-- TRICKY: "offset 0" keeps the look-up one scan of the index for each day; joined freely, every partition was read.
with asked as materialized (
    select a.place, a.episode_id, a.listener_id, cast(a.occurred_at at time zone (select tenant_time_zone()) as date) as day
    from unnest(cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:times as timestamptz[]))
        with ordinality as a (episode_id, listener_id, occurred_at, place)
),
days as (
    select d.day, array_agg(d.episode_id) as episodes,
           cast(d.day as timestamp) at time zone (select tenant_time_zone()) as starts_at,
           cast(d.day + 1 as timestamp) at time zone (select tenant_time_zone()) as ends_at
    from (select distinct a.episode_id, a.day from asked a) d
    group by d.day
),
counted as materialized (
    select d.day, e.episode_id, e.listener_id
    from days d
    cross join lateral (
        select l.episode_id, l.listener_id
        from listener_events l
        where l.tenant_id = (select app_tenant()) and l.episode_id = any (d.episodes)
            and l.occurred_at >= d.starts_at and l.occurred_at < d.ends_at
            and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
            and l.event_type = 'download' and l.listener_id = any (cast(:listeners as text[]))
        offset 0
    ) e
)
select j.place
from (
    select a.place,
           (a.episode_id, a.day, a.listener_id) in (select c.episode_id, c.day, c.listener_id from counted c)
               or row_number() over (partition by a.episode_id, a.day, a.listener_id order by a.place) > 1 as is_counted
    from asked a
) j
where j.is_counted
