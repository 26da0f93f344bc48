-- purpose: forgets lines of share_link_views that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: share_link_views
-- relies on: share_link_views_came
delete from share_link_views
where viewed_at < raw_retention_start()
