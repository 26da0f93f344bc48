-- purpose: the database's clock
-- params: none
-- returns: now timestamptz
-- grain: one row
-- source: none
-- relies on: nothing
select clock_timestamp() as now
