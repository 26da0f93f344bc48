-- purpose: forgets lines of security_events that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: security_events
-- relies on: security_events_recent
delete from security_events
where occurred_at < raw_retention_start()
