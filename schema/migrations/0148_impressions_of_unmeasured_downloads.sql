-- Purpose: which impressions are of downloads whose bytes nobody knows, told to whoever may see the campaign.

-- In the scope of campaigns, as campaign_impressions is. The moment is that of both: whoever asks for a time narrows it twice, and neither
-- side is read as a whole.
create view unmeasured_impressions with (security_barrier) as
    select i.tenant_id, i.campaign_id, i.episode_id, i.id as impression_id, i.occurred_at, d.occurred_at as downloaded_at,
           coalesce(nullif(d.event_data ->> 'source', ''), 'unknown') as source
    from attribution_events i
    join listener_events d on d.tenant_id = i.tenant_id and d.listener_id = i.listener_id and d.episode_id = i.episode_id
        and d.occurred_at = i.occurred_at and d.event_type = 'download' and d.event_data ? 'unmeasured'
    where i.tenant_id = (select app_tenant()) and i.attribution_type = 'impression'
        and ((select app_sees_all_campaigns()) or i.campaign_id in (select app_campaigns()));
comment on view unmeasured_impressions is
    'Impressions of the campaigns in scope in downloads that counted although nobody knows how many bytes were sent, with the source of these '
    'downloads; as long as raw events are kept.';
grant select on unmeasured_impressions to podboard_web, podboard_worker;
