-- purpose: adds retention curves that are new, completes those of which a file tells all points and more, and says what became of each
-- params: import_id, curves
-- returns: line_number bigint, outcome text (imported, duplicate: all its points stand, completed, different), stood bigint (points)
-- grain: one row per curve
-- source: retention_curves
-- relies on: unique key of retention_curves by episode, platform, day and measure
with incoming as materialized (
    select r.line_number, r.episode_id, r.platform, r.as_of, r.measure, r.position_unit, r.positions, r.amounts
    from jsonb_to_recordset(cast(:curves as jsonb)) as r (
        line_number bigint, episode_id uuid, platform text, as_of date, measure text, position_unit text, positions numeric[],
        amounts numeric[])
),
known as materialized (
    select i.line_number, c.id, i.positions, i.amounts, cardinality(c.positions) as stood,
           case when shared.points = cardinality(i.positions) then 'duplicate'
               when shared.points = cardinality(c.positions) then 'completed'
               else 'different' end as outcome
    from incoming i
    join retention_curves c on c.tenant_id = (select app_tenant()) and c.episode_id = i.episode_id and c.platform = i.platform
        and c.as_of = i.as_of and c.measure = i.measure and c.position_unit = i.position_unit
    cross join lateral (
        -- Never pair by pair, whatever the planner thinks of the lengths: a curve has up to 100,000 points.
        select count(*) as points
        from (
            select s.place, s.amount from unnest(c.positions, c.amounts) as s (place, amount)
            intersect
            select n.place, n.amount from unnest(i.positions, i.amounts) as n (place, amount)
        ) both_tell
    ) shared
),
added as (
    insert into retention_curves
        (tenant_id, episode_id, platform, as_of, measure, position_unit, positions, amounts, import_id)
    select (select app_tenant()), i.episode_id, i.platform, i.as_of, i.measure, i.position_unit, i.positions, i.amounts,
           cast(:import_id as uuid)
    from incoming i
    where not exists (select from known k where k.line_number = i.line_number)
),
completed as (
    -- The file tells the whole curve, so it is of this import from now on.
    update retention_curves c
    set positions = k.positions, amounts = k.amounts, import_id = cast(:import_id as uuid)
    from known k
    where c.tenant_id = (select app_tenant()) and c.id = k.id and k.outcome = 'completed'
)
select i.line_number, coalesce(k.outcome, 'imported') as outcome, coalesce(k.stood, 0) as stood
from incoming i
left join known k on k.line_number = i.line_number
order by i.line_number
