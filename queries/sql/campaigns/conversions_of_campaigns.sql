-- purpose: conversions of campaigns so far and inside a period, and what they were worth per currency
-- params: campaign_ids, period_start, period_end
-- returns: campaign_id uuid, currency text (empty on the row that carries the counts), conversions numeric, revenue_micros numeric, period_conversions numeric, period_revenue_micros numeric
-- grain: campaign and currency
-- source: attribution_analytics
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
with results as (
    select a.campaign_id, a.metrics,
           a.analysis_date >= cast(:period_start as date) and a.analysis_date < cast(:period_end as date) as in_period
    from attribution_analytics a
    where a.tenant_id = (select app_tenant())
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or a.campaign_id = any (cast(:campaign_ids as uuid[])))
)
select r.campaign_id, '' as currency, sum((r.metrics ->> 'conversions')::numeric) as conversions, 0::numeric as revenue_micros,
       coalesce(sum((r.metrics ->> 'conversions')::numeric) filter (where r.in_period), 0) as period_conversions,
       0::numeric as period_revenue_micros
from results r
group by r.campaign_id
union all
select r.campaign_id, v.key, 0, sum(v.value::numeric), 0, coalesce(sum(v.value::numeric) filter (where r.in_period), 0)
from results r
cross join lateral jsonb_each_text(r.metrics -> 'revenue_micros') as v (key, value)
group by r.campaign_id, v.key
order by campaign_id, currency
