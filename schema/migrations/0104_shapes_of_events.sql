-- Purpose: the same as in 0100 for events, on both engines; no row is read.

-- Events come by the thousand in a second: a look at each key that is filtered by, and no more.
alter table listener_events
    add constraint listener_events_data_told check (
        (event_type <> 'ad_play' or event_data ? 'ad_unit_id')
        and coalesce(jsonb_typeof(event_data -> 'app'), 'string') = 'string'
        and coalesce(jsonb_typeof(event_data -> 'device'), 'string') = 'string'
        and coalesce(jsonb_typeof(event_data -> 'country'), 'string') = 'string') not valid;
comment on column listener_events.event_data is
    'app, device and country: texts; os, region, source; for progress from_s and to_s; for ad_play ad_unit_id, always, and quartile. '
    'Open: a source may tell more, and nothing else is reckoned with.';
comment on column attribution_events.attribution_data is
    'source (pixel, promo_code, vanity_url, survey), order_id, value_micros, currency, ad_unit_id; of an impression that was made of a '
    'download evidence (bytes: all bytes of the ad were sent; download: nobody knows which were, it counts with the download; made '
    'before there was evidence: none). Open: a source may tell more, and nothing else is reckoned with.';

alter table listener_metrics add constraint listener_metrics_data check (metric_data = '{}') not valid;
