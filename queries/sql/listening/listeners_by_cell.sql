-- purpose: different listeners of a period and of the one compared with, under filters by app, country or device, from raw events; and
--          what it takes to judge whether they may be told: those whom one filter alone turns away, and those of groups of cells and of
--          episodes (of which the filters by podcast and episode are lifted)
-- params: period_from, period_to, whole_to, compared_from, compared_to, podcast_ids, episode_ids, by_app, by_country, by_device, cells, cells_outside, grouped_cells, cell_groups, grouped_episodes, episode_groups
-- returns: part text (view, beside or group), span text (period or compared), outside text (of a part beside the view its filter),
--          group_no bigint (of a group, as asked), listeners bigint, whole bigint (of the days that are over)
-- grain: span, part, filter or group
-- source: listener_events
-- relies on: listener_events_tenant_time
-- `cells`: those of the view and those grouped, each its app, country and device type with unit separators between, empty where not
-- filtered by; `cells_outside`: the filter that alone turns the cell away, empty where none does; `grouped_cells`: places of cells, from 1
with cells as materialized (
    select c.no, c.cell, c.outside
    from unnest(cast(:cells as text[]), cast(:cells_outside as text[])) with ordinality as c (cell, outside, no)
),
found as (
    select s.span, e.listener_id, e.occurred_at, e.episode_id,
           case when cast(:by_app as boolean) then coalesce(nullif(e.event_data ->> 'app', ''), 'unknown') else '' end
           || chr(31)
           || case when cast(:by_country as boolean) then coalesce(nullif(e.event_data ->> 'country', ''), 'unknown') else '' end
           || chr(31)
           || case when cast(:by_device as boolean) then coalesce(nullif(e.event_data ->> 'device', ''), 'unknown') else '' end as cell,
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
    select f.span, f.listener_id, c.no, f.is_held,
           case when f.episode_id = any (cast(:grouped_episodes as uuid[])) then f.episode_id end as episode_id,
           min(f.occurred_at) as first_at
    from found f
    join cells c on c.cell = f.cell
    where f.is_held
        or (c.outside = '' and f.episode_id = any (cast(:grouped_episodes as uuid[])))
    group by 1, 2, 3, 4, 5
),
per_listener as (
    select s.span,
           min(s.first_at) filter (where c.outside = '') as at_view,
           min(s.first_at) filter (where c.outside = 'app') as at_app,
           min(s.first_at) filter (where c.outside = 'country') as at_country,
           min(s.first_at) filter (where c.outside = 'device_type') as at_device
    from seen s
    join cells c on c.no = s.no
    where s.is_held
    group by s.span, s.listener_id
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
    join cells c on c.no = s.no and c.outside = ''
    join unnest(cast(:grouped_episodes as uuid[]), cast(:episode_groups as bigint[])) as g (episode_id, group_no) on g.episode_id = s.episode_id
    group by s.span, g.group_no, s.listener_id
)
select 'view' as part, span, '' as outside, cast(null as bigint) as group_no,
       count(at_view) as listeners, count(*) filter (where at_view < cast(:whole_to as timestamptz)) as whole
from per_listener
group by span
union all
select 'beside', p.span, b.outside, null, count(b.first_at), count(*) filter (where b.first_at < cast(:whole_to as timestamptz))
from per_listener p
cross join lateral (values ('app', p.at_app), ('country', p.at_country), ('device_type', p.at_device)) as b (outside, first_at)
where b.first_at is not null
group by p.span, b.outside
union all
select 'group', span, '', group_no, count(*), count(*) filter (where first_at < cast(:whole_to as timestamptz))
from per_group
group by span, group_no
