-- purpose: conversions of one campaign in a period, with and without a touch in the window, by source and overlap
-- params: campaign_id, period_start, period_end, window_days
-- returns: conversions, attributed, unattributed, overlap, anonymous numeric
-- grain: one row
-- source: attribution_analytics
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
select coalesce(sum((a.metrics ->> 'conversions')::bigint), 0) as conversions,
       coalesce(sum((a.metrics -> 'windows' -> cast(:window_days as text) ->> 'attributed')::bigint), 0) as attributed,
       coalesce(sum((a.metrics -> 'windows' -> cast(:window_days as text) ->> 'unattributed')::bigint), 0) as unattributed,
       coalesce(sum((a.metrics ->> 'overlap')::bigint), 0) as overlap,
       coalesce(sum((a.metrics ->> 'anonymous')::bigint), 0) as anonymous
from attribution_analytics a
where a.tenant_id = (select app_tenant())
    and a.campaign_id = cast(:campaign_id as uuid)
    and a.analysis_date >= cast(:period_start as date)
    and a.analysis_date < cast(:period_end as date)
