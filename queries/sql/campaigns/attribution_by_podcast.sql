-- purpose: credit that each model gives to each podcast for one campaign's conversions in a period
-- params: campaign_id, period_start, period_end, window_days
-- returns: podcast_id uuid, podcast_name text (null where the episode is unknown or carries no ad of the campaign), first_touch_credit, last_touch_credit, linear_credit numeric
-- grain: podcast
-- source: attribution_analytics, campaign_episodes
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
with credited as (
    select channel.key as channel,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'first_touch'), 0) as first_touch_credit,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'last_touch'), 0) as last_touch_credit,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'linear'), 0) as linear_credit
    from attribution_analytics a
    cross join lateral jsonb_each(a.metrics -> 'windows' -> cast(:window_days as text) -> 'models') as model
    cross join lateral jsonb_each(model.value -> 'podcast') as channel
    where a.tenant_id = (select app_tenant())
        and a.campaign_id = cast(:campaign_id as uuid)
        and a.analysis_date >= cast(:period_start as date)
        and a.analysis_date < cast(:period_end as date)
    group by channel.key
),
named as (
    select distinct on (e.podcast_id) e.podcast_id::text as channel, e.podcast_name
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
    order by e.podcast_id
)
select c.channel as podcast_id, n.podcast_name, c.first_touch_credit, c.last_touch_credit, c.linear_credit
from credited c
left join named n on n.channel = c.channel
order by c.linear_credit desc, c.first_touch_credit desc, n.podcast_name nulls last, c.channel
