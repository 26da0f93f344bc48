-- purpose: requests of a period that were not counted, by reason and by the rules that were applied, most first
-- params: period_start, period_end, time_zone, podcast_ids, episode_ids
-- returns: reason text, rule_version text, requests bigint
-- grain: reason and version of the rules
-- source: excluded_days; of single episodes excluded_requests
-- relies on: primary key of excluded_days, excluded_requests_episode
select f.reason, f.rule_version, cast(sum(f.requests) as bigint) as requests
from (
    select d.reason, d.rule_version, d.requests
    from excluded_days d
    where cardinality(cast(:episode_ids as uuid[])) = 0
        and d.tenant_id = (select app_tenant())
        and d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0 or d.podcast_id = any (cast(:podcast_ids as uuid[])))
    union all
    select x.reason, x.rule_version, count(*)
    from excluded_requests x
    where cardinality(cast(:episode_ids as uuid[])) > 0
        and x.tenant_id = (select app_tenant())
        and x.episode_id = any (cast(:episode_ids as uuid[]))
        and x.occurred_at >= day_start(cast(:period_start as date), cast(:time_zone as text))
        and x.occurred_at < day_start(cast(:period_end as date), cast(:time_zone as text))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or x.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
    group by x.reason, x.rule_version
) f
group by f.reason, f.rule_version
order by requests desc, f.reason, f.rule_version
