-- purpose: what answered one campaign in a period: impressions and visits, and conversions, leads and purchases after merging
-- params: campaign_id, period_start, period_end
-- returns: impressions, visits, conversions, leads, purchases bigint
-- grain: one row
-- source: campaign_days, attribution_analytics
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key, attribution_analytics_tenant_id_campaign_id_analysis_date_key
with events as (
    select cast(coalesce(sum(d.event_count) filter (where d.attribution_type = 'impression'), 0) as bigint) as impressions,
           cast(coalesce(sum(d.event_count) filter (where d.attribution_type = 'visit'), 0) as bigint) as visits
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
),
results as (
    select cast(coalesce(sum((a.metrics ->> 'conversions')::bigint), 0) as bigint) as conversions,
           cast(coalesce(sum((a.metrics ->> 'leads')::bigint), 0) as bigint) as leads,
           cast(coalesce(sum((a.metrics ->> 'purchases')::bigint), 0) as bigint) as purchases
    from attribution_analytics a
    where a.tenant_id = (select app_tenant())
        and a.campaign_id = cast(:campaign_id as uuid)
        and a.analysis_date >= cast(:period_start as date)
        and a.analysis_date < cast(:period_end as date)
)
select e.impressions, e.visits, r.conversions, r.leads, r.purchases
from events e
cross join results r
