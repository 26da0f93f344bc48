-- purpose: drops raw listener events behind the two-year edge, whole months or chunks at a time
-- params: none
-- returns: dropped integer
-- grain: one row
-- source: listener_events
-- relies on: partition bounds
select internal.drop_expired_events() as dropped
