-- purpose: which of these listeners have a download of these episodes on these tenant days already
-- params: listeners, episodes, days, earliest, latest
-- returns: listener_id text, episode_id uuid, day date, id uuid, occurred_at timestamptz (of the earliest),
--     source text (the way it came by), is_unmeasured boolean (nobody knows how much of it was delivered), stands_by text (the list of data
--     centres it was judged by, 'source' of one that others counted; null of one that was not counted by days)
-- grain: one row per listener, episode and tenant day with a download
-- source: listener_events, counting_methods
-- relies on: listener_events_download
-- earliest and latest hold the days whole, in any zone: given as they are, all other partitions are left out when it is planned.
-- TRICKY: one index scan per row ("offset 0"), by the listener alone ("is true", "any"): see counted_among.
with asked as materialized (
    select distinct a.listener_id, a.episode_id, a.day
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[]), cast(:days as date[])) as a (listener_id, episode_id, day)
)
select a.listener_id, a.episode_id, a.day, s.id, s.occurred_at, s.source, s.is_unmeasured,
       case when m.download_window = 'calendar_day' then m.data_centres end as stands_by
from asked a
cross join lateral (
    select l.id, l.occurred_at, l.counted_by, l.source, l.is_unmeasured
    from (
        select l.id, l.occurred_at, l.counted_by, l.event_data ->> 'source' as source, l.event_data ? 'unmeasured' as is_unmeasured
        from listener_events l
        where l.tenant_id = (select app_tenant()) and l.listener_id = a.listener_id and (l.episode_id = a.episode_id) is true
            and cast(l.occurred_at at time zone (select tenant_time_zone()) as date) = a.day
            and l.occurred_at >= cast(:earliest as timestamptz) and l.occurred_at <= any (array[cast(:latest as timestamptz)])
            and l.event_type = 'download'
        offset 0
    ) l
    order by l.occurred_at, l.id
    limit 1
) s
left join counting_methods m on m.tenant_id = (select app_tenant()) and m.number = s.counted_by
