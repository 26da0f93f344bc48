-- purpose: the downloads that stand on the tenant day of others of the same listener and episode, or that come after one of these here
-- params: episodes, listeners, times, earliest, latest
-- returns: place bigint, is_first boolean (the earliest of its day here), stands_id uuid, stands_at timestamptz (the earliest that
--     stands on the day; null for none), stands_by text (the list of data centres it was judged by, 'source' of one that others counted; null of one
--     that was not counted by days)
-- grain: one row per download whose day has another
-- source: listener_events, counting_methods
-- relies on: listener_events_download
-- The three lists are one download each place. earliest and latest hold the days whole, in any zone: given as they are, all other
-- partitions are left out when it is planned.
-- Each download that is the first of its day is looked for by its listener: what else stands on these days costs nothing.
-- TRICKY: "offset 0" keeps the look-up an index scan per row; as a join every download of the days would be read. It goes by the
-- listener alone: "is true" keeps the episode, and "any" the stretch of time, from looking like what another index is for. Of a
-- partition that is new and without statistics the planner thinks that hardly anything is in it, and would read all of an episode.
with asked as materialized (
    select a.place, a.episode_id, a.listener_id, cast(a.occurred_at at time zone (select tenant_time_zone()) as date) as day, a.occurred_at
    from unnest(cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:times as timestamptz[]))
        with ordinality as a (episode_id, listener_id, occurred_at, place)
),
ordered as (
    select a.place, a.episode_id, a.listener_id, a.day,
           row_number() over (partition by a.episode_id, a.day, a.listener_id order by a.occurred_at, a.place) = 1 as is_first
    from asked a
)
select o.place, o.is_first, s.id as stands_id, s.occurred_at as stands_at,
       case when m.download_window = 'calendar_day' then m.data_centres end as stands_by
from ordered o
left join lateral (
    select l.id, l.occurred_at, l.counted_by
    from (
        select l.id, l.occurred_at, l.counted_by
        from listener_events l
        where o.is_first and l.tenant_id = (select app_tenant()) and l.listener_id = o.listener_id
            and (l.episode_id = o.episode_id) is true
            and cast(l.occurred_at at time zone (select tenant_time_zone()) as date) = o.day
            and l.occurred_at >= cast(:earliest as timestamptz)
            and l.occurred_at <= any (array[cast(:latest as timestamptz)])
            and l.event_type = 'download'
        offset 0
    ) l
    order by l.occurred_at, l.id
    limit 1
) s on true
left join counting_methods m on m.tenant_id = (select app_tenant()) and m.number = s.counted_by
where not o.is_first or s.id is not null
