-- purpose: adds the new attribution events of one batch and says what became of each row
-- params: rows, earliest, latest
-- returns: line_number bigint, outcome text (imported, duplicate, different)
-- grain: one row per row of the batch
-- source: attribution_events
-- relies on: primary key of attribution_events
-- TRICKY: "offset 0" keeps the look-up an index scan per row; joined freely, every partition was read for each batch.
-- The equal time is written as a range: as an equality it drew the planner to the index on time alone, and a file with one time for all
-- its rows would have been read again for each of them.
with incoming as materialized (
    select r.line_number, r.id, r.campaign_id, r.episode_id, r.listener_id, r.attribution_type, r.attribution_data, r.occurred_at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        line_number bigint, id uuid, campaign_id uuid, episode_id uuid, listener_id text,
        attribution_type text, attribution_data jsonb, occurred_at timestamptz)
),
known as materialized (
    select i.line_number,
           (e.campaign_id, e.attribution_type, e.attribution_data) = (i.campaign_id, i.attribution_type, i.attribution_data)
               and e.episode_id is not distinct from i.episode_id
               and e.listener_id is not distinct from i.listener_id as is_same
    from incoming i
    cross join lateral (
        select a.campaign_id, a.episode_id, a.listener_id, a.attribution_type, a.attribution_data
        from attribution_events a
        where a.tenant_id = (select app_tenant()) and a.id = i.id
            and a.occurred_at >= i.occurred_at and a.occurred_at <= i.occurred_at
            and a.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
        offset 0
    ) e
),
added as (
    insert into attribution_events
        (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
    select i.id, (select app_tenant()), i.campaign_id, i.episode_id, i.listener_id, i.attribution_type, i.attribution_data,
           i.occurred_at
    from incoming i
    where not exists (select from known k where k.line_number = i.line_number)
    on conflict do nothing
    returning id
)
select i.line_number,
       case when a.id is not null then 'imported' when k.is_same is false then 'different' else 'duplicate' end as outcome
from incoming i
left join known k on k.line_number = i.line_number
left join added a on a.id = i.id
order by i.line_number
