-- no-transaction
-- Purpose: rows of before are looked through for the checks of 0056 while others go on; an index for what is asked by status,
-- and one for what a person may read because it is their own.

-- What does not fit was written past the forms and imports. It stays, and so does the rule for all others.
do $$
declare
    rule record;
begin
    for rule in
        select c.conrelid::regclass as target, c.conname
        from pg_constraint c
        where c.contype = 'c' and not c.convalidated and c.conparentid = 0
            and c.conname in ('attribution_paths_source', 'attribution_paths_merged_sources', 'white_label_settings_logo_url',
                              'podcasts_rss_feed_url', 'podcasts_website_url', 'podcasts_cover_image_url', 'episodes_audio_url',
                              'sponsors_website_url', 'sponsors_logo_url', 'io_bookings_vanity_url',
                              'integrations_configuration_known', 'integrations_configuration_typed',
                              'partner_integrations_configuration_known', 'partner_integrations_configuration_typed',
                              'access_control_policies_ids_are_ids', 'excluded_requests_rule_version_check')
        order by 1, 2
    loop
        begin
            execute format('alter table %s validate constraint %I', rule.target, rule.conname);
        exception when check_violation then
            raise warning 'podboard: % holds rows that % refuses: they were kept', rule.target, rule.conname;
        end;
    end loop;
end
$$;
alter table io_bookings validate constraint io_bookings_sponsor_of_tenant;
create index concurrently if not exists report_deliveries_status on report_deliveries (tenant_id, status);
create index concurrently if not exists experiment_events_user on experiment_events (tenant_id, user_id);
