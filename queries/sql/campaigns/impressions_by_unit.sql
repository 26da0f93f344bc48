-- purpose: impressions of one campaign in a period by ad, with the second of the episode that each begins at
-- params: campaign_id, period_start, period_end
-- returns: ad_unit_id uuid, episode_id uuid, title text, podcast_name text, unit_type text, position_seconds integer (all null where the ad is not known), impressions bigint
-- grain: ad unit
-- source: campaign_days, ad_units, campaign_episodes
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with delivered as (
    select d.ad_unit_id, cast(sum(d.event_count) as bigint) as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = cast(:campaign_id as uuid)
        and d.attribution_type = 'impression'
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
    group by d.ad_unit_id
)
select u.id as ad_unit_id, u.episode_id, e.title, e.podcast_name, u.unit_type, u.position_seconds, cast(sum(d.impressions) as bigint) as impressions
from delivered d
left join ad_units u on u.tenant_id = (select app_tenant()) and u.campaign_id = cast(:campaign_id as uuid) and u.id = d.ad_unit_id
left join campaign_episodes e on e.tenant_id = u.tenant_id and e.campaign_id = u.campaign_id and e.episode_id = u.episode_id
group by u.id, u.episode_id, e.title, e.podcast_name, u.unit_type, u.position_seconds
order by impressions desc, u.id
