-- purpose: impressions and conversions of all campaigns in scope per day of a period and of the one compared with
-- params: period_start, period_end, compared_start, compared_end
-- returns: span text (period or compared), day date, impressions numeric, conversions numeric
-- grain: span and tenant day
-- source: campaign_days, attribution_analytics, campaigns
-- relies on: campaign_days_day
with spans as (
    select s.span, cast(g as date) as day
    from (values ('period', cast(:period_start as date), cast(:period_end as date)),
                 ('compared', cast(:compared_start as date), cast(:compared_end as date))) as s (span, first_day, end_day)
    cross join lateral generate_series(s.first_day::timestamp, s.end_day::timestamp - interval '1 day', interval '1 day') as g
),
shown as (
    select c.id from campaigns c where c.tenant_id = (select app_tenant()) and c.deleted_at is null
),
delivered as (
    select d.local_day, sum(d.event_count) as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.attribution_type = 'impression'
        and d.campaign_id in (select id from shown)
        and (d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
             or d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date))
    group by d.local_day
),
converted as (
    select a.analysis_date, sum((a.metrics ->> 'conversions')::bigint) as conversions
    from attribution_analytics a
    where a.tenant_id = (select app_tenant())
        and a.campaign_id in (select id from shown)
        and (a.analysis_date >= cast(:period_start as date) and a.analysis_date < cast(:period_end as date)
             or a.analysis_date >= cast(:compared_start as date) and a.analysis_date < cast(:compared_end as date))
    group by a.analysis_date
)
select spans.span, spans.day, coalesce(delivered.impressions, 0) as impressions, coalesce(converted.conversions, 0) as conversions
from spans
left join delivered on delivered.local_day = spans.day
left join converted on converted.analysis_date = spans.day
order by spans.span, spans.day
