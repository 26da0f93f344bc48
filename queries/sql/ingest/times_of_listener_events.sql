-- purpose: when the listener events of these ids happened, of those that stand
-- params: ids
-- returns: id uuid, occurred_at timestamptz
-- grain: one row per event
-- source: listener_events
-- relies on: primary key of listener_events
select e.id, e.occurred_at
from listener_events e
where e.tenant_id = (select app_tenant()) and e.id = any (cast(:ids as uuid[]))
