-- purpose: stored conversions of a campaign on some tenant days, with their touches
-- params: campaign_id, days, time_zone
-- returns: day date, converted_at timestamptz, conversion_type text, value_micros numeric, currency text, sources text[], touchpoints jsonb
-- grain: conversion
-- source: attribution_paths
-- relies on: attribution_paths_time
select d.day, p.converted_at, p.conversion_type, p.value_micros, p.currency, p.merged_sources as sources, p.touchpoints
from unnest(cast(:days as date[])) as d (day)
join attribution_paths p
    on p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and p.converted_at >= day_start(d.day, cast(:time_zone as text))
    and p.converted_at < day_start(d.day + 1, cast(:time_zone as text))
order by p.converted_at, p.conversion_event_id
