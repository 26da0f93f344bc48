-- purpose: adds retention curves that are new and says what became of each
-- params: import_id, curves
-- returns: line_number bigint, outcome text (imported, duplicate, different)
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
    select i.line_number, (c.positions, c.amounts) = (i.positions, i.amounts) as is_same
    from incoming i
    join retention_curves c on c.tenant_id = (select app_tenant()) and c.episode_id = i.episode_id and c.platform = i.platform
        and c.as_of = i.as_of and c.measure = i.measure and c.position_unit = i.position_unit
),
added as (
    insert into retention_curves
        (tenant_id, episode_id, platform, as_of, measure, position_unit, positions, amounts, import_id)
    select (select app_tenant()), i.episode_id, i.platform, i.as_of, i.measure, i.position_unit, i.positions, i.amounts,
           cast(:import_id as uuid)
    from incoming i
    where not exists (select from known k where k.line_number = i.line_number)
)
select i.line_number, case when k.line_number is null then 'imported' when k.is_same then 'duplicate' else 'different' end as outcome
from incoming i
left join known k on k.line_number = i.line_number
order by i.line_number
