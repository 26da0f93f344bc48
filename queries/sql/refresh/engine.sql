-- purpose: whether the aggregates are TimescaleDB's
-- params: none
-- returns: is_timescale boolean
-- grain: one row
-- source: the catalogue
-- relies on: nothing
select exists (select from pg_extension where extname = 'timescaledb') as is_timescale
