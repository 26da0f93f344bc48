-- purpose: survey answers and promo codes of nobody, without an order: they widen the bounds and are no conversions
-- params: campaign_id, days, time_zone, sources, conversion_type
-- returns: day date, hints bigint
-- grain: tenant day
-- source: attribution_events
-- relies on: attribution_events_campaign
select d.day, count(*) as hints
from unnest(cast(:days as date[])) as d (day)
join attribution_events e
    on e.tenant_id = (select app_tenant())
    and e.campaign_id = cast(:campaign_id as uuid)
    and e.attribution_type = cast(:conversion_type as text)
    and e.occurred_at >= day_start(d.day, cast(:time_zone as text))
    and e.occurred_at < day_start(d.day + 1, cast(:time_zone as text))
where e.listener_id is null
    and nullif(e.attribution_data ->> 'order_id', '') is null
    and coalesce(e.attribution_data ->> 'source', '') = any (cast(:sources as text[]))
group by d.day
order by d.day
