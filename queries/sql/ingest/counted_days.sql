-- purpose: which of these listeners have a download of these episodes on these tenant days already
-- params: listeners, episodes, days, earliest, latest
-- returns: listener_id text, episode_id uuid, day date
-- grain: one row per listener, episode and tenant day with a download
-- source: listener_events
-- relies on: listener_events_download
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- TRICKY: "offset 0" keeps the look-up an index scan per row; as a join every download of the days would be read.
with asked as materialized (
    select distinct a.listener_id, a.episode_id, a.day
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[]), cast(:days as date[])) as a (listener_id, episode_id, day)
),
days as materialized (
    select d.day, cast(d.day as timestamp) at time zone (select tenant_time_zone()) as starts_at,
           cast(d.day + 1 as timestamp) at time zone (select tenant_time_zone()) as ends_at
    from (select distinct a.day from asked a) d
)
select a.listener_id, a.episode_id, a.day
from asked a
join days d on d.day = a.day
where exists (
    select from listener_events l
    where l.tenant_id = (select app_tenant()) and l.listener_id = a.listener_id and l.episode_id = a.episode_id
        and l.occurred_at >= d.starts_at and l.occurred_at < d.ends_at
        and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
        and l.event_type = 'download'
    offset 0
)
