-- purpose: steps of the paths of one campaign that closed in a period without a conversion: from which channel to which, and how often.
--          A path is a listener's touches since their last conversion, closed when the window has passed after the latest of them
-- params: campaign_id, conversion_type, starts_at, ends_at, window_days, channel
-- returns: source text (null: the path begins), target text (null: it ends), times bigint
-- grain: step
-- source: attribution_events, attribution_paths, campaign_episodes, ad_units
-- relies on: attribution_events_campaign, attribution_paths_time; a day here is 24 hours, whatever the clocks do
with carrying as materialized (
    select e.episode_id, e.podcast_id
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
),
units as materialized (
    select u.id::text as ad_unit_id, u.unit_type
    from ad_units u
    where u.tenant_id = (select app_tenant()) and u.campaign_id = cast(:campaign_id as uuid)
),
happened as (
    -- A touch of the very moment of a conversion is before it.
    select t.listener_id, t.occurred_at as at, false as is_conversion, t.id, t.episode_id, t.attribution_data ->> 'ad_unit_id' as ad_unit_id
    from attribution_events t
    where t.tenant_id = (select app_tenant())
        and t.campaign_id = cast(:campaign_id as uuid)
        and t.attribution_type in ('impression', 'visit')
        and t.listener_id is not null
        and t.occurred_at < cast(:ends_at as timestamptz)
    union all
    select p.listener_id, p.converted_at, true, p.conversion_event_id, null, null
    from attribution_paths p
    where p.tenant_id = (select app_tenant())
        and p.campaign_id = cast(:campaign_id as uuid)
        and p.conversion_type = cast(:conversion_type as text)
        and p.listener_id is not null
        and p.converted_at < cast(:ends_at as timestamptz)
),
in_order as (
    select h.listener_id, h.at, h.is_conversion, h.id, h.episode_id, h.ad_unit_id,
           h.at + make_interval(hours => 24 * cast(:window_days as integer)) as closes_at,
           lead(h.at) over one_listener as next_at
    from happened h
    window one_listener as (partition by h.listener_id order by h.at, h.is_conversion, h.id)
),
numbered as (
    select o.listener_id, o.at, o.is_conversion, o.id, o.episode_id, o.ad_unit_id, o.closes_at,
           -- Paths and conversions that ended before this one of the listener.
           coalesce(sum((o.is_conversion or o.next_at is null or o.next_at > o.closes_at)::integer) over (
               partition by o.listener_id order by o.at, o.is_conversion, o.id rows between unbounded preceding and 1 preceding), 0) as path_no
    from in_order o
),
closed as (
    select n.listener_id, n.path_no
    from numbered n
    group by n.listener_id, n.path_no
    having not bool_or(n.is_conversion)
        and max(n.closes_at) >= cast(:starts_at as timestamptz)
        and max(n.closes_at) < cast(:ends_at as timestamptz)
),
steps as (
    select lag(c.channel) over in_path as source, c.channel as target, lead(c.channel) over in_path as following
    from (
        select n.listener_id, n.path_no, n.at, n.id,
               case
                   when cast(:channel as text) in ('ad_unit', 'position')
                       then case when u.ad_unit_id is null then 'none' when cast(:channel as text) = 'ad_unit' then u.ad_unit_id else u.unit_type end
                   when n.episode_id is null then 'none'
                   when e.episode_id is null then 'elsewhere'
                   when cast(:channel as text) = 'episode' then e.episode_id::text
                   else e.podcast_id::text
               end as channel
        from numbered n
        join closed using (listener_id, path_no)
        left join carrying e on e.episode_id = n.episode_id
        left join units u on u.ad_unit_id = n.ad_unit_id
    ) c
    window in_path as (partition by c.listener_id, c.path_no order by c.at, c.id)
)
select s.source, s.target, count(*) as times
from steps s
group by s.source, s.target
union all
select s.target, null, count(*)
from steps s
where s.following is null
group by s.target
order by source nulls first, target nulls last
