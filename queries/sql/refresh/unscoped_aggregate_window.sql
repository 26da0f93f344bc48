-- purpose: from when to when continuous aggregates are refreshed: never behind the raw events, else their history would go
-- params: none
-- returns: started_at timestamptz, period_from timestamptz, period_to timestamptz (the end of the running day)
-- grain: one row
-- source: the clock
-- relies on: nothing
-- The edge moves at midnight, perhaps while this runs, and what was dropped must not be counted anew: in the hour before,
-- the day that is about to go is left as it is.
select clock_timestamp() as started_at,
       raw_retention_start()
           + case when (now() + interval '1 hour') at time zone 'UTC' >= date_trunc('day', now() at time zone 'UTC') + interval '1 day'
                  then interval '1 day' else interval '0' end as period_from,
       date_trunc('day', now(), 'UTC') + interval '1 day' as period_to
