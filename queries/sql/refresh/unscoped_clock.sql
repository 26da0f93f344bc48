-- purpose: the moment a pass begins, on the database's clock
-- params: none
-- returns: started_at timestamptz
-- grain: one row
-- source: the clock
-- relies on: nothing
select clock_timestamp() as started_at
