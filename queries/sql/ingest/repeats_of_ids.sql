-- purpose: the downloads of these ids that did not count as repeats, between two moments
-- params: ids, earliest, latest
-- returns: id uuid, occurred_at timestamptz, episode_id uuid
-- grain: one row per download that did not count
-- source: excluded_requests
-- relies on: excluded_requests_repeats
-- TRICKY: the inner select keeps the list from the planner, as in standing_listener_events.
select x.id, x.occurred_at, x.episode_id
from excluded_requests x
where x.tenant_id = (select app_tenant()) and x.reason = 'repeat' and x.id = any (cast((select cast(:ids as uuid[])) as uuid[]))
    and x.occurred_at >= cast(:earliest as timestamptz) and x.occurred_at <= cast(:latest as timestamptz)
