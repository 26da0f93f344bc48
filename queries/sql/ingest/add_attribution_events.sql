-- purpose: adds the new attribution events of one batch and names the rows that were not added
-- params: ids, campaigns, episodes, listeners, types, data, times
-- returns: place bigint
-- grain: one row per row of the batch whose id stands at its time already
-- source: attribution_events
-- relies on: primary key of attribution_events
-- TRICKY: "not in" is hashed whole; as a join, planned without knowing how many rows a list holds, it was walked through for each.
with incoming as materialized (
    select r.place, r.id, r.campaign_id, r.episode_id, r.listener_id, r.attribution_type,
           cast(r.attribution_data as jsonb) as attribution_data, r.occurred_at
    from unnest(cast(:ids as uuid[]), cast(:campaigns as uuid[]), cast(:episodes as uuid[]), cast(:listeners as text[]),
                cast(:types as text[]), cast(:data as text[]), cast(:times as timestamptz[]))
        with ordinality as r (id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at, place)
),
added as (
    insert into attribution_events
        (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
    select i.id, (select app_tenant()), i.campaign_id, i.episode_id, i.listener_id, i.attribution_type, i.attribution_data,
           i.occurred_at
    from incoming i
    on conflict do nothing
    returning id
)
select i.place
from incoming i
where i.id not in (select a.id from added a)
