-- purpose: visits and conversions of one campaign per day, week (from the tenant's first day) or month of a period, gaps filled with 0
-- params: campaign_id, period_start, period_end, grain
-- returns: bucket date, visits numeric, conversions numeric
-- grain: bucket
-- source: campaign_days, attribution_analytics
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with weeks as (
    select case when cast(:grain as text) = 'week' then tenant_week_shift() else 0 end as shift
),
days as (
    select cast(g as date) as day,
           cast(date_trunc(cast(:grain as text), g + make_interval(days => weeks.shift)) as date) - weeks.shift as bucket
    from weeks, generate_series(cast(:period_start as date)::timestamp, cast(:period_end as date)::timestamp - interval '1 day',
                         interval '1 day') as g
),
visited as (
    select d.local_day, sum(d.event_count) as visits
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.attribution_type = 'visit'
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
    group by d.local_day
)
select days.bucket, coalesce(sum(v.visits), 0) as visits,
       coalesce(sum((a.metrics ->> 'conversions')::bigint), 0) as conversions
from days
left join visited v on v.local_day = days.day
left join attribution_analytics a
    on a.tenant_id = (select app_tenant()) and a.campaign_id = cast(:campaign_id as uuid) and a.analysis_date = days.day
group by days.bucket
order by days.bucket
