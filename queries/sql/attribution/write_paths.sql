-- purpose: stores conversions with the impressions and visits of the 60 days before each; rows that did not change stay
-- params: campaign_id, conversions
-- returns: rows written
-- grain: conversion
-- source: attribution_events, episodes
-- relies on: attribution_events_listener; a day here is 24 hours, whatever the clocks do
insert into attribution_paths as p
    (tenant_id, campaign_id, listener_id, touchpoints, conversion_event_id, converted_at, last_event_at, conversion_type,
     conversion_source, value_micros, currency, merged_events, merged_sources)
select (select app_tenant()), cast(:campaign_id as uuid), c.listener_id, coalesce(t.touchpoints, '[]'), c.event_id, c.converted_at,
       c.last_event_at, c.conversion_type, c.source, c.value_micros, c.currency, c.merged_events,
       array(select jsonb_array_elements_text(c.sources))
from jsonb_to_recordset(cast(:conversions as jsonb)) as c (
    event_id uuid, converted_at timestamptz, last_event_at timestamptz, conversion_type text, listener_id text, source text,
    value_micros numeric, currency text, merged_events integer, sources jsonb)
left join lateral (
    select jsonb_agg(jsonb_build_object(
               'event_id', e.id, 'at', e.occurred_at, 'type', e.attribution_type, 'episode_id', e.episode_id,
               'podcast_id', ep.podcast_id, 'ad_unit_id', e.attribution_data ->> 'ad_unit_id'
           ) order by e.occurred_at, e.id) as touchpoints
    from attribution_events e
    left join episodes ep on ep.tenant_id = e.tenant_id and ep.id = e.episode_id
    where e.tenant_id = (select app_tenant())
        and e.campaign_id = cast(:campaign_id as uuid)
        and e.listener_id = c.listener_id
        and e.attribution_type in ('impression', 'visit')
        and e.occurred_at >= c.converted_at - interval '1440 hours'
        and e.occurred_at <= c.converted_at
) t on true
on conflict (tenant_id, campaign_id, conversion_event_id) do update
set listener_id = excluded.listener_id, touchpoints = excluded.touchpoints, converted_at = excluded.converted_at,
    last_event_at = excluded.last_event_at, conversion_type = excluded.conversion_type,
    conversion_source = excluded.conversion_source, value_micros = excluded.value_micros, currency = excluded.currency,
    merged_events = excluded.merged_events, merged_sources = excluded.merged_sources
where (p.listener_id, p.touchpoints, p.converted_at, p.last_event_at, p.conversion_type, p.conversion_source, p.value_micros,
       p.currency, p.merged_events, p.merged_sources)
    is distinct from
      (excluded.listener_id, excluded.touchpoints, excluded.converted_at, excluded.last_event_at, excluded.conversion_type,
       excluded.conversion_source, excluded.value_micros, excluded.currency, excluded.merged_events, excluded.merged_sources)
