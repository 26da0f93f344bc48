-- purpose: drops the raw listener events that lie behind the retention edge as a whole
-- params: none
-- returns: dropped integer (partitions or chunks)
-- grain: one row
-- source: listener_events
-- relies on: the owner role
select internal.drop_expired_events() as dropped
