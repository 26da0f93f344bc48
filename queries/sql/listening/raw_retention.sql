-- purpose: the oldest moment of which raw listener events are kept
-- params: none
-- returns: starts_at timestamptz
-- grain: one row
-- source: raw_retention_start()
-- relies on: nothing
select raw_retention_start() as starts_at
