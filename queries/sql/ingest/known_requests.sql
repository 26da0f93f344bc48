-- purpose: which of these requests stand already, counted or refused
-- params: ids, times, earliest, latest
-- returns: id uuid
-- grain: one row per request that stands
-- source: listener_events, excluded_requests
-- relies on: primary keys of both
-- TRICKY: "offset 0" keeps the look-ups index scans per row; the equal time is a range, as in standing_listener_events_at.
with asked as materialized (
    select a.id, a.occurred_at from unnest(cast(:ids as uuid[]), cast(:times as timestamptz[])) as a (id, occurred_at)
)
select a.id
from asked a
cross join lateral (
    select from excluded_requests x
    where x.tenant_id = (select app_tenant()) and x.occurred_at >= a.occurred_at and x.occurred_at <= a.occurred_at and x.id = a.id
        and x.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
    offset 0
) known
union all
select a.id
from asked a
cross join lateral (
    select from listener_events l
    where l.tenant_id = (select app_tenant()) and l.id = a.id
        and l.occurred_at >= a.occurred_at and l.occurred_at <= a.occurred_at
        and l.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
    offset 0
) known
