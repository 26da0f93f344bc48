-- purpose: adds the impressions of ads delivered in downloads that stand; one that is there already stays as it is
-- params: downloads, ad_units, listeners, times, evidence
-- returns: number of rows
-- grain: one row per download and ad unit
-- source: attribution_events, ad_units
-- relies on: ad_units_tenant_id_id_key, primary key of attribution_events
-- The five lists are one download and ad unit each place.
-- Made again, an impression has the id that impression_id() gave it before.
insert into attribution_events
    (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
select impression_id(d.download_id, a.id), a.tenant_id, a.campaign_id, a.episode_id, d.listener_id, 'impression',
       jsonb_build_object('ad_unit_id', a.id, 'evidence', d.evidence), d.occurred_at
from unnest(cast(:downloads as uuid[]), cast(:ad_units as uuid[]), cast(:listeners as text[]), cast(:times as timestamptz[]),
            cast(:evidence as text[]))
    as d (download_id, ad_unit_id, listener_id, occurred_at, evidence)
join ad_units a on a.tenant_id = (select app_tenant()) and a.id = d.ad_unit_id
on conflict (tenant_id, id, occurred_at) do nothing
