-- purpose: takes the impressions of downloads back that count no more, or whose ads are judged anew, and says of which ads they were
-- params: downloads, earliest, latest
-- returns: download_id, ad_unit_id uuid, first_day, last_day date, position_seconds, duration_seconds integer, is_baked_in boolean
-- grain: one row per download and ad unit
-- source: attribution_events, ad_units, campaigns
-- relies on: primary key of attribution_events, ad_units_episode, campaigns_tenant_id_id_key
-- earliest and latest hold all of them: other partitions are left out when it is planned.
-- An impression has the id that impression_id() gave it when it was made. Whatever became of the ad since, it was delivered.
delete from attribution_events e
using jsonb_to_recordset(cast(:downloads as jsonb)) as d (id uuid, episode_id uuid, occurred_at timestamptz),
    ad_units a, campaigns c
where a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id
    and c.tenant_id = (select app_tenant()) and c.id = a.campaign_id
    and e.tenant_id = (select app_tenant()) and e.occurred_at = d.occurred_at and e.id = impression_id(d.id, a.id)
    and e.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
returning d.id as download_id, a.id as ad_unit_id, c.start_date as first_day, c.end_date as last_day, a.position_seconds,
    a.duration_seconds, a.is_baked_in
