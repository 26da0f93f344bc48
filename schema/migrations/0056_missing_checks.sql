-- Purpose: checks and comments that columns lacked. Not valid at first: they hold for what is written from now on.

alter table attribution_paths
    add constraint attribution_paths_source
        check (conversion_source in ('', 'pixel', 'promo_code', 'vanity_url', 'survey')) not valid,
    add constraint attribution_paths_merged_sources
        check (merged_sources <@ array['', 'pixel', 'promo_code', 'vanity_url', 'survey']::text[]
               and array_position(merged_sources, null) is null) not valid;

-- Addresses that pages show as links: of the web, and nothing that runs.
alter table white_label_settings
    add constraint white_label_settings_logo_url check (logo_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid;
alter table podcasts
    add constraint podcasts_rss_feed_url check (rss_feed_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid,
    add constraint podcasts_website_url check (website_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid,
    add constraint podcasts_cover_image_url check (cover_image_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid;
alter table episodes
    add constraint episodes_audio_url check (audio_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid;
alter table sponsors
    add constraint sponsors_website_url check (website_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid,
    add constraint sponsors_logo_url check (logo_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid;
alter table io_bookings
    add constraint io_bookings_vanity_url check (vanity_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$') not valid;

-- The campaign's key names its sponsor already; the booking says by itself whose it is.
alter table io_bookings add constraint io_bookings_sponsor_of_tenant
    foreign key (tenant_id, sponsor_id) references sponsors (tenant_id, id) on delete restrict not valid;

comment on column campaigns.currency is 'ISO 4217, of budget_micros.';
comment on column io_bookings.currency is 'ISO 4217, of rate_micros. Two currencies are never added.';
comment on column attribution_paths.currency is 'ISO 4217, of value_micros; null where no value was told.';
comment on column attribution_paths.merged_sources is 'Sources that reported this conversion, as in conversion_source.';
comment on column podcasts.website_url is 'http or https, as in the feed.';
comment on column io_bookings.vanity_url is 'http or https: the address that is read out in the ad.';
