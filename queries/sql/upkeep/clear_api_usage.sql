-- purpose: forgets lines of api_usage that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: api_usage
-- relies on: api_usage_time
delete from api_usage
where occurred_at < raw_retention_start()
