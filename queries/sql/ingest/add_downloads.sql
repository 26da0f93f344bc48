-- purpose: adds the downloads among requests, and one impression for each ad unit of the episode whose campaign is in flight on
--     the tenant day of the download; which bytes of the file were sent is not asked
-- params: downloads
-- returns: downloads bigint, impressions bigint
-- grain: one row
-- source: listener_events, attribution_events, ad_units, campaigns
-- relies on: primary key of listener_events, ad_units_episode, primary key of attribution_events
-- The id of an impression is a name-based UUID (version 8 over SHA-256) of download and ad unit: made again it is the same.
with added as (
    insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
    select d.id, (select app_tenant()), d.episode_id, d.listener_id, 'download', d.event_data, d.occurred_at
    from jsonb_to_recordset(cast(:downloads as jsonb)) as d (
        id uuid, episode_id uuid, listener_id text, event_data jsonb, occurred_at timestamptz)
    returning id, episode_id, listener_id, occurred_at
),
impressions as (
    insert into attribution_events
        (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
    select cast(overlay(overlay(
               left(encode(sha256(convert_to('impression ' || d.id || ' ' || a.id, 'UTF8')), 'hex'), 32)
               placing '8' from 13 for 1) placing '8' from 17 for 1) as uuid),
           a.tenant_id, a.campaign_id, a.episode_id, d.listener_id, 'impression',
           jsonb_build_object('ad_unit_id', a.id), d.occurred_at
    from added d
    join ad_units a on a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id and a.deleted_at is null
    join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id and c.deleted_at is null
    where c.stage in ('booked', 'live', 'paused', 'completed')
        and cast(d.occurred_at at time zone (select tenant_time_zone()) as date) between c.start_date and c.end_date
    on conflict (tenant_id, id, occurred_at) do nothing
    returning id
)
select (select count(*) from added) as downloads, (select count(*) from impressions) as impressions
