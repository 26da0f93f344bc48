-- purpose: whom campaigns reached in each show or episode, or each of them at all, with impressions that pass or miss filters by app, country and device,
--          and which of the values chosen each was reached by, from raw events
-- params: campaign_ids, period_from, period_to, podcast_ids, episode_ids, apps, countries, devices, rows_by
-- returns: kind text (everybody, row, values), row_id uuid (show, episode or campaign; null where none is known), is_unknown boolean (no episode is known),
--          chosen text[] (values of one dimension), own integer, elsewhere integer (see below), reach bigint, impressions numeric (that miss no filter)
-- grain: everybody: what a listener's impressions miss; row: row, and what those in it and all others miss; values: row and all values of a
--        dimension with which a listener was reached there
-- source: campaign_impressions, campaign_episodes, rollups_as_of()
-- relies on: attribution_events_campaign, listener_events_download
-- An impression misses the app (1), the country (2), the device (4), and so one of 8 sets of them, the empty one first. `own` has a bit for
-- each set that an impression of these listeners in the row misses, `elsewhere` one for each that any other impression of theirs does; of
-- everybody all are elsewhere. Rows are of the shows and episodes in the view, and every other impression is in none.
with carrying as (
    select e.campaign_id, e.episode_id, e.podcast_id
    from campaign_episodes e
    where e.tenant_id = (select app_tenant()) and e.campaign_id = any (cast(:campaign_ids as uuid[]))
),
-- Two downloads of a listener at one moment, if there were such, make no second impression.
delivered as materialized (
    select distinct on (i.occurred_at, i.impression_id)
           i.listener_id, i.app, i.country, i.device_type,
           (cardinality(cast(:podcast_ids as uuid[])) = 0 or coalesce(c.podcast_id = any (cast(:podcast_ids as uuid[])), false))
           and (cardinality(cast(:episode_ids as uuid[])) = 0 or coalesce(i.episode_id = any (cast(:episode_ids as uuid[])), false)) as in_view,
           case cast(:rows_by as text) when 'show' then c.podcast_id when 'episode' then i.episode_id else i.campaign_id end as row_id,
           i.episode_id is null and cast(:rows_by as text) <> 'campaign' as is_unknown,
           cast(cardinality(cast(:apps as text[])) > 0 and i.app <> all (cast(:apps as text[])) as integer)
           + 2 * cast(cardinality(cast(:countries as text[])) > 0 and i.country <> all (cast(:countries as text[])) as integer)
           + 4 * cast(cardinality(cast(:devices as text[])) > 0 and i.device_type <> all (cast(:devices as text[])) as integer) as misses
    from campaign_impressions i
    left join carrying c on c.campaign_id = i.campaign_id and c.episode_id = i.episode_id
    where i.tenant_id = (select app_tenant())
        and i.campaign_id = any (cast(:campaign_ids as uuid[]))
        and i.occurred_at >= cast(:period_from as timestamptz)
        and i.occurred_at < cast(:period_to as timestamptz)
        -- As of the impressions that the rollups tell.
        and i.created_at <= (select rollups_as_of())
    order by i.occurred_at, i.impression_id, i.app, i.country, i.device_type
),
per_row as materialized (
    select d.listener_id, d.in_view, d.row_id, d.is_unknown, bit_or(1 << d.misses) as own, count(*) filter (where d.misses = 0) as impressions
    from delivered d
    group by d.listener_id, d.in_view, d.row_id, d.is_unknown
),
-- Impressions of nobody known have nobody elsewhere.
beside as (
    select r.in_view, r.row_id, r.is_unknown, r.listener_id, r.own, r.impressions,
           case when r.listener_id is null then 0
                else coalesce(bit_or(r.own) over (partition by r.listener_id rows between unbounded preceding and unbounded following
                                                  exclude current row), 0) end as elsewhere
    from per_row r
)
select 'everybody' as kind, cast(null as uuid) as row_id, false as is_unknown, cast(null as text[]) as chosen, 0 as own, l.missed as elsewhere,
       count(*) as reach, cast(null as numeric) as impressions
from (select r.listener_id, bit_or(r.own) as missed from per_row r where r.listener_id is not null group by r.listener_id) l
group by l.missed
union all
select 'row', b.row_id, b.is_unknown, null, b.own, b.elsewhere, count(b.listener_id), sum(b.impressions)
from beside b
where b.in_view
group by b.row_id, b.is_unknown, b.own, b.elsewhere
union all
select 'values', v.row_id, v.is_unknown, v.chosen, null, null, count(*), null
from (
    select d.row_id, d.is_unknown, array_agg(distinct v.value order by v.value) as chosen
    from delivered d
    cross join lateral (values ('app', d.app, cardinality(cast(:apps as text[]))),
                               ('country', d.country, cardinality(cast(:countries as text[]))),
                               ('device', d.device_type, cardinality(cast(:devices as text[])))) as v (dimension, value, number)
    where d.in_view and d.misses = 0 and d.listener_id is not null and v.number > 1
    group by d.row_id, d.is_unknown, v.dimension, d.listener_id
) v
group by v.row_id, v.is_unknown, v.chosen
order by kind, row_id nulls last, is_unknown, chosen nulls first, own, elsewhere
