-- purpose: the downloads of these episodes by these listeners between two moments
-- params: listeners, episodes, earliest, latest
-- returns: listener_id text, episode_id uuid, occurred_at timestamptz
-- grain: one row per download
-- source: listener_events
-- relies on: listener_events_episode_time
-- TRICKY: "offset 0" keeps the look-up an index scan for each episode; who is asked for is hashed whole ("in").
with asked as materialized (
    select distinct a.listener_id, a.episode_id
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[])) as a (listener_id, episode_id)
)
select e.listener_id, d.episode_id, e.occurred_at
from (select distinct a.episode_id from asked a) d
cross join lateral (
    select l.listener_id, l.occurred_at
    from listener_events l
    where l.tenant_id = (select app_tenant()) and l.episode_id = d.episode_id
        and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
        and l.event_type = 'download'
    offset 0
) e
where (d.episode_id, e.listener_id) in (select a.episode_id, a.listener_id from asked a)
order by e.occurred_at
