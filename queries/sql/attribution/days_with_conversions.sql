-- purpose: tenant days of a campaign that have, had or may have something to say about conversions
-- params: campaign_id, since, time_zone, event_ids
-- returns: day date
-- grain: tenant day
-- source: attribution_paths, attribution_analytics, attribution_events
-- relies on: attribution_paths_time, attribution_events_campaign
select (p.converted_at at time zone cast(:time_zone as text))::date as day
from attribution_paths p
where p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and (p.converted_at >= cast(:since as timestamptz) or p.conversion_event_id = any (cast(:event_ids as uuid[])))
union
select a.analysis_date
from attribution_analytics a
where a.tenant_id = (select app_tenant())
    and a.campaign_id = cast(:campaign_id as uuid)
    and a.analysis_date >= (cast(:since as timestamptz) at time zone cast(:time_zone as text))::date
union
select (e.occurred_at at time zone cast(:time_zone as text))::date
from attribution_events e
where e.tenant_id = (select app_tenant())
    and e.campaign_id = cast(:campaign_id as uuid)
    and e.attribution_type in ('lead', 'purchase')
    and e.occurred_at >= cast(:since as timestamptz)
order by day
