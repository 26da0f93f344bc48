-- purpose: forgets requests at pixels and vanity URLs that did not count and are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per request
-- source: excluded_visits
-- relies on: excluded_visits_came
delete from excluded_visits
where occurred_at < raw_retention_start()
