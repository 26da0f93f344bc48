-- purpose: adds the new listener events of one batch and says what became of each row
-- params: rows, earliest, latest
-- returns: line_number bigint, outcome text (imported, duplicate, different, counted_already)
-- grain: one row per row of the batch
-- source: listener_events
-- relies on: primary key of listener_events, listener_events_episode_time
-- TRICKY: each "offset 0" keeps its look-up an index scan per row; joined freely, every partition was read for each batch.
-- The equal time is written as a range: as an equality it drew the planner to the index on time alone, and a file with one time for all
-- its rows would have been read again for each of them.
with incoming as materialized (
    select r.line_number, r.id, r.episode_id, r.listener_id, r.event_type, r.event_data, r.occurred_at,
           case when r.event_type = 'download'
               then cast(r.occurred_at at time zone (select tenant_time_zone()) as date) end as download_day
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        line_number bigint, id uuid, episode_id uuid, listener_id text, event_type text, event_data jsonb, occurred_at timestamptz)
),
known as materialized (
    select i.line_number,
           (e.episode_id, e.listener_id, e.event_type, e.event_data) = (i.episode_id, i.listener_id, i.event_type, i.event_data)
               as is_same
    from incoming i
    cross join lateral (
        select l.episode_id, l.listener_id, l.event_type, l.event_data
        from listener_events l
        where l.tenant_id = (select app_tenant()) and l.id = i.id
            and l.occurred_at >= i.occurred_at and l.occurred_at <= i.occurred_at
            and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
        offset 0
    ) e
),
-- One download per listener, episode and tenant day: downloads are unique when they are stored.
episode_days as (
    select i.episode_id, i.download_day, array_agg(i.listener_id) as listeners,
           cast(i.download_day as timestamp) at time zone (select tenant_time_zone()) as starts_at,
           cast(i.download_day + 1 as timestamp) at time zone (select tenant_time_zone()) as ends_at
    from incoming i
    where i.download_day is not null and not exists (select from known k where k.line_number = i.line_number)
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
            and l.occurred_at between cast(:earliest as timestamptz) - interval '2 days'
                and cast(:latest as timestamptz) + interval '2 days'
            and l.event_type = 'download' and l.listener_id = any (d.listeners)
        offset 0
    ) e
),
judged as materialized (
    select i.line_number, i.id, i.episode_id, i.listener_id, i.event_type, i.event_data, i.occurred_at, k.is_same,
           i.download_day is not null and k.line_number is null
               and (c.listener_id is not null
                    or row_number() over (partition by i.download_day, i.episode_id, i.listener_id, k.line_number is null
                                          order by i.line_number) > 1) as is_counted_already
    from incoming i
    left join known k on k.line_number = i.line_number
    left join counted c on c.episode_id = i.episode_id and c.download_day = i.download_day and c.listener_id = i.listener_id
),
added as (
    insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
    select j.id, (select app_tenant()), j.episode_id, j.listener_id, j.event_type, j.event_data, j.occurred_at
    from judged j
    where j.is_same is null and not j.is_counted_already
    on conflict do nothing
    returning id
)
select j.line_number,
       case when a.id is not null then 'imported'
            when j.is_same is false then 'different'
            when j.is_counted_already then 'counted_already'
            else 'duplicate' end as outcome
from judged j
left join added a on a.id = j.id
order by j.line_number
