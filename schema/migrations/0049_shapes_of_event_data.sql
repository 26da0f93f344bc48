-- Purpose: what is reckoned with out of the documents of events has its shape in the database, not in the import alone: one bad
-- row would have stopped every refresh after it.

-- Both look into the document once for each key that is there; what they say of a document never changes.
create function internal.is_event_data(d jsonb) returns boolean
    language sql immutable parallel safe
    as $$
    select case when d ? 'from_s' then jsonb_typeof(d -> 'from_s') = 'number' and (d -> 'from_s')::numeric >= 0 else true end
        and case when d ? 'to_s' then jsonb_typeof(d -> 'to_s') = 'number' and (d -> 'to_s')::numeric >= 0 else true end
        and case when d ? 'from_s' and d ? 'to_s' then (d -> 'to_s')::numeric >= (d -> 'from_s')::numeric else true end
        and case when d ? 'quartile' then d -> 'quartile' in ('0', '1', '2', '3', '4') else true end
        and case when d ? 'ad_unit_id'
            then coalesce(d ->> 'ad_unit_id', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' else true end
    $$;
comment on function internal.is_event_data(jsonb) is
    'Whether from_s, to_s (0 or more, not backwards), quartile (0 to 4) and ad_unit_id, where they are there, are what they are read as.';

create function internal.is_attribution_data(d jsonb) returns boolean
    language sql immutable parallel safe
    as $$
    select case when d ? 'ad_unit_id'
            then coalesce(d ->> 'ad_unit_id', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' else true end
        and case when d ? 'value_micros'
            then jsonb_typeof(d -> 'value_micros') = 'number' and (d -> 'value_micros')::numeric >= 0 and d ? 'currency' else true end
        and case when d ? 'currency' then coalesce(d ->> 'currency', '') ~ '^[A-Z]{3}$' else true end
        and case when d ? 'source' then jsonb_typeof(d -> 'source') = 'string' else true end
        and case when d ? 'order_id' then jsonb_typeof(d -> 'order_id') = 'string' else true end
    $$;
comment on function internal.is_attribution_data(jsonb) is
    'Whether ad_unit_id, value_micros (0 or more, with a currency), currency, source and order_id, where they are there, are what '
    'they are read as.';

alter table listener_events add constraint listener_events_data_shape check (internal.is_event_data(event_data)) not valid;
alter table attribution_events
    add constraint attribution_events_data_shape check (internal.is_attribution_data(attribution_data)) not valid;
alter table listener_metrics add constraint listener_metrics_value check (metric_value >= 0) not valid;
