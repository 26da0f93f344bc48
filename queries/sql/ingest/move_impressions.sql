-- purpose: gives the impressions of downloads that count no more to those that stand in their place, as they are
-- params: downloads, earliest, latest
-- returns: number of rows
-- grain: one row per download and ad unit
-- source: attribution_events, ad_units
-- relies on: primary key of attribution_events, ad_units_episode
-- earliest and latest hold both moments of all of them: other partitions are left out when it is planned.
-- An impression has the id that impression_id() gave it when it was made, and has it of the other download afterwards.
with moved as (
    delete from attribution_events e
    using jsonb_to_recordset(cast(:downloads as jsonb)) as d (
            id uuid, episode_id uuid, occurred_at timestamptz, by_id uuid, by_at timestamptz),
        ad_units a
    where a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id
        and e.tenant_id = (select app_tenant()) and e.occurred_at = d.occurred_at and e.id = impression_id(d.id, a.id)
        and e.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
    returning impression_id(d.by_id, a.id) as id, e.campaign_id, e.episode_id, e.listener_id, e.attribution_data, d.by_at
)
insert into attribution_events
    (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
select m.id, (select app_tenant()), m.campaign_id, m.episode_id, m.listener_id, 'impression', m.attribution_data, m.by_at
from moved m
on conflict (tenant_id, id, occurred_at) do nothing
