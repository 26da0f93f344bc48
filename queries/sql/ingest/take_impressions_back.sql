-- purpose: takes the impressions of downloads back that count no more, or whose ads are judged anew
-- params: downloads, earliest, latest
-- returns: number of rows
-- grain: one row per download and ad unit
-- source: attribution_events, ad_units
-- relies on: primary key of attribution_events, ad_units_episode
-- earliest and latest hold all of them: other partitions are left out when it is planned.
-- An impression has the id that impression_id() gave it when it was made.
delete from attribution_events e
using jsonb_to_recordset(cast(:downloads as jsonb)) as d (id uuid, episode_id uuid, occurred_at timestamptz),
    ad_units a
where a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id
    and e.tenant_id = (select app_tenant()) and e.occurred_at = d.occurred_at and e.id = impression_id(d.id, a.id)
    and e.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
