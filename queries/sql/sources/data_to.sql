-- purpose: the tenant's last download or impression, whatever the reader sees of them
-- params: none
-- returns: data_to timestamptz (null where there is none)
-- grain: one row
-- source: listener_events, attribution_events through tenant_data_to()
-- relies on: listener_events_tenant_time, campaign_days_day, attribution_events_tenant_time
select tenant_data_to() as data_to
