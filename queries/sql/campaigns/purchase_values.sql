-- purpose: purchases of one campaign in a period that carried an amount, their amounts and these squared, per currency
-- params: campaign_id, starts_at, ends_at
-- returns: currency text, orders bigint, value_micros numeric, squares numeric (of millionths)
-- grain: currency
-- source: attribution_paths
-- relies on: attribution_paths_time
select p.currency, count(*) as orders, sum(p.value_micros) as value_micros, sum(p.value_micros * p.value_micros) as squares
from attribution_paths p
where p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and p.conversion_type = 'purchase'
    and p.converted_at >= cast(:starts_at as timestamptz)
    and p.converted_at < cast(:ends_at as timestamptz)
    and p.currency is not null
    and p.value_micros is not null
group by p.currency
order by p.currency
