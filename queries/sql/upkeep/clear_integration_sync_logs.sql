-- purpose: forgets lines of integration_sync_logs that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: integration_sync_logs
-- relies on: integration_sync_logs_came
delete from integration_sync_logs
where started_at < raw_retention_start()
