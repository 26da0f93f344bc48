-- purpose: which of these listener events stand at these times
-- params: ids, times, earliest, latest
-- returns: id uuid
-- grain: one row per event that stands
-- source: listener_events
-- relies on: primary key of listener_events
-- TRICKY: "offset 0" keeps the look-up an index scan per row; joined freely, every partition was read for each batch.
-- The equal time is written as a range: as an equality it drew the planner to the index on time alone, and a file with one time for all
-- its rows would have been read again for each of them.
select a.id
from unnest(cast(:ids as uuid[]), cast(:times as timestamptz[])) as a (id, occurred_at)
cross join lateral (
    select from listener_events e
    where e.tenant_id = (select app_tenant()) and e.id = a.id
        and e.occurred_at >= a.occurred_at and e.occurred_at <= a.occurred_at
        and e.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
    offset 0
) standing
