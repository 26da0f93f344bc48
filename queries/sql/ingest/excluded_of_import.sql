-- purpose: one page of the requests that a log's import did not count, after a given one
-- params: import_id, after_at, after_id, limit
-- returns: id uuid, occurred_at timestamptz, reason text, episode_id uuid
-- grain: one row per request
-- source: excluded_requests
-- relies on: excluded_requests_import
select x.id, x.occurred_at, x.reason, x.episode_id
from excluded_requests x
where x.tenant_id = (select app_tenant())
    and x.import_id = cast(:import_id as uuid)
    and (x.occurred_at, x.id) > (cast(:after_at as timestamptz), cast(:after_id as uuid))
order by x.occurred_at, x.id
limit :limit
