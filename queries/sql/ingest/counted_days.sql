-- purpose: which of these listeners have a download of these episodes on these tenant days already
-- params: listeners, episodes, days, earliest, latest
-- returns: listener_id text, episode_id uuid, day date
-- grain: one row per listener, episode and tenant day with a download
-- source: listener_events
-- relies on: listener_events_download
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- TRICKY: one index scan per row ("offset 0"), by the listener alone ("is true", "any"): see counted_among.
with asked as materialized (
    select distinct a.listener_id, a.episode_id, a.day
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[]), cast(:days as date[])) as a (listener_id, episode_id, day)
)
select a.listener_id, a.episode_id, a.day
from asked a
where exists (
    select from listener_events l
    where l.tenant_id = (select app_tenant()) and l.listener_id = a.listener_id and (l.episode_id = a.episode_id) is true
        and cast(l.occurred_at at time zone (select tenant_time_zone()) as date) = a.day
        and l.occurred_at >= cast(:earliest as timestamptz) and l.occurred_at <= any (array[cast(:latest as timestamptz)])
        and l.event_type = 'download'
    offset 0
)
