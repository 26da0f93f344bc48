-- purpose: makes room for events between two moments
-- params: earliest, latest
-- returns: made integer, partitions
-- grain: one row
-- source: none
-- relies on: nothing
select ensure_event_storage(cast(:earliest as timestamptz), cast(:latest as timestamptz)) as made
