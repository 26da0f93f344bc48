-- purpose: room for the events of the last 25 and the coming 3 months
-- params: none
-- returns: made integer
-- grain: one row
-- source: the catalogue
-- relies on: nothing
select ensure_event_storage(now() - interval '25 months', now() + interval '3 months') as made
