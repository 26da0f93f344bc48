-- Purpose: reach by app, country and device: an impression is of the download in which its ad was delivered, and that tells them.

-- In the scope of campaigns, and not of podcasts: how its own ads reached people is the sponsor's to know, other downloads are not.
-- An impression has the episode, listener and moment of its download; one that a host told by itself may have none.
create view campaign_impressions with (security_barrier) as
    select i.tenant_id, i.campaign_id, i.episode_id, i.listener_id, i.id as impression_id, i.occurred_at,
           coalesce(nullif(d.event_data ->> 'app', ''), 'unknown') as app,
           coalesce(nullif(d.event_data ->> 'country', ''), 'unknown') as country,
           coalesce(nullif(d.event_data ->> 'device', ''), 'unknown') as device_type
    from attribution_events i
    left join listener_events d on d.tenant_id = i.tenant_id and d.listener_id = i.listener_id and d.episode_id = i.episode_id
        and d.occurred_at = i.occurred_at and d.event_type = 'download'
    where i.tenant_id = (select app_tenant()) and i.attribution_type = 'impression'
        and ((select app_sees_all_campaigns()) or i.campaign_id in (select app_campaigns()));
comment on view campaign_impressions is
    'Impressions of the campaigns in scope, with app, country and device type of their downloads; unknown where there is none, as of what is '
    'older than raw events are kept.';
grant select on campaign_impressions to podboard_web, podboard_worker;
