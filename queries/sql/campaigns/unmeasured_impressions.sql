-- purpose: impressions of campaigns in a period, and how many of them are of downloads whose bytes nobody knows, by source of these
-- params: campaign_ids, period_start, period_end, period_from, period_to, podcast_ids, episode_ids
-- returns: source text (null: all impressions, whatever is known), impressions bigint
-- grain: source
-- source: campaigns, campaign_episodes, campaign_days, unmeasured_impressions, rollups_as_of()
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key, attribution_events_campaign, listener_events_unmeasured
-- Without ids: of all campaigns in scope.
with asked as (
    select c.id
    from campaigns c
    where c.tenant_id = (select app_tenant()) and c.deleted_at is null
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or c.id = any (cast(:campaign_ids as uuid[])))
),
in_shows as (
    select e.campaign_id, e.episode_id
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.podcast_id = any (cast(:podcast_ids as uuid[]))
),
found as (
    select cast(null as text) as source, d.event_count as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.campaign_id = any (array(select a.id from asked a))
        and d.attribution_type = 'impression'
        and d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or (d.campaign_id, d.episode_id) in (select s.campaign_id, s.episode_id from in_shows s))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    -- Two downloads of a listener at one moment, if there were such, make no second impression.
    select u.source, 1
    from (
        select distinct on (i.occurred_at, i.impression_id) i.source
        from unmeasured_impressions i
        where i.tenant_id = (select app_tenant())
            and i.campaign_id = any (array(select a.id from asked a))
            and i.occurred_at >= cast(:period_from as timestamptz)
            and i.occurred_at < cast(:period_to as timestamptz)
            -- As of the impressions that the rollups tell.
            and i.created_at <= (select rollups_as_of())
            and i.downloaded_at >= cast(:period_from as timestamptz)
            and i.downloaded_at < cast(:period_to as timestamptz)
            and (cardinality(cast(:podcast_ids as uuid[])) = 0
                 or (i.campaign_id, i.episode_id) in (select s.campaign_id, s.episode_id from in_shows s))
            and (cardinality(cast(:episode_ids as uuid[])) = 0 or i.episode_id = any (cast(:episode_ids as uuid[])))
        order by i.occurred_at, i.impression_id, i.source
    ) u
)
select f.source, cast(sum(f.impressions) as bigint) as impressions
from found f
group by f.source
order by f.source nulls first
