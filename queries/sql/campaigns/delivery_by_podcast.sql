-- purpose: impressions and reach of one campaign by show
-- params: campaign_id, period_start, period_end, podcast_ids, episode_ids
-- returns: podcast_id uuid, podcast_name text (both null where the episode is unknown or carries no ad of the campaign),
--          is_unknown boolean (whether no episode is known), impressions numeric, reach bigint
-- grain: show
-- source: campaign_days, campaign_listener_days, campaign_episodes
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key, campaign_listener_days_tenant_id_campaign_id_local_day_epis_key
with carrying as materialized (
    select e.episode_id, e.podcast_id, e.podcast_name
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
),
delivered as (
    select c.podcast_id, d.episode_id is null as is_unknown, sum(d.event_count) as impressions
    from campaign_days d
    left join carrying c on c.episode_id = d.episode_id
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.attribution_type = 'impression'
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0 or c.podcast_id = any (cast(:podcast_ids as uuid[])))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by 1, 2
),
-- Whom two episodes of a show reached counts once in it.
reached as (
    select l.podcast_id, l.is_unknown, count(*) as reach
    from (
        select distinct c.podcast_id, r.episode_id is null as is_unknown, r.listener_no
        from campaign_listener_days r
        left join carrying c on c.episode_id = r.episode_id
        where r.tenant_id = (select app_tenant())
            and r.campaign_id = cast(:campaign_id as uuid)
            and r.local_day >= cast(:period_start as date)
            and r.local_day < cast(:period_end as date)
            and (cardinality(cast(:podcast_ids as uuid[])) = 0 or c.podcast_id = any (cast(:podcast_ids as uuid[])))
            and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
    ) l
    group by l.podcast_id, l.is_unknown
),
named as (
    select distinct c.podcast_id, c.podcast_name from carrying c
)
select d.podcast_id, n.podcast_name, d.is_unknown, d.impressions, coalesce(r.reach, 0) as reach
from delivered d
left join reached r on r.podcast_id is not distinct from d.podcast_id and r.is_unknown = d.is_unknown
left join named n on n.podcast_id = d.podcast_id
order by d.impressions desc, n.podcast_name nulls last, d.podcast_id, d.is_unknown
