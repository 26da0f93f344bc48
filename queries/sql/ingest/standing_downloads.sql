-- purpose: the downloads of these episodes by these listeners between two moments
-- params: listeners, episodes, earliest, latest
-- returns: listener_id text, episode_id uuid, id uuid, occurred_at timestamptz, data jsonb,
--     filtered, download_window text (empty where it is not known how it was counted)
-- grain: one row per download
-- source: listener_events, counting_methods
-- relies on: listener_events_download
-- TRICKY: one index scan per row ("offset 0"), by the listener alone ("is true", "any"): see counted_among.
with asked as materialized (
    select distinct a.listener_id, a.episode_id
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[])) as a (listener_id, episode_id)
)
select a.listener_id, a.episode_id, e.id, e.occurred_at, e.data, m.data_centres as filtered, m.download_window
from asked a
cross join lateral (
    select l.id, l.occurred_at, l.event_data as data, l.counted_by
    from listener_events l
    where l.tenant_id = (select app_tenant()) and l.listener_id = a.listener_id and (l.episode_id = a.episode_id) is true
        and l.occurred_at >= cast(:earliest as timestamptz) and l.occurred_at <= any (array[cast(:latest as timestamptz)])
        and l.event_type = 'download'
    offset 0
) e
left join counting_methods m on m.tenant_id = (select app_tenant()) and m.number = e.counted_by
order by e.occurred_at
