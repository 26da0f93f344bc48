-- purpose: brings metrics_daily up to date with the days noted as changed, of every tenant
-- params: none
-- returns: rows_written bigint
-- grain: one row
-- source: internal.dirty_metric_days, listener_metrics, attribution_events
-- relies on: listener_metrics_date, attribution_events_tenant_time
select refresh_metrics_daily() as rows_written
