-- purpose: one page of the requests at pixels or vanity URLs that an hour did not take, after a given one
-- params: import_id, after_at, after_id, limit
-- returns: id uuid, occurred_at timestamptz, reason text, campaign_id uuid, order_id text
-- grain: one row per request
-- source: excluded_visits
-- relies on: excluded_visits_import
select x.id, x.occurred_at, x.reason, x.campaign_id, x.order_id
from excluded_visits x
where x.tenant_id = (select app_tenant())
    and x.import_id = cast(:import_id as uuid)
    and (x.occurred_at, x.id) > (cast(:after_at as timestamptz), cast(:after_id as uuid))
order by x.occurred_at, x.id
limit :limit
