-- purpose: reports of leads and purchases of a campaign from a moment on
-- params: campaign_id, since
-- returns: event_id uuid, at timestamptz, conversion_type text, listener_id text, source text, order_id text, value_micros numeric, currency text
-- grain: event
-- source: attribution_events
-- relies on: attribution_events_campaign
select e.id as event_id, e.occurred_at as at, e.attribution_type as conversion_type, e.listener_id,
       coalesce(substring(e.attribution_data ->> 'source' from '^(pixel|promo_code|vanity_url|survey)$'), '') as source,
       nullif(e.attribution_data ->> 'order_id', '') as order_id,
       round((e.attribution_data ->> 'value_micros')::numeric) as value_micros,
       substring(e.attribution_data ->> 'currency' from '^[A-Z]{3}$') as currency
from attribution_events e
where e.tenant_id = (select app_tenant())
    and e.campaign_id = cast(:campaign_id as uuid)
    and e.attribution_type in ('lead', 'purchase')
    and e.occurred_at >= cast(:since as timestamptz)
order by e.occurred_at, e.id
