-- purpose: the moment that the import measures times against
-- params: none
-- returns: now timestamptz, oldest_listener_event timestamptz, oldest_attribution_event timestamptz
-- grain: one row
-- source: none
-- relies on: nothing
-- What is taken is counted: three hours before the edge of raw events moves, the day that is about to go is refused already,
-- as no refresh might come in time for it.
select now() as now,
       raw_retention_start()
           + case when (now() + interval '3 hours') at time zone 'UTC' >= date_trunc('day', now() at time zone 'UTC') + interval '1 day'
                  then interval '1 day' else interval '0' end as oldest_listener_event,
       now() - interval '5 years' + interval '1 day' as oldest_attribution_event
