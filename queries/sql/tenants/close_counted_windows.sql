-- purpose: a window of counting with a download holds the 24 hours after it from now on, and its requests are ruled on no more
-- params: none
-- returns: nothing
-- grain: one row per window with a download
-- source: counting_windows
-- relies on: primary key of counting_windows
-- For a tenant whose window is another one from now on. A request that comes late would else go through those before it by the new
-- window: what was counted by the old one might be a repeat then, and what was refused a download.
update counting_windows w
set opened_at = d.at, closes_at = d.at + interval '24 hours', requests = '[]', pieces = '{}', unplaced_bytes = 0, told_bytes = null,
    waiting_ids = '{}', waiting_at = '{}', download_id = null, download_at = null
from counting_windows c
cross join lateral (
    select coalesce(
        (select min(cast(r ->> 'at' as timestamptz)) from jsonb_array_elements(c.requests) as r where not r ? 'reason'),
        c.download_at, c.opened_at) as at
) d
where w.tenant_id = (select app_tenant()) and c.tenant_id = (select app_tenant()) and c.is_counted
    and w.listener_id = c.listener_id and w.episode_id = c.episode_id and w.opened_at = c.opened_at
