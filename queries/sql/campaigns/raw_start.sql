-- purpose: since when raw events of listeners are kept
-- params: none
-- returns: raw_start timestamptz
-- grain: one row
-- source: raw_retention_start()
-- relies on: nothing
select raw_retention_start() as raw_start
