-- purpose: which of these downloads were found to be repeats when they came before
-- params: ids, times, earliest, latest
-- returns: id uuid
-- grain: one row per download that was refused
-- source: excluded_requests
-- relies on: primary key of excluded_requests
-- TRICKY: "offset 0" keeps the look-up an index scan per row; the equal time is a range, as in standing_listener_events_at.
select a.id
from unnest(cast(:ids as uuid[]), cast(:times as timestamptz[])) as a (id, occurred_at)
cross join lateral (
    select from excluded_requests x
    where x.tenant_id = (select app_tenant()) and x.occurred_at >= a.occurred_at and x.occurred_at <= a.occurred_at and x.id = a.id
        and x.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
    offset 0
) refused
