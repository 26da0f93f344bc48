-- Purpose: ad units come from files.

alter table etl_imports
    drop constraint etl_imports_import_type_check,
    add constraint etl_imports_import_type_check check (import_type in (
        'feed', 'listener_events', 'attribution_events', 'access_log', 'bookings', 'conversions', 'transcripts',
        'retention_curves', 'ad_units')) not valid;
comment on column etl_imports.import_type is
    'feed: a podcast''s RSS; listener_events, attribution_events: files of events; access_log: requests of a media host; bookings; '
    'conversions: by promo code; transcripts; retention_curves: as platforms aggregate them; ad_units: where ads stand in episodes.';
