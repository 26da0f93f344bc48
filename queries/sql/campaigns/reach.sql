-- purpose: listeners that one campaign reached in a period, in its days that are over, per day, and in the one compared with
-- params: campaign_id, period_start, period_end, whole_end, compared_start, compared_end, podcast_ids, episode_ids
-- returns: span text (period, whole where whole_end is given, or compared), day date (null on the row of a span), reach bigint
-- grain: span, and tenant day of the period
-- source: campaign_listener_days, campaign_episodes
-- relies on: campaign_listener_days_tenant_id_campaign_id_local_day_epis_key (index only); reach never adds up, so every row counts anew
with per_day as materialized (
    select d.local_day as day, d.listener_no
    from campaign_listener_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and (d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date)
             or d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.episode_id from campaign_episodes e
                                          where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
                                              and e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by d.local_day, d.listener_no
),
per_listener as materialized (
    select p.listener_no,
           bool_or(p.day >= cast(:period_start as date) and p.day < cast(:period_end as date)) as in_period,
           bool_or(p.day >= cast(:period_start as date) and p.day < cast(:whole_end as date)) as in_whole,
           bool_or(p.day >= cast(:compared_start as date) and p.day < cast(:compared_end as date)) as in_compared
    from per_day p
    group by p.listener_no
)
select 'period' as span, null::date as day, count(*) as reach from per_listener l where l.in_period
union all
select 'whole', null, count(*) from per_listener l where l.in_whole having cast(:whole_end as date) is not null
union all
select 'compared', null, count(*) from per_listener l where l.in_compared
union all
select 'period', p.day, count(*)
from per_day p
where p.day >= cast(:period_start as date) and p.day < cast(:period_end as date)
group by p.day
order by span, day nulls first
