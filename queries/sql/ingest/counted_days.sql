-- purpose: which of these listeners have a download of these episodes on these tenant days already
-- params: listeners, episodes, days, earliest, latest
-- returns: listener_id text, episode_id uuid, day date
-- grain: one row per listener, episode and tenant day with a download
-- source: listener_events
-- relies on: listener_events_episode_time
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- All listeners are looked for on each day: their list, given as it is, is hashed; one of each day was gone through row by row.
with asked as materialized (
    select distinct a.listener_id, a.episode_id, a.day
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[]), cast(:days as date[])) as a (listener_id, episode_id, day)
),
episode_days as (
    select a.episode_id, a.day,
           cast(a.day as timestamp) at time zone (select tenant_time_zone()) as starts_at,
           cast(a.day + 1 as timestamp) at time zone (select tenant_time_zone()) as ends_at
    from asked a
    group by a.episode_id, a.day
),
counted as materialized (
    select e.listener_id, d.episode_id, d.day
    from episode_days d
    cross join lateral (
        select l.listener_id
        from listener_events l
        where l.tenant_id = (select app_tenant()) and l.episode_id = d.episode_id
            and l.occurred_at >= d.starts_at and l.occurred_at < d.ends_at
            and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
            and l.event_type = 'download' and l.listener_id = any (cast(:listeners as text[]))
        offset 0
    ) e
)
select distinct c.listener_id, c.episode_id, c.day
from counted c
join asked a on a.listener_id = c.listener_id and a.episode_id = c.episode_id and a.day = c.day
