-- purpose: the downloads that do not count: on their tenant day one of the same listener and episode stands, or comes before them here
-- params: episodes, listeners, times, earliest, latest
-- returns: place bigint
-- grain: one row per download that does not count
-- source: listener_events
-- relies on: listener_events_download
-- The three lists are one download each place. earliest and latest hold the days whole, in any zone: given as they are, all other
-- partitions are left out when it is planned.
-- Each download is looked for by its listener: what else stands on these days costs nothing.
-- TRICKY: "offset 0" keeps the look-up an index scan per row; as a join every download of the days would be read. It goes by the
-- listener alone: "is true" keeps the episode, and "any" the stretch of time, from looking like what another index is for. Of a
-- partition that is new and without statistics the planner thinks that hardly anything is in it, and would read all of an episode.
with asked as materialized (
    select a.place, a.episode_id, a.listener_id, cast(a.occurred_at at time zone (select tenant_time_zone()) as date) as day
    from unnest(cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:times as timestamptz[]))
        with ordinality as a (episode_id, listener_id, occurred_at, place)
)
select j.place
from (
    select a.place,
           row_number() over (partition by a.episode_id, a.day, a.listener_id order by a.place) > 1
           or exists (
               select from listener_events l
               where l.tenant_id = (select app_tenant()) and l.listener_id = a.listener_id
                   and (l.episode_id = a.episode_id) is true
                   and cast(l.occurred_at at time zone (select tenant_time_zone()) as date) = a.day
                   and l.occurred_at >= cast(:earliest as timestamptz)
                   and l.occurred_at <= any (array[cast(:latest as timestamptz)])
                   and l.event_type = 'download'
               offset 0
           ) as is_counted
    from asked a
) j
where j.is_counted
