-- purpose: requests at pixels and vanity URLs of campaigns that were neither visit nor conversion, by reason and rules, most first
-- params: campaign_ids, period_start, period_end, time_zone
-- returns: kind text, reason text, rule_version text, requests bigint
-- grain: kind of link, reason and version of the rules
-- source: excluded_visits
-- relies on: excluded_visits_campaign, excluded_visits_came
-- Without a period: as long as they are kept.
select x.kind, x.reason, x.rule_version, count(*) as requests
from excluded_visits x
where x.tenant_id = (select app_tenant())
    and (cardinality(cast(:campaign_ids as uuid[])) = 0 or x.campaign_id = any (cast(:campaign_ids as uuid[])))
    and x.occurred_at >= coalesce(day_start(cast(:period_start as date), cast(:time_zone as text)), '-infinity')
    and x.occurred_at < coalesce(day_start(cast(:period_end as date), cast(:time_zone as text)), 'infinity')
group by x.kind, x.reason, x.rule_version
order by requests desc, x.kind, x.reason, x.rule_version
