-- purpose: conversions of campaigns and what they were worth, per stretch of days in which no period begins or ends
-- params: campaign_ids, period_edges
-- returns: campaign_id uuid, first_day date, currency text (empty on the row that carries the count), conversions numeric, revenue_micros numeric
-- grain: campaign, stretch and currency
-- source: attribution_analytics
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
with results as (
    select a.campaign_id, a.analysis_date, width_bucket(a.analysis_date, cast(:period_edges as date[])) as stretch, a.metrics
    from attribution_analytics a
    where a.tenant_id = (select app_tenant())
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or a.campaign_id = any (cast(:campaign_ids as uuid[])))
)
select r.campaign_id, min(r.analysis_date) as first_day, '' as currency,
       sum((r.metrics ->> 'conversions')::numeric) as conversions, 0::numeric as revenue_micros
from results r
group by r.campaign_id, r.stretch
union all
select r.campaign_id, min(r.analysis_date), v.key, 0, sum(v.value::numeric)
from results r
cross join lateral jsonb_each_text(r.metrics -> 'revenue_micros') as v (key, value)
group by r.campaign_id, r.stretch, v.key
order by campaign_id, first_day, currency
