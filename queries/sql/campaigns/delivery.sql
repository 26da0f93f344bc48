-- purpose: impressions of one campaign per day of its flight, days without any included
-- params: campaign_id, first_day, last_day, today
-- returns: day date, impressions bigint (null after today)
-- grain: tenant day
-- source: campaign_days
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with days as (
    select cast(g as date) as day
    from generate_series(cast(:first_day as date)::timestamp, cast(:last_day as date)::timestamp, interval '1 day') as g
),
delivered as (
    select d.local_day, cast(sum(d.event_count) as bigint) as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.attribution_type = 'impression'
        and d.local_day >= cast(:first_day as date)
        and d.local_day <= cast(:last_day as date)
    group by d.local_day
)
select days.day, case when days.day <= cast(:today as date) then coalesce(delivered.impressions, 0) end as impressions
from days
left join delivered on delivered.local_day = days.day
order by days.day
