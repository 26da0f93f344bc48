-- purpose: when the attribution events of these ids happened, of those that stand
-- params: ids
-- returns: id uuid, occurred_at timestamptz
-- grain: one row per event
-- source: attribution_events
-- relies on: primary key of attribution_events
select e.id, e.occurred_at
from attribution_events e
where e.tenant_id = (select app_tenant()) and e.id = any (cast(:ids as uuid[]))
