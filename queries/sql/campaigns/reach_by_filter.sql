-- purpose: whom one campaign, or several together, reached with impressions that pass or miss filters by app, country and device, and which of the values chosen
--          each was reached by, from raw events
-- params: campaign_ids, period_from, period_to, whole_to, compared_from, compared_to, podcast_ids, episode_ids, apps, countries, devices
-- returns: span text (period, whole or compared), chosen text[] (values of one dimension; null but where several are chosen),
--          missed integer (see below; null beside values), reach bigint, impressions numeric (that miss no filter)
-- grain: span and either what a listener's impressions miss, or all values of a dimension with which a listener was reached in the view
-- source: campaign_impressions, campaign_episodes, rollups_as_of()
-- relies on: attribution_events_campaign, listener_events_download
-- An impression misses the app (1), the country (2), the device (4), the show or the episode (8), and so one of 16 sets of them, the empty
-- one first. `missed` has a bit for each set that an impression of these listeners misses: at first those who are in the view.
with carrying as (
    select e.campaign_id, e.episode_id, e.podcast_id
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = any (cast(:campaign_ids as uuid[]))
),
-- Two downloads of a listener at one moment, if there were such, make no second impression.
delivered as materialized (
    select distinct on (i.occurred_at, i.impression_id)
           i.occurred_at, i.listener_id, i.app, i.country, i.device_type, i.episode_id, c.podcast_id,
           cast(cardinality(cast(:apps as text[])) > 0 and i.app <> all (cast(:apps as text[])) as integer)
           + 2 * cast(cardinality(cast(:countries as text[])) > 0 and i.country <> all (cast(:countries as text[])) as integer)
           + 4 * cast(cardinality(cast(:devices as text[])) > 0 and i.device_type <> all (cast(:devices as text[])) as integer)
           + 8 * cast(cardinality(cast(:podcast_ids as uuid[])) > 0
                      and coalesce(c.podcast_id <> all (cast(:podcast_ids as uuid[])), true)
                      or cardinality(cast(:episode_ids as uuid[])) > 0
                      and coalesce(i.episode_id <> all (cast(:episode_ids as uuid[])), true) as integer) as misses
    from campaign_impressions i
    left join carrying c on c.campaign_id = i.campaign_id and c.episode_id = i.episode_id
    where i.tenant_id = (select app_tenant())
        and i.campaign_id = any (cast(:campaign_ids as uuid[]))
        and (i.occurred_at >= cast(:period_from as timestamptz) and i.occurred_at < cast(:period_to as timestamptz)
             or i.occurred_at >= cast(:compared_from as timestamptz) and i.occurred_at < cast(:compared_to as timestamptz))
        -- As of the impressions that the rollups tell.
        and i.created_at <= (select rollups_as_of())
    order by i.occurred_at, i.impression_id, i.app, i.country, i.device_type
),
spans as (
    select s.span, s.starts_at, s.ends_at
    from (values ('period', cast(:period_from as timestamptz), cast(:period_to as timestamptz)),
                 ('whole', cast(:period_from as timestamptz), cast(:whole_to as timestamptz)),
                 ('compared', cast(:compared_from as timestamptz), cast(:compared_to as timestamptz))) as s (span, starts_at, ends_at)
),
per_listener as (
    select s.span, d.listener_id, bit_or(1 << d.misses) as missed, count(*) filter (where d.misses = 0) as impressions
    from spans s
    join delivered d on d.occurred_at >= s.starts_at and d.occurred_at < s.ends_at
    group by s.span, d.listener_id
)
select l.span, cast(null as text[]) as chosen, l.missed, count(l.listener_id) as reach, sum(l.impressions) as impressions
from per_listener l
group by l.span, l.missed
union all
select c.span, c.chosen, null, count(*), null
from (
    select s.span, array_agg(distinct v.value order by v.value) as chosen
    from spans s
    join delivered d on d.occurred_at >= s.starts_at and d.occurred_at < s.ends_at and d.misses = 0 and d.listener_id is not null
    cross join lateral (values ('app', d.app, cardinality(cast(:apps as text[]))),
                               ('country', d.country, cardinality(cast(:countries as text[]))),
                               ('device', d.device_type, cardinality(cast(:devices as text[]))),
                               ('show', cast(d.podcast_id as text), cardinality(cast(:podcast_ids as uuid[]))),
                               ('episode', cast(d.episode_id as text), cardinality(cast(:episode_ids as uuid[]))))
        as v (dimension, value, number)
    where v.number > 1
    group by s.span, v.dimension, d.listener_id
) c
group by c.span, c.chosen
order by span, chosen nulls first, missed
