-- purpose: orders of campaigns that carried an amount, and the sum of these amounts squared, per stretch of days in which no period begins or ends
-- params: campaign_ids, period_edges, time_zone
-- returns: campaign_id uuid, first_day date, currency text, orders bigint, squares numeric (of millionths)
-- grain: campaign, stretch and currency
-- source: attribution_paths, campaigns
-- relies on: attribution_paths_time
with orders as (
    select p.campaign_id, cast(p.converted_at at time zone cast(:time_zone as text) as date) as day, p.currency, p.value_micros
    from campaigns c
    join attribution_paths p
        on p.tenant_id = c.tenant_id and p.campaign_id = c.id and p.conversion_type = c.conversion_type
    where c.tenant_id = (select app_tenant())
        and c.id = any (cast(:campaign_ids as uuid[]))
        and p.tenant_id = (select app_tenant())
        and p.currency is not null
        and p.value_micros is not null
)
select o.campaign_id, min(o.day) as first_day, o.currency, count(*) as orders, sum(o.value_micros * o.value_micros) as squares
from orders o
group by o.campaign_id, width_bucket(o.day, cast(:period_edges as date[])), o.currency
order by o.campaign_id, first_day, o.currency
