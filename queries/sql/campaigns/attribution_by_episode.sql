-- purpose: credit that each model gives to each episode for one campaign's conversions in a period
-- params: campaign_id, period_start, period_end, window_days
-- returns: episode_id text, title text, podcast_name text, published_at timestamptz (null where the episode is unknown or carries no ad of the campaign), first_touch_credit, last_touch_credit, linear_credit numeric
-- grain: episode
-- source: attribution_analytics, campaign_episodes
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
with credited as (
    select channel.key as channel,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'first_touch'), 0) as first_touch_credit,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'last_touch'), 0) as last_touch_credit,
           coalesce(sum((channel.value ->> 'conversions')::numeric) filter (where model.key = 'linear'), 0) as linear_credit
    from attribution_analytics a
    cross join lateral jsonb_each(a.metrics -> 'windows' -> cast(:window_days as text) -> 'models') as model
    cross join lateral jsonb_each(model.value -> 'episode') as channel
    where a.tenant_id = (select app_tenant())
        and a.campaign_id = cast(:campaign_id as uuid)
        and a.analysis_date >= cast(:period_start as date)
        and a.analysis_date < cast(:period_end as date)
    group by channel.key
),
named as (
    select e.episode_id::text as channel, e.title, e.podcast_name, e.published_at
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
)
select c.channel as episode_id, n.title, n.podcast_name, n.published_at, c.first_touch_credit, c.last_touch_credit, c.linear_credit
from credited c
left join named n on n.channel = c.channel
order by c.linear_credit desc, c.first_touch_credit desc, n.published_at desc nulls last, c.channel
