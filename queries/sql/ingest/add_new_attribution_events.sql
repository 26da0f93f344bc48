-- purpose: adds the new attribution events of one batch, of which none stands
-- params: ids, campaigns, episodes, listeners, types, data, times
-- returns: none
-- grain: none; fails as a whole where an id stands at its time already
-- source: attribution_events
-- relies on: nothing
-- The seven lists are one row each place. add_attribution_events says which rows stand, and looks before it adds each of them.
insert into attribution_events
    (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
select r.id, (select app_tenant()), r.campaign_id, r.episode_id, r.listener_id, r.attribution_type,
       cast(r.attribution_data as jsonb), r.occurred_at
from unnest(cast(:ids as uuid[]), cast(:campaigns as uuid[]), cast(:episodes as uuid[]), cast(:listeners as text[]),
            cast(:types as text[]), cast(:data as text[]), cast(:times as timestamptz[]))
    as r (id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
