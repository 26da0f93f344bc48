-- purpose: stored conversions that began before a moment and were reported again after it, with what links them
-- params: campaign_id, since
-- returns: event_id uuid, listener_id text, order_id text
-- grain: conversion
-- source: attribution_paths, attribution_events
-- relies on: attribution_paths_stretched
select p.conversion_event_id as event_id, p.listener_id, nullif(e.attribution_data ->> 'order_id', '') as order_id
from attribution_paths p
join attribution_events e
    on e.tenant_id = p.tenant_id and e.id = p.conversion_event_id and e.occurred_at = p.converted_at
where p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and p.converted_at < cast(:since as timestamptz)
    and p.last_event_at >= cast(:since as timestamptz)
    and p.merged_events > 1
order by p.conversion_event_id
