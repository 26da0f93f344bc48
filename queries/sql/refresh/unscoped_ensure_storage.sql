-- purpose: makes room for the events of this month and the next three
-- params: none
-- returns: made integer (partitions made; 0 where chunks are made on demand)
-- grain: one row
-- source: the catalogue
-- relies on: nothing
select ensure_event_storage(now(), now() + interval '3 months') as made
