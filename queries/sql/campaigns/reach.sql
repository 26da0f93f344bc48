-- purpose: listeners that one campaign reached in a period and in the one compared with, whole and per day
-- params: campaign_id, period_start, period_end, compared_start, compared_end
-- returns: span text (period or compared), day date (null on the row of the whole span), reach bigint
-- grain: span, and span and tenant day
-- source: campaign_listener_days
-- relies on: campaign_listener_days_tenant_id_campaign_id_local_day_epis_key; reach never adds up, so every row counts anew
select s.span, d.local_day as day, count(distinct d.listener_no) as reach
from (values ('period', cast(:period_start as date), cast(:period_end as date)),
             ('compared', cast(:compared_start as date), cast(:compared_end as date))) as s (span, first_day, end_day)
join campaign_listener_days d
    on d.tenant_id = (select app_tenant())
    and d.campaign_id = cast(:campaign_id as uuid)
    and d.local_day >= s.first_day
    and d.local_day < s.end_day
group by grouping sets ((s.span), (s.span, d.local_day))
order by s.span, day nulls first
