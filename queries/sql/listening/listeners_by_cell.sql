-- purpose: different listeners of a period, of its days that are over and of the period compared with, under filters by app, country or
--          device, from raw events; and what it takes to judge whether they may be told: those whom filters turn away, those of groups of
--          cells and of episodes (of which the filters by podcast and episode are lifted), and with which of the chosen values they are
-- params: period_from, period_to, whole_to, compared_from, compared_to, podcast_ids, episode_ids, by_app, by_country, by_device, cells, cells_missed, grouped_cells, cell_groups, grouped_episodes, episode_groups, chosen_cells, chosen_dimensions, chosen_values
-- returns: span text (period, whole where whole_to is given, or compared), missed integer (null but where listeners are told apart by what
--          they miss: a bit for each `cells_missed` of a cell that they are in), group_no bigint (as asked, else null), dimension text and
--          chosen text[] (the chosen values with which listeners of the view are, else null), listeners bigint
-- grain: span, and what listeners miss, a group or chosen values
-- source: listener_events, rollups_as_of()
-- relies on: listener_events_tenant_time
-- `cells`: those of the view and those grouped, each its values of what is filtered by with unit separators between; `cells_missed`: the
-- filters that turn the cell away, as the sum of app (1), country (2) and device (4); `grouped_cells`, `chosen_cells`: places of cells, from 1
with cells as materialized (
    select c.no, c.cell, c.missed
    from unnest(cast(:cells as text[]), cast(:cells_missed as integer[])) with ordinality as c (cell, missed, no)
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
        -- As of the downloads beside it, which the rollups tell.
        and e.created_at <= (select rollups_as_of())
    -- Keeps the planner from reading the events once per cell.
    offset 0
),
seen as materialized (
    -- By listener first: sorting by what is mostly equal takes longer.
    select f.listener_id, c.no, f.span, c.missed, f.is_held,
           case when f.episode_id = any (cast(:grouped_episodes as uuid[])) then f.episode_id end as episode_id,
           min(f.occurred_at) as first_at
    from found f
    join cells c on c.cell = f.cell
    where f.is_held
        or (c.missed = 0 and f.episode_id = any (cast(:grouped_episodes as uuid[])))
    group by 1, 2, 3, 4, 5, 6
),
spanned as (
    select s.span, s.listener_id, s.no, s.missed, s.is_held, s.episode_id from seen s
    union all
    select 'whole', s.listener_id, s.no, s.missed, s.is_held, s.episode_id
    from seen s
    where s.span = 'period' and s.first_at < cast(:whole_to as timestamptz)
),
per_listener as (
    select span, listener_id, bit_or(1 << missed) as missed
    from spanned
    where is_held
    group by listener_id, span
),
per_group as (
    select s.span, g.group_no, s.listener_id
    from spanned s
    join unnest(cast(:grouped_cells as bigint[]), cast(:cell_groups as bigint[])) as g (no, group_no) on g.no = s.no
    where s.is_held
    group by s.listener_id, g.group_no, s.span
    union all
    select s.span, g.group_no, s.listener_id
    from spanned s
    join unnest(cast(:grouped_episodes as uuid[]), cast(:episode_groups as bigint[])) as g (episode_id, group_no) on g.episode_id = s.episode_id
    where s.missed = 0
    group by s.listener_id, g.group_no, s.span
),
per_choice as (
    select s.span, c.dimension, array_agg(distinct c.value order by c.value) as chosen
    from spanned s
    join unnest(cast(:chosen_cells as bigint[]), cast(:chosen_dimensions as text[]), cast(:chosen_values as text[])) as c (no, dimension, value)
        on c.no = s.no
    where s.is_held
    group by s.listener_id, c.dimension, s.span
)
select span, missed, cast(null as bigint) as group_no, cast(null as text) as dimension, cast(null as text[]) as chosen, count(*) as listeners
from per_listener
group by span, missed
union all
select span, null, group_no, null, null, count(*)
from per_group
group by span, group_no
union all
select span, null, null, dimension, chosen, count(*)
from per_choice
group by span, dimension, chosen
