-- purpose: brings metrics_daily up to date with the days that changed
-- params: none
-- returns: rows_written bigint
-- grain: one row
-- source: listener_metrics, attribution_events
-- relies on: dirty_metric_days_claim, listener_metrics_date, attribution_events_tenant_time
select refresh_metrics_daily() as rows_written
