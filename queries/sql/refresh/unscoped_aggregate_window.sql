-- purpose: from when to when continuous aggregates are refreshed: never behind the raw events, else their history would go
-- params: none
-- returns: started_at timestamptz, period_from timestamptz, period_to timestamptz (the end of the running day)
-- grain: one row
-- source: the clock
-- relies on: nothing
select clock_timestamp() as started_at, raw_retention_start() as period_from,
       date_trunc('day', now(), 'UTC') + interval '1 day' as period_to
