-- purpose: requests of a period that were not counted, by reason and by the rules that were applied, most first
-- params: period_start, period_end, time_zone, podcast_ids, episode_ids
-- returns: reason text, rule_version text, requests bigint
-- grain: reason and version of the rules
-- source: excluded_requests
-- relies on: partitions of excluded_requests by time
select x.reason, x.rule_version, count(*) as requests
from excluded_requests x
where x.tenant_id = (select app_tenant())
    and x.occurred_at >= cast(cast(:period_start as date) as timestamp) at time zone cast(:time_zone as text)
    and x.occurred_at < cast(cast(:period_end as date) as timestamp) at time zone cast(:time_zone as text)
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or x.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or x.episode_id = any (cast(:episode_ids as uuid[])))
group by x.reason, x.rule_version
order by requests desc, x.reason, x.rule_version
