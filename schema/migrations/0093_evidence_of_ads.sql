-- Purpose: an ad counts when its bytes were sent: a download remembers what was, as long as ads in it are not delivered.

-- Constants of nothing: no row is read or rewritten.
alter table counting_windows
    add column download_id uuid,
    add column download_at timestamptz,
    add constraint counting_windows_download check (
        (download_id is null) = (download_at is null) and (download_id is null or is_counted)) not valid;
comment on table counting_windows is
    'What a listener got of an episode in a window that a later request may still change: calendar days without a download yet or '
    'with an ad whose bytes were not all sent yet, rolling windows. Survives the end of a file. Kept until a month after the window '
    'closed and was last written.';
comment on column counting_windows.download_id is
    'Its download in listener_events, the ads in which count once pieces hold all their bytes; null where there is none yet, and where '
    'the ads counted with the download.';
comment on column counting_windows.download_at is 'When that download occurred; impressions of its ads occur with it.';

-- No row has it yet, so those of before are right as they are.
create or replace function internal.is_attribution_data(d jsonb) returns boolean
    language sql immutable parallel safe
    as $$
    select case when d ? 'ad_unit_id'
            then coalesce(d ->> 'ad_unit_id', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' else true end
        and case when d ? 'value_micros'
            then jsonb_typeof(d -> 'value_micros') = 'number' and (d -> 'value_micros')::numeric >= 0 and d ? 'currency' else true end
        and case when d ? 'currency' then coalesce(d ->> 'currency', '') ~ '^[A-Z]{3}$' else true end
        and case when d ? 'source' then jsonb_typeof(d -> 'source') = 'string' else true end
        and case when d ? 'order_id' then jsonb_typeof(d -> 'order_id') = 'string' else true end
        and case when d ? 'evidence' then coalesce(d ->> 'evidence', '') in ('bytes', 'download') else true end
    $$;
comment on function internal.is_attribution_data(jsonb) is
    'Whether ad_unit_id, value_micros (0 or more, with a currency), currency, source, order_id and evidence, where they are there, are '
    'what they are read as.';
comment on column attribution_events.attribution_data is
    'source (pixel, promo_code, vanity_url, survey), order_id, value_micros, currency, ad_unit_id; of an impression that was made of a '
    'download evidence (bytes: all bytes of the ad were sent; download: nobody knows which were, it counts with the download; made '
    'before there was evidence: none).';
