-- purpose: from the first whole UTC day inside the raw retention to the end of the present one
-- params: none
-- returns: window_start timestamptz, window_end timestamptz
-- grain: one row
-- source: raw_retention_start()
-- relies on: nothing
select raw_retention_start() as window_start, date_trunc('day', now(), 'UTC') + interval '1 day' as window_end
