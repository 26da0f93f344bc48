-- purpose: the touches before each conversion of one campaign in a period, oldest first, by the kind of channel asked for
-- params: campaign_id, conversion_type, starts_at, ends_at, window_days, channel
-- returns: channels text[] (none: no episode or ad unit is known; elsewhere: an episode that carries no ad of the campaign), ages interval[]
--          (before the conversion); both empty where nothing is inside the window
-- grain: conversion
-- source: attribution_paths, campaign_episodes, ad_units
-- relies on: attribution_paths_time; a day here is 24 hours, whatever the clocks do
with carrying as materialized (
    select e.episode_id::text as episode_id, e.podcast_id::text as podcast_id
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
),
units as materialized (
    select u.id::text as ad_unit_id, u.unit_type
    from ad_units u
    where u.tenant_id = (select app_tenant()) and u.campaign_id = cast(:campaign_id as uuid)
)
select coalesce(t.channels, '{}') as channels, coalesce(t.ages, '{}') as ages
from attribution_paths p
left join lateral (
    select array_agg(c.channel order by c.place) as channels, array_agg(c.age order by c.place) as ages
    from (
        select touch.place, p.converted_at - (touch.said ->> 'at')::timestamptz as age,
               case
                   when cast(:channel as text) in ('ad_unit', 'position')
                       then case when u.ad_unit_id is null then 'none' when cast(:channel as text) = 'ad_unit' then u.ad_unit_id else u.unit_type end
                   when touch.said ->> 'episode_id' is null then 'none'
                   when e.episode_id is null then 'elsewhere'
                   when cast(:channel as text) = 'episode' then e.episode_id
                   else e.podcast_id
               end as channel
        from jsonb_array_elements(p.touchpoints) with ordinality as touch (said, place)
        left join carrying e on e.episode_id = touch.said ->> 'episode_id'
        left join units u on u.ad_unit_id = touch.said ->> 'ad_unit_id'
    ) c
    where c.age <= make_interval(hours => 24 * cast(:window_days as integer))
) t on true
where p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and p.conversion_type = cast(:conversion_type as text)
    and p.converted_at >= cast(:starts_at as timestamptz)
    and p.converted_at < cast(:ends_at as timestamptz)
order by p.converted_at, p.conversion_event_id
