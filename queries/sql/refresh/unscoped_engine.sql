-- purpose: how time series are kept here
-- params: none
-- returns: engine text (plain or timescale)
-- grain: one row
-- source: database_engine
-- relies on: written once by the first migration
select engine from database_engine
