-- purpose: impressions and reach of one campaign per episode in a period; episodes that carry its ads without any stand at 0;
--          what a deleted ad unit or episode delivered stays, under its title
-- params: campaign_id, period_start, period_end, podcast_ids, episode_ids
-- returns: episode_id uuid, title text, podcast_name text, published_at timestamptz, unit_types text[], impressions numeric, reach bigint
-- grain: episode
-- source: campaign_days, campaign_listener_days, campaign_episodes, ad_units
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with delivered as (
    select d.episode_id, sum(d.event_count) as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.attribution_type = 'impression'
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
    group by d.episode_id
),
reached as (
    select l.episode_id, count(*) as reach
    from (
        select distinct r.episode_id, r.listener_no
        from campaign_listener_days r
        where r.tenant_id = (select app_tenant())
            and r.campaign_id = cast(:campaign_id as uuid)
            and r.local_day >= cast(:period_start as date)
            and r.local_day < cast(:period_end as date)
    ) l
    group by l.episode_id
),
units as (
    select u.episode_id, array_agg(distinct u.unit_type order by u.unit_type) as unit_types
    from ad_units u
    where u.tenant_id = (select app_tenant()) and u.campaign_id = cast(:campaign_id as uuid) and u.deleted_at is null
    group by u.episode_id
),
carrying as (
    select e.episode_id, e.title, e.podcast_id, e.podcast_name, e.published_at
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
)
select coalesce(delivered.episode_id, units.episode_id) as episode_id, carrying.title, carrying.podcast_name, carrying.published_at,
       coalesce(units.unit_types, '{}') as unit_types, coalesce(delivered.impressions, 0) as impressions,
       coalesce(reached.reach, 0) as reach
from delivered
full join units on units.episode_id = delivered.episode_id
left join reached on reached.episode_id is not distinct from delivered.episode_id
left join carrying on carrying.episode_id = coalesce(delivered.episode_id, units.episode_id)
where (cardinality(cast(:podcast_ids as uuid[])) = 0 or carrying.podcast_id = any (cast(:podcast_ids as uuid[])))
    and (cardinality(cast(:episode_ids as uuid[])) = 0
         or coalesce(delivered.episode_id, units.episode_id) = any (cast(:episode_ids as uuid[])))
order by impressions desc, carrying.published_at desc nulls last, carrying.title, episode_id
