-- purpose: different listeners of a period and of the one compared with, under filters by app, country or device, from raw events; and
--          what it takes to judge whether they may be told: those whom one filter alone turns away, and those of groups of cells and of
--          episodes (of which the filters by podcast and episode are lifted)
-- params: period_from, period_to, whole_to, compared_from, compared_to, podcast_ids, episode_ids, by_app, by_country, by_device, cells, cells_outside, grouped_cells, cell_groups, grouped_episodes, episode_groups
-- returns: span text (period or compared), group_no bigint (as asked; null of the view), listeners bigint, whole bigint (of the days that
--          are over); of the view also beside_app, beside_country, beside_device_type bigint, those whom this filter alone turns away, and
--          the same of the days that are over: whole_beside_app, whole_beside_country, whole_beside_device_type
-- grain: span, and the view or a group
-- source: listener_events
-- relies on: listener_events_tenant_time
-- `cells`: those of the view and those grouped, each its values of what is filtered by with unit separators between; `cells_outside`: the filter that alone turns the cell away, empty where none does; `grouped_cells`: places of cells, from 1
with cells as materialized (
    select c.no, c.cell, c.outside
    from unnest(cast(:cells as text[]), cast(:cells_outside as text[])) with ordinality as c (cell, outside, no)
),
found as (
    select s.span, e.listener_id, e.occurred_at, e.episode_id,
           concat_ws(
               chr(31),
               case when cast(:by_app as boolean) then coalesce(nullif(e.event_data ->> 'app', ''), 'unknown') end,
               case when cast(:by_country as boolean) then coalesce(nullif(e.event_data ->> 'country', ''), 'unknown') end,
               case when cast(:by_device as boolean) then coalesce(nullif(e.event_data ->> 'device', ''), 'unknown') end
           ) as cell,
           (cardinality(cast(:podcast_ids as uuid[])) = 0
            or e.episode_id = any (array(select x.id from episodes x where x.podcast_id = any (cast(:podcast_ids as uuid[])))))
           and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.episode_id = any (cast(:episode_ids as uuid[]))) as is_held
    from (values ('period', cast(:period_from as timestamptz), cast(:period_to as timestamptz)),
                 ('compared', cast(:compared_from as timestamptz), cast(:compared_to as timestamptz))) as s (span, starts_at, ends_at)
    join listener_events e
        on e.tenant_id = (select app_tenant())
        and e.event_type = 'download'
        and e.occurred_at >= s.starts_at
        and e.occurred_at < s.ends_at
    -- Keeps the planner from reading the events once per cell.
    offset 0
),
seen as materialized (
    select f.span, f.listener_id, c.no, c.outside, f.is_held,
           case when f.episode_id = any (cast(:grouped_episodes as uuid[])) then f.episode_id end as episode_id,
           min(f.occurred_at) as first_at
    from found f
    join cells c on c.cell = f.cell
    where f.is_held
        or (c.outside = '' and f.episode_id = any (cast(:grouped_episodes as uuid[])))
    group by 1, 2, 3, 4, 5, 6
),
per_listener as (
    select span,
           min(first_at) filter (where outside = '') as at_view,
           min(first_at) filter (where outside = 'app') as at_app,
           min(first_at) filter (where outside = 'country') as at_country,
           min(first_at) filter (where outside = 'device_type') as at_device
    from seen
    where is_held
    group by span, listener_id
),
per_group as (
    select s.span, g.group_no, s.listener_id, min(s.first_at) as first_at
    from seen s
    join unnest(cast(:grouped_cells as bigint[]), cast(:cell_groups as bigint[])) as g (no, group_no) on g.no = s.no
    where s.is_held
    group by s.span, g.group_no, s.listener_id
    union all
    select s.span, g.group_no, s.listener_id, min(s.first_at)
    from seen s
    join unnest(cast(:grouped_episodes as uuid[]), cast(:episode_groups as bigint[])) as g (episode_id, group_no) on g.episode_id = s.episode_id
    where s.outside = ''
    group by s.span, g.group_no, s.listener_id
)
select span, cast(null as bigint) as group_no,
       count(at_view) as listeners, count(*) filter (where at_view < cast(:whole_to as timestamptz)) as whole,
       count(at_app) as beside_app, count(*) filter (where at_app < cast(:whole_to as timestamptz)) as whole_beside_app,
       count(at_country) as beside_country, count(*) filter (where at_country < cast(:whole_to as timestamptz)) as whole_beside_country,
       count(at_device) as beside_device_type, count(*) filter (where at_device < cast(:whole_to as timestamptz)) as whole_beside_device_type
from per_listener
group by span
union all
select span, group_no, count(*), count(*) filter (where first_at < cast(:whole_to as timestamptz)), null, null, null, null, null, null
from per_group
group by span, group_no
