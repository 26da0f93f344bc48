-- purpose: the listener events of these ids that stand, at whatever time
-- params: ids
-- returns: id uuid, occurred_at timestamptz, episode_id uuid, listener_id text, type text, data jsonb
-- grain: one row per event
-- source: listener_events
-- relies on: primary key of listener_events
-- Ids come in order: neighbours in the index are found together.
-- TRICKY: the inner select keeps the list from the planner, which weighed each of its thousands of ids for every partition: that
-- took twice as long as looking them up.
select e.id, e.occurred_at, e.episode_id, e.listener_id, e.event_type as type, e.event_data as data
from listener_events e
where e.tenant_id = (select app_tenant()) and e.id = any (cast((select cast(:ids as uuid[])) as uuid[]))
