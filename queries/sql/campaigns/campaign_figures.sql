-- purpose: impressions, visits, conversions and revenue of one campaign on each day that has any; impressions and visits also of some shows
--          or episodes alone
-- params: campaign_id, today, podcast_ids, episode_ids
-- returns: day date, impressions numeric, visits numeric, conversions bigint, revenue_micros jsonb {currency: text integer}
-- grain: tenant day
-- source: campaign_days, attribution_analytics, campaign_episodes
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with events as (
    select d.local_day as day,
           coalesce(sum(d.event_count) filter (where d.attribution_type = 'impression'), 0) as impressions,
           coalesce(sum(d.event_count) filter (where d.attribution_type = 'visit'), 0) as visits
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.local_day <= cast(:today as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.episode_id from campaign_episodes e
                                          where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
                                              and e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by d.local_day
),
results as (
    select a.analysis_date as day, (a.metrics ->> 'conversions')::bigint as conversions, a.metrics -> 'revenue_micros' as revenue_micros
    from attribution_analytics a
    where a.tenant_id = (select app_tenant())
        and a.campaign_id = cast(:campaign_id as uuid)
        and a.analysis_date <= cast(:today as date)
)
select day, coalesce(e.impressions, 0) as impressions, coalesce(e.visits, 0) as visits,
       coalesce(r.conversions, 0) as conversions, coalesce(r.revenue_micros, '{}') as revenue_micros
from events e
full join results r using (day)
order by day
