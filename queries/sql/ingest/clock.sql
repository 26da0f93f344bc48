-- purpose: the moment that the import measures times against
-- params: none
-- returns: now timestamptz, oldest_listener_event timestamptz, oldest_attribution_event timestamptz
-- grain: one row
-- source: none
-- relies on: nothing
select now() as now, raw_retention_start() as oldest_listener_event,
       now() - interval '10 years' + interval '1 day' as oldest_attribution_event
