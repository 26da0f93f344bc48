-- purpose: stores the results of a campaign's tenant days; rows that did not change stay
-- params: campaign_id, results
-- returns: rows written
-- grain: tenant day
-- source: computed from attribution_paths
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
insert into attribution_analytics as a (tenant_id, campaign_id, analysis_date, metrics)
select (select app_tenant()), cast(:campaign_id as uuid), r.day, r.metrics
from jsonb_to_recordset(cast(:results as jsonb)) as r (day date, metrics jsonb)
on conflict (tenant_id, campaign_id, analysis_date) do update set metrics = excluded.metrics
where a.metrics is distinct from excluded.metrics
