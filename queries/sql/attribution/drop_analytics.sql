-- purpose: drops the results of a campaign's tenant days that have none any more
-- params: campaign_id, days, since, time_zone, kept_days
-- returns: rows dropped
-- grain: tenant day
-- source: attribution_analytics
-- relies on: attribution_analytics_tenant_id_campaign_id_analysis_date_key
delete from attribution_analytics a
where a.tenant_id = (select app_tenant())
    and a.campaign_id = cast(:campaign_id as uuid)
    and (a.analysis_date = any (cast(:days as date[])) or a.analysis_date >= (cast(:since as timestamptz) at time zone cast(:time_zone as text))::date)
    and a.analysis_date <> all (cast(:kept_days as date[]))
