-- purpose: forgets lines of access_logs that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: access_logs
-- relies on: access_logs_tenant
delete from access_logs
where occurred_at < raw_retention_start()
